/// One series under one detector, by name.
public struct WatchedName: Sendable, Codable, Hashable, CustomStringConvertible {
    public var detector: String
    public var labels: Labels

    public init(detector: String, labels: Labels) {
        self.detector = detector
        self.labels = labels
    }

    /// `disk_latency{device="sda"}`
    public var description: String { "\(detector)\(labels.isEmpty ? "" : "\(labels)")" }
}

/// What the detectors watch, what they have learned, and what they said last.
public struct AnomaliesPage: Sendable, Codable {
    /// One channel of one series.
    public struct Channel: Sendable, Codable, Equatable {
        public var name: String
        /// 0…1, of the last point.
        public var score: Double
        /// The score that makes an alarm now: at least one half, higher after alarms.
        public var threshold: Double
        public var isActive: Bool

        public init(name: String, score: Double, threshold: Double, isActive: Bool) {
            self.name = name
            self.score = score
            self.threshold = threshold
            self.isActive = isActive
        }
    }

    /// When a series left its band, and how that reads.
    public struct Mark: Sendable, Codable, Equatable {
        /// On the engine's time line.
        public var at: Milliseconds
        public var channel: String
        public var score: Double
        /// A sentence for the operator.
        public var sentence: String

        public init(at: Milliseconds, channel: String, score: Double, sentence: String) {
            self.at = at
            self.channel = channel
            self.score = score
            self.sentence = sentence
        }
    }

    /// One series.
    public struct Row: Sendable, Codable, Equatable {
        public var name: WatchedName
        /// Milliseconds from point to point.
        public var step: Milliseconds
        public var value: Double
        /// The band in which the last value was expected; nil until it is learned.
        public var low: Double?
        public var high: Double?
        /// The share of learning that is done, 0…1.
        public var learning: Double
        public var channels: [Channel]
        /// The last alarm.
        public var mark: Mark?
        /// Nothing is learned just now: a linked alert fires.
        public var isHeld: Bool

        public init(
            name: WatchedName, step: Milliseconds, value: Double, low: Double?, high: Double?, learning: Double,
            channels: [Channel], mark: Mark?, isHeld: Bool
        ) {
            self.name = name
            self.step = step
            self.value = value
            self.low = low
            self.high = high
            self.learning = learning
            self.channels = channels
            self.mark = mark
            self.isHeld = isHeld
        }

        public var isActive: Bool { channels.contains { $0.isActive } }
    }

    /// Those with an alarm under way first, then the newest alarms, then by name.
    public var rows: [Row]
    /// How many series there are in all; the page shows the first of them.
    public var total: Int

    public init(rows: [Row], total: Int) {
        self.rows = rows
        self.total = total
    }
}
