/// One series under one detector, by name.
public struct WatchedName: Sendable, Codable, Hashable, CustomStringConvertible {
    public var detector: String
    public var labels: Labels

    public init(detector: String, labels: Labels) {
        self.detector = detector
        self.labels = labels
    }

    /// Reads ``description`` back; nil for anything else.
    public init?(_ text: String) {
        guard let brace = text.firstIndex(of: "{") else {
            guard LabelSyntax.isMetricName(text) else { return nil }
            self.init(detector: text, labels: .none)
            return
        }
        let inside = text[text.index(after: brace)...]
        guard brace > text.startIndex, inside.hasSuffix("}"),
            let (matchers, rest) = try? MatcherSyntax.leading(String(inside.dropLast())), rest.isEmpty,
            matchers.allSatisfy({ $0.operation == .equal })
        else { return nil }
        self.init(detector: String(text[..<brace]), labels: Labels(matchers.map { ($0.name, $0.value) }))
    }

    /// Whether another is of the same detector and has these labels, and maybe more.
    public func fits(_ other: WatchedName) -> Bool {
        other.detector == detector && labels.pairs.allSatisfy { other.labels[$0.name] == $0.value }
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
        /// What was most like it before.
        public var likeness: Likeness?

        public init(
            at: Milliseconds, channel: String, score: Double, sentence: String, likeness: Likeness? = nil
        ) {
            self.at = at
            self.channel = channel
            self.score = score
            self.sentence = sentence
            self.likeness = likeness
        }
    }

    /// Two equally long stretches of one series that are alike, by when they began on the engine's time line.
    public struct Likeness: Sendable, Codable, Equatable {
        public var earlier: Milliseconds
        public var newest: Milliseconds

        public init(earlier: Milliseconds, newest: Milliseconds) {
            self.earlier = earlier
            self.newest = newest
        }
    }

    /// The course of the chosen series.
    public struct Detail: Sendable, Codable, Equatable {
        public var name: WatchedName
        /// Up to the page's time, with the band.
        public var history: Trend
        /// As many as points: true where an alarm was under way.
        public var alarms: [Bool]
        /// The most alike earlier stretch and what came after it, moved to where its like lies: as many as points, or
        /// none.
        public var earlier: [Double?]
        /// When that stretch began, and where its like does.
        public var likeness: Likeness?

        public init(
            name: WatchedName, history: Trend, alarms: [Bool], earlier: [Double?] = [], likeness: Likeness? = nil
        ) {
            self.name = name
            self.history = history
            self.alarms = alarms
            self.earlier = earlier
            self.likeness = likeness
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
        /// The last alarms, newest first.
        public var marks: [Mark]
        /// What is most like the newest stretch.
        public var likeness: Likeness?
        /// Nothing is learned just now: a linked alert fires.
        public var isHeld: Bool
        /// Wished false alarms a week, of each channel.
        public var budget = 1.0
        /// When the last value came, on the engine's time line; nil while they come.
        public var silentSince: Milliseconds?

        public init(
            name: WatchedName, step: Milliseconds, value: Double, low: Double?, high: Double?, learning: Double,
            channels: [Channel], marks: [Mark], likeness: Likeness?, isHeld: Bool
        ) {
            self.name = name
            self.step = step
            self.value = value
            self.low = low
            self.high = high
            self.learning = learning
            self.channels = channels
            self.marks = marks
            self.likeness = likeness
            self.isHeld = isHeld
        }

        public var isActive: Bool { channels.contains { $0.isActive } }
        /// The last alarm.
        public var mark: Mark? { marks.first }
    }

    /// A detector that watches nothing.
    public struct Fault: Sendable, Codable, Equatable {
        public var detector: String
        /// Why, as the end of a sentence about it.
        public var words: String

        public init(detector: String, words: String) {
            self.detector = detector
            self.words = words
        }
    }

    /// In the order of ``sorted(_:)``.
    public var rows: [Row]
    /// How many series there are in all; the page shows the first of them.
    public var total: Int
    /// The detectors that watch nothing, and why.
    public var faults: [Fault] = []
    /// The chosen series, else the first; nil where there is none.
    public var detail: Detail?

    public init(rows: [Row], total: Int, detail: Detail? = nil) {
        self.rows = rows
        self.total = total
        self.detail = detail
    }

    /// The labels by which the series of a detector differ, by detector.
    public var tellingLabels: [String: Set<String>] {
        Dictionary(grouping: rows, by: \.name.detector).mapValues { rows in
            let names = Set(rows.flatMap { $0.name.labels.pairs.map(\.name) })
            return names.filter { name in Set(rows.map { $0.name.labels[name] }).count > 1 }
        }
    }

    /// Those with an alarm under way first, then the newest alarms, then by name.
    public static func sorted(_ rows: [Row]) -> [Row] {
        rows.sorted { a, b in
            if a.isActive != b.isActive { return a.isActive }
            let (first, second) = (a.mark?.at ?? .min, b.mark?.at ?? .min)
            if first != second { return first > second }
            return (a.name.detector, a.name.labels) < (b.name.detector, b.name.labels)
        }
    }
}
