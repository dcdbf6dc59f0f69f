/// Everything that is scraped and probed.
public struct TargetsPage: Sendable, Codable {
    public enum Health: String, Sendable, Codable { case up, down, unknown }

    public struct Target: Sendable, Codable {
        public var job: String
        public var labels: Labels
        /// What discovery said, before relabelling.
        public var discovered: Labels
        public var url: String
        public var health: Health
        /// Why the last scrape failed; empty when it did not.
        public var error: String
        /// On the engine's time line; nil before the first.
        public var lastScrape: Milliseconds?
        public var seconds: Double
        /// Durations as Prometheus writes them, such as `15s`.
        public var interval: String
        public var timeout: String

        public init(
            job: String, labels: Labels, discovered: Labels, url: String, health: Health, error: String,
            lastScrape: Milliseconds?, seconds: Double, interval: String, timeout: String
        ) {
            self.job = job
            self.labels = labels
            self.discovered = discovered
            self.url = url
            self.health = health
            self.error = error
            self.lastScrape = lastScrape
            self.seconds = seconds
            self.interval = interval
            self.timeout = timeout
        }
    }

    /// Something that relabelling dropped.
    public struct Dropped: Sendable, Codable {
        public var job: String
        public var discovered: Labels

        public init(job: String, discovered: Labels) {
            self.job = job
            self.discovered = discovered
        }
    }

    public var active: [Target]
    public var dropped: [Dropped]
    /// What is wrong with discovery, in sentences.
    public var faults: [String]

    public init(active: [Target], dropped: [Dropped], faults: [String]) {
        self.active = active
        self.dropped = dropped
        self.faults = faults
    }
}
