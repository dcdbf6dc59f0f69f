import TimeSeries
import TocsinCore
import TocsinModel

/// Everything pages are made from, as one value taken from the engine: a page is built without holding up the engine.
struct PageContext: Sendable {
    var core: MonitorCore
    var now: Moment
    var startedAt: Milliseconds
    var heartbeat: UInt64
    var failures: [CollectorHealth]
    var trends: TrendBook
    var expected: [String: ClosedRange<Double>]
    var lastOom: Milliseconds?
    var thresholds: Thresholds
    var store: SeriesStore
    var processes: ProcessSnapshot?
    var environment: String
    var host: String
    var operatorName: String
    var period: Milliseconds
    var notices: [Notice]
    /// Show only the alerts of this host; nil for all.
    var only: String?

    /// Firing, then pending, then resolved within a quarter of an hour: worst first, newest first.
    var rows: (firing: [AlertRow], pending: [AlertRow], owned: [AlertRow], resolved: [AlertRow]) {
        let shown = only.map { host in core.sorted.filter { $0.alert.labels["instance"] == host } } ?? core.sorted
        let sorted = shown.sorted { VerdictMaker.precedes($0.alert, $1.alert) }
        func rows(_ wanted: (MonitorCore.Entry) -> Bool) -> [AlertRow] {
            sorted.filter(wanted).map {
                AlertRow(
                    alert: $0.alert, subject: AlertWords.subject($0.alert.labels, home: core.home),
                    account: AlertWords.account($0.alert),
                    silences: core.silences(of: $0, at: now.engine))
            }
        }
        let horizon = now.engine - MonitorCore.resolvedRetention
        return (
            rows { $0.alert.state == .firing && !core.isTaken($0, at: now.engine) },
            rows { $0.alert.state == .pending },
            rows { $0.alert.state == .firing && core.isTaken($0, at: now.engine) },
            rows { $0.alert.state == .resolved && ($0.alert.resolvedAt ?? 0) >= horizon }
        )
    }

    /// The head of a page that shows the time `at`.
    func head(_ recent: RecentValues, at: Milliseconds, past: Bool) -> PageHead {
        var counts = AlertCounts()
        for entry in core.sorted {
            let alert = entry.alert
            switch (alert.state, alert.severity) {
            case (.pending, _): counts.pending += 1
            case (.firing, _) where alert.acknowledgement != nil: counts.acknowledged += 1
            case (.firing, _) where core.isTaken(entry, at: now.engine): counts.silenced += 1
            case (.firing, .critical): counts.critical += 1
            case (.firing, .warning): counts.warning += 1
            case (.firing, .unknown): counts.unknown += 1
            case (.firing, .info): counts.info += 1
            default: break
            }
        }
        let uptime = recent.gauge("node_boot_time_seconds").map { (recent.gauge("node_time_seconds") ?? 0) - $0 }
        return PageHead(
            environment: environment, host: host, operatorName: operatorName, now: at, clockOffset: now.offset,
            uptimeSeconds: uptime,
            cpuCount: recent.values(of: "cpu", in: "node_cpu_seconds_total").count,
            memoryBytes: recent.gauge("node_memory_MemTotal_bytes"), counts: counts,
            verdict: VerdictMaker.verdict(core, watched: now.engine - startedAt, now: now.engine),
            heartbeat: heartbeat, collectedAt: now.engine, period: period, past: past, notices: notices)
    }

    /// Makes the context one of another host: its series and its alerts, and nothing that is known of this one alone.
    mutating func turn(to other: String, _ targets: [TargetStatus]) {
        host = other
        processes = nil
        failures = []
        trends = TrendBook()
        expected = [:]
        lastOom = nil
        let own = targets.filter { $0.target.labels["instance"] == other }
        period = own.map(\.target.interval).min() ?? period
        only = other
    }
}
