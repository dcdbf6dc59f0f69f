import TocsinModel

/// How a target is doing, for the API and the screens.
package struct TargetStatus: Sendable, Equatable {
    package enum Health: String, Sendable { case up, down, unknown }

    package var job: String
    package var target: ScrapeTarget
    package var health: Health = .unknown
    /// Why the last scrape failed; empty when it did not.
    package var error = ""
    package var lastScrape: Milliseconds?
    package var seconds = 0.0
    /// It is probed from outside and says nothing of itself.
    package var isProbe: Bool

    package init(job: String, target: ScrapeTarget, isProbe: Bool = false) {
        self.job = job
        self.isProbe = isProbe
        self.target = target
    }
}

/// Everything that is scraped and probed, told without waiting; what it fetches goes into the series by itself.
package protocol TargetSource: Sendable {
    /// The active targets, by job and labels.
    var targets: [TargetStatus] { get }
    /// What relabelling dropped, by job.
    var dropped: [(job: String, labels: Labels)] { get }
    /// What is wrong with discovery and with what it found, in sentences.
    var faults: [String] { get }
    /// Name, meaning and kind of what was scraped, by name.
    var families: [String: MetricFamily] { get }
}
