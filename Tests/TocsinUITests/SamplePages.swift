import TerminalKit
import TocsinModel
import TocsinUI

/// A host in trouble, the same in every test.
enum SamplePages {
    static let now: Milliseconds = 1_790_000_000_000

    static func alert(
        _ name: String, _ labels: Labels, _ severity: Severity, _ state: AlertState, since minutes: Milliseconds,
        summary: String
    ) -> Alert {
        let all = labels.merging(["alertname": name, "severity": severity.rawValue])
        var alert = Alert(
            episode: EpisodeID(fingerprint: all.fingerprint, number: 3), labels: all,
            annotations: [Annotation("summary", summary), Annotation("runbook_url", "https://wiki/\(name)")],
            rule: "disk/\(name)#00",
            expression: "1000 * rate(a_total{device=\"nvme1n1\"}[1m]) / rate(b_total[1m]) > 20",
            severity: severity, state: state, holdFor: 120_000, activeSince: now - minutes * 60_000 - 120_000,
            lastTrue: now, judgedAt: now - 2_000, value: 48)
        if state == .firing { alert.firingSince = now - minutes * 60_000 }
        if state == .pending { alert.activeSince = now - 20_000 }
        return alert
    }

    static let rows: [AlertRow] = {
        var owned = alert(
            "MemoryPressure", ["instance": "db-03"], .warning, .firing, since: 41, summary: "memory stalls")
        owned.acknowledgement = Acknowledgement(
            by: Operator(name: "kim", uid: 1000), at: now - 38 * 60_000, comment: "growing cache",
            until: now + 3_600_000,
            sticky: false, severity: .warning)
        return [
            AlertRow(
                alert: alert(
                    "DiskLatency", ["device": "nvme1n1"], .critical, .firing, since: 12,
                    summary: "writes to nvme1n1 take 48 ms"), subject: "nvme1n1", account: "48 ms > 20 ms for 2 m"),
            AlertRow(
                alert: alert(
                    "DiskFullSoon", ["mountpoint": "/var/lib/pg"], .warning, .firing, since: 9, summary: "full in 9 h"),
                subject: "/var/lib/pg", account: "full in 9 h"),
            AlertRow(
                alert: alert(
                    "CpuIoWait", ["instance": "db-03"], .warning, .pending, since: 0, summary: "processors wait"),
                subject: "db-03", account: "22 % > 20 %"),
            AlertRow(alert: owned, subject: "db-03", account: "5 min avg 12 %"),
        ]
    }()

    static func head(_ verdict: Verdict? = nil) -> PageHead {
        var counts = AlertCounts()
        counts.critical = 1
        counts.warning = 1
        counts.pending = 1
        counts.acknowledged = 1
        return PageHead(
            environment: "prod", host: "db-03", operatorName: "kim", now: now, clockOffset: 0,
            uptimeSeconds: 41 * 86_400,
            cpuCount: 8, memoryBytes: 64 * 1_073_741_824, counts: counts,
            verdict: verdict
                ?? Verdict(
                    severity: .critical, allOwned: false, sentence: "writes to nvme1n1 take 48 ms",
                    detail: "nobody has it · 2 more", since: now - 720_000,
                    episode: rows[0].alert.episode, rulesJudged: 21, rulesTotal: 21),
            heartbeat: 4, collectedAt: now, period: 1_000, past: false,
            notices: [Notice(.info, "this engine lives in this process: the watch ends when you quit")])
    }

    private static func trend(_ scale: Double) -> Trend {
        let points = (0..<360).map { (step: Int) -> Double? in Double((step * 37) % 100) / 100 * scale }
        return Trend(points: points, step: 5_000)
    }

    /// With a band, which is learned from the third point on.
    private static func banded(_ trend: Trend, _ band: ClosedRange<Double>) -> Trend {
        var trend = trend
        trend.low = trend.points.indices.map { $0 < 3 ? nil : band.lowerBound }
        trend.high = trend.points.indices.map { $0 < 3 ? nil : band.upperBound }
        return trend
    }

    static let processes: [ProcessRow] = (0..<40).map { (number: Int) -> ProcessRow in
        let share = 1 / Double(number + 1)
        var row = ProcessRow(
            pid: Int32(8_812 + number), user: "postgres", state: "S", threads: 1 + number, residentBytes: 2.1e9 * share,
            cpuPercent: 38 * share, ioBytesPerSecond: 1e6, cgroup: "postgresql@15",
            command: "postgres: autovacuum worker \(number)")
        if number % 2 == 1 { row.user = "backup" }
        if number == 3 { row.state = "D" }
        if number == 5 { row.cpuPercent = nil }
        if number == 2 { row.ioBytesPerSecond = nil }
        return row
    }

    static func overview() -> Page {
        let busy: [Double] = [20, 40, 10, 70, 97, 20, 10, 10]
        let cores = busy.indices.map { (core: Int) -> CoreLoad in
            CoreLoad(cpu: "\(core)", busyPercent: busy[core], mode: core == 4 ? "softirq" : "user", modePercent: 62)
        }
        return Page(
            head: head(),
            body: .overview(
                OverviewPage(
                    cpu: CPUSection(
                        busy: Reading(41, at: now, warns: 80, critical: 95, expected: 10...50),
                        busyTrend: banded(trend(60), 10...50),
                        cores: cores,
                        ioWaitPercent: 12, stealPercent: 0, load: [3.1, 2.8, 2.2], pressure: 0.3),
                    memory: MemorySection(
                        used: Reading(71, at: now, warns: 90, critical: 96), usedTrend: trend(70),
                        availableBytes: 18 * 1_073_741_824,
                        swapUsed: Reading(0, at: now), swapTrend: trend(0), swapTotalBytes: 4e9, swapInPerSecond: 0,
                        swapOutPerSecond: 0,
                        oomKills: 1, lastOomAt: now - 360_000, pressure: 0),
                    disk: DiskSection(
                        pressure: 41.2,
                        devices: [
                            DiskRow(
                                device: "nvme0n1", readBytesPerSecond: 1.2e6, writtenBytesPerSecond: 4.1e6,
                                awaitSeconds: Reading(0.001, warns: 0.05), utilisationPercent: 6, awaitTrend: trend(1),
                                severity: nil),
                            DiskRow(
                                device: "nvme1n1", readBytesPerSecond: 88e6, writtenBytesPerSecond: 388e6,
                                awaitSeconds: Reading(0.048, warns: 0.02), utilisationPercent: 97,
                                awaitTrend: trend(50), severity: .critical),
                        ],
                        filesystems: [
                            FilesystemRow(
                                mountpoint: "/", device: "/dev/a", fstype: "ext4",
                                used: Reading(61, at: now, warns: 90, critical: 97), availableBytes: 38 * 1_073_741_824,
                                inodesUsedPercent: 10, readOnly: false, fullInSeconds: nil, silentSince: nil,
                                severity: nil),
                            FilesystemRow(
                                mountpoint: "/var/lib/pg", device: "/dev/b", fstype: "xfs",
                                used: Reading(88, at: now, warns: 90, critical: 97), availableBytes: 96 * 1_073_741_824,
                                inodesUsedPercent: 10, readOnly: false, fullInSeconds: 32_400, silentSince: nil,
                                severity: .warning),
                            FilesystemRow(
                                mountpoint: "/mnt/nfs", device: "nfs:/x", fstype: "nfs", used: Reading(nil),
                                availableBytes: nil, inodesUsedPercent: nil, readOnly: false, fullInSeconds: nil,
                                silentSince: now - 42_000, severity: nil),
                        ]),
                    network: NetworkSection(devices: [
                        NetworkRow(
                            device: "eth0", receivedBytesPerSecond: 1.5e6, sentBytesPerSecond: 2e5, errorsPerSecond: 0,
                            dropsPerSecond: 0, state: "up", trend: trend(1e6), severity: nil)
                    ]),
                    container: nil, top: Array(processes.prefix(12)), processCount: 340, alerts: rows, failures: [],
                    events: [
                        AuditEntry(
                            sequence: 9, at: now - 60_000, by: Operator(name: "kim", uid: 1000), action: "acknowledged",
                            target: "MemoryPressure", detail: "“growing cache”"),
                        AuditEntry(
                            sequence: 8, at: now - 720_000, by: .engine, action: "fired", target: "DiskLatency nvme1n1",
                            detail: "writes to nvme1n1 take 48 ms"),
                    ])))
    }

    static func alerts(about name: WatchedName? = nil) -> Page {
        let log = [
            AuditEntry(
                sequence: 8, at: now - 720_000, by: .engine, action: "fired", target: "DiskLatency nvme1n1",
                detail: "writes to nvme1n1 take 48 ms")
        ]
        let points = (0..<121).map { (step: Int) -> Double? in step < 90 ? 6 : Double(step) - 72 }
        let band = points.indices.map { (step: Int) -> Double? in step < 10 ? nil : 3 }
        var detail = AlertDetail(
            row: rows[0],
            history: Trend(points: points, step: 30_000, low: band, high: band.map { $0.map { $0 + 8 } }),
            threshold: 20, log: log)
        detail.course = name.map { AnomaliesPage.Detail(name: $0, history: detail.history, alarms: []) }
        detail.finding = name.map { _ in "48, the highest in 16 d was 6" }
        return Page(
            head: head(),
            body: .alerts(
                AlertsPage(
                    firing: Array(rows[0...1]), pending: [rows[2]], owned: [rows[3]], resolved: [], detail: detail,
                    unjudged: [RuleNote(rule: "FilesystemFullSoon", reason: "not yet judgeable, 58 m of data missing")])
            ))
    }

    static func processesPage() -> Page {
        Page(
            head: head(),
            body: .processes(
                ProcessesPage(
                    rows: processes, offset: 0, matching: 40, total: 340, threads: 512, running: 2, blocked: 1,
                    order: .cpu)))
    }

    static func audit() -> Page {
        let entries = (0..<30).map { (number: Int) -> AuditEntry in
            let mine = number % 3 == 0
            return AuditEntry(
                sequence: Int64(30 - number), at: now - Milliseconds(number) * 60_000,
                by: mine ? Operator(name: "kim", uid: 1000) : .engine, action: mine ? "acknowledged" : "fired",
                target: "DiskLatency nvme1n1", detail: "writes to nvme1n1 take 48 ms")
        }
        return Page(
            head: head(),
            body: .audit(
                AuditPage(entries: entries, offset: 0, total: 30, chain: "chain whole over the 30 entries shown")))
    }

    static func app(width: Int = 80, height: Int = 24, glyphs: GlyphSet = .braille) -> App {
        let settings = App.Settings(zone: { _ in (3_600, "CET") }, commandSalt: 100, themes: ["dark", "light"])
        return App(settings: settings, width: width, height: height, glyphs: glyphs)
    }
}

/// A user without a terminal: keys go in, effects and the picture come out.
struct Robot {
    var app: App
    var effects: [UIEffect] = []

    init(_ app: App = SamplePages.app(), _ page: Page? = SamplePages.overview()) {
        self.app = app
        if let page { receive(.page(page)) }
    }

    mutating func receive(_ message: Message) { effects += update(&app, message) }
    mutating func press(_ keys: Key...) { for key in keys { receive(.key(key)) } }
    mutating func type(_ text: String) { for character in text { receive(.key(.character(character))) } }

    var screen: String {
        var canvas = Canvas(width: app.width, height: app.height, glyphs: app.glyphs)
        draw(app, on: &canvas)
        return canvas.text
    }

    var lastLine: String {
        screen.split(separator: "\n", omittingEmptySubsequences: false).dropLast().last.map(String.init) ?? ""
    }
    var commands: [OperatorCommand] {
        effects.compactMap { if case .perform(_, let command) = $0 { command } else { nil } }
    }
}
