import PromQL
import TocsinCore
import TocsinModel

/// Builds the page of targets.
enum TargetsBuilder {
    static func page(_ source: (any TargetSource)?) -> TargetsPage {
        guard let source else { return TargetsPage(active: [], dropped: [], faults: []) }
        return TargetsPage(
            active: source.targets.map { one in
                TargetsPage.Target(
                    job: one.job, labels: one.target.labels, discovered: one.target.discovered, url: one.target.url,
                    health: TargetsPage.Health(rawValue: one.health.rawValue) ?? .unknown, error: one.error,
                    lastScrape: one.lastScrape, seconds: one.seconds,
                    interval: DurationText.format(one.target.interval),
                    timeout: DurationText.format(one.target.timeout))
            },
            dropped: source.dropped.map { TargetsPage.Dropped(job: $0.job, discovered: $0.labels) },
            faults: source.faults)
    }
}
