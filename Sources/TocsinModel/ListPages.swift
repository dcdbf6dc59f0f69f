/// One alert in a list, in words.
public struct AlertRow: Sendable, Codable, Equatable {
    public var alert: Alert
    /// What it is about: a mount point, a device, a host.
    public var subject: String
    /// The short account: `48 ms > 20 ms for 2 m`.
    public var account: String
    /// The silences that hide it just now.
    public var silences: [Silence]

    public init(alert: Alert, subject: String, account: String, silences: [Silence] = []) {
        self.alert = alert
        self.subject = subject
        self.account = account
        self.silences = silences
    }

    /// Firing, and neither taken nor silenced: somebody should look.
    public var isUnowned: Bool { alert.state == .firing && alert.acknowledgement == nil && silences.isEmpty }
}

/// All alerts, worst first, with the chosen one in detail.
public struct AlertsPage: Sendable, Codable {
    public var firing: [AlertRow]
    public var pending: [AlertRow]
    /// Firing, and acknowledged or silenced.
    public var owned: [AlertRow]
    /// Resolved in the last 15 minutes.
    public var resolved: [AlertRow]
    public var detail: AlertDetail?
    /// Rules that cannot be judged yet, or whose evaluation fails, with the reason.
    public var unjudged: [RuleNote]

    public init(
        firing: [AlertRow], pending: [AlertRow], owned: [AlertRow], resolved: [AlertRow], detail: AlertDetail?,
        unjudged: [RuleNote]
    ) {
        self.firing = firing
        self.pending = pending
        self.owned = owned
        self.resolved = resolved
        self.detail = detail
        self.unjudged = unjudged
    }

    /// Every row in the order of the screen.
    public var all: [AlertRow] { firing + pending + owned + resolved }
}

public struct RuleNote: Sendable, Codable, Equatable {
    public var rule: String
    public var reason: String

    public init(rule: String, reason: String) {
        self.rule = rule
        self.reason = reason
    }
}

public struct AlertDetail: Sendable, Codable {
    public var row: AlertRow
    /// The value judged, without the comparison, over the last hour; of an anomaly the value that was watched.
    public var history: Trend
    /// Where the comparison stands, when it compares with a number.
    public var threshold: Double?
    /// What happened to this episode, oldest first.
    public var log: [AuditEntry]
    /// The course of the series under a detector that the alert is about, and what the detector found in it.
    public var course: AnomaliesPage.Detail?
    public var finding: String?
    /// The name of that series.
    public var watched: WatchedName? { course?.name }

    public init(
        row: AlertRow, history: Trend, threshold: Double?, log: [AuditEntry]
    ) {
        self.row = row
        self.history = history
        self.threshold = threshold
        self.log = log
    }
}

public enum ProcessOrder: String, Sendable, Codable, CaseIterable {
    case cpu, memory, io, pid
}

/// One process.
public struct ProcessRow: Sendable, Codable, Equatable {
    public var pid: Int32
    public var user: String
    /// The kernel's letter: R, S, D, Z, T, I.
    public var state: String
    public var threads: Int
    public var residentBytes: Double
    /// Percent of one core since the last sample; nil in the first.
    public var cpuPercent: Double?
    /// Bytes read and written to storage per second; nil when not readable.
    public var ioBytesPerSecond: Double?
    public var cgroup: String
    public var command: String

    public init(
        pid: Int32, user: String, state: String, threads: Int, residentBytes: Double, cpuPercent: Double?,
        ioBytesPerSecond: Double?, cgroup: String, command: String
    ) {
        self.pid = pid
        self.user = user
        self.state = state
        self.threads = threads
        self.residentBytes = residentBytes
        self.cpuPercent = cpuPercent
        self.ioBytesPerSecond = ioBytesPerSecond
        self.cgroup = cgroup
        self.command = command
    }
}

public struct ProcessesPage: Sendable, Codable {
    public var rows: [ProcessRow]
    /// The number of the first row among all that match.
    public var offset: Int
    public var matching: Int
    public var total: Int
    public var threads: Int
    public var running: Int
    public var blocked: Int
    public var order: ProcessOrder

    public init(
        rows: [ProcessRow], offset: Int, matching: Int, total: Int, threads: Int, running: Int, blocked: Int,
        order: ProcessOrder
    ) {
        self.rows = rows
        self.offset = offset
        self.matching = matching
        self.total = total
        self.threads = threads
        self.running = running
        self.blocked = blocked
        self.order = order
    }
}

public struct AuditPage: Sendable, Codable {
    /// Newest first.
    public var entries: [AuditEntry]
    public var offset: Int
    public var total: Int
    /// What the check of the hash chain found, in words.
    public var chain: String

    public init(entries: [AuditEntry], offset: Int, total: Int, chain: String) {
        self.entries = entries
        self.offset = offset
        self.total = total
        self.chain = chain
    }
}
