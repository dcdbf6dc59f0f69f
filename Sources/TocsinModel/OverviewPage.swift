/// The judged state of one host.
public struct OverviewPage: Sendable, Codable {
    public var cpu: CPUSection
    public var memory: MemorySection
    public var disk: DiskSection
    public var network: NetworkSection
    /// Limits of our own container; nil when there are none.
    public var container: ContainerSection?
    public var top: [ProcessRow]
    public var processCount: Int
    public var alerts: [AlertRow]
    /// Collectors that failed or are late, with the reason.
    public var failures: [CollectorHealth]
    /// The newest audit entries, newest first.
    public var events: [AuditEntry]
    /// The services, in the order of the configuration.
    public var services: [ServiceLine] = []

    public init(
        cpu: CPUSection, memory: MemorySection, disk: DiskSection, network: NetworkSection,
        container: ContainerSection?, top: [ProcessRow], processCount: Int, alerts: [AlertRow],
        failures: [CollectorHealth], events: [AuditEntry]
    ) {
        self.cpu = cpu
        self.memory = memory
        self.disk = disk
        self.network = network
        self.container = container
        self.top = top
        self.processCount = processCount
        self.alerts = alerts
        self.failures = failures
        self.events = events
    }
}

public struct CPUSection: Sendable, Codable {
    /// Percent of all cores that were busy.
    public var busy: Reading
    public var busyTrend: Trend
    /// Percent busy of each core, by number.
    public var cores: [CoreLoad]
    public var ioWaitPercent: Double?
    public var stealPercent: Double?
    /// Load averages of 1, 5 and 15 minutes.
    public var load: [Double]
    /// The share of the last 10 s in which some task waited for a processor, in percent.
    public var pressure: Double?

    public init(
        busy: Reading, busyTrend: Trend, cores: [CoreLoad], ioWaitPercent: Double?, stealPercent: Double?,
        load: [Double], pressure: Double?
    ) {
        self.busy = busy
        self.busyTrend = busyTrend
        self.cores = cores
        self.ioWaitPercent = ioWaitPercent
        self.stealPercent = stealPercent
        self.load = load
        self.pressure = pressure
    }
}

public struct CoreLoad: Sendable, Codable, Equatable {
    public var cpu: String
    public var busyPercent: Double
    /// The mode that took most of the busy time, such as `user` or `softirq`, and its share of it in percent.
    public var mode: String
    public var modePercent: Double

    public init(cpu: String, busyPercent: Double, mode: String, modePercent: Double) {
        self.cpu = cpu
        self.busyPercent = busyPercent
        self.mode = mode
        self.modePercent = modePercent
    }
}

public struct MemorySection: Sendable, Codable {
    /// Percent of memory that is not available.
    public var used: Reading
    public var usedTrend: Trend
    public var availableBytes: Double?
    public var swapUsed: Reading
    public var swapTrend: Trend
    public var swapTotalBytes: Double?
    /// Pages swapped in and out per second.
    public var swapInPerSecond: Double?
    public var swapOutPerSecond: Double?
    /// Processes the kernel killed for want of memory since boot, and when that last grew while we watched.
    public var oomKills: Double?
    public var lastOomAt: Milliseconds?
    /// The share of the last 10 s in which some task waited for memory, in percent.
    public var pressure: Double?

    public init(
        used: Reading, usedTrend: Trend, availableBytes: Double?, swapUsed: Reading, swapTrend: Trend,
        swapTotalBytes: Double?, swapInPerSecond: Double?, swapOutPerSecond: Double?, oomKills: Double?,
        lastOomAt: Milliseconds?, pressure: Double?
    ) {
        self.used = used
        self.usedTrend = usedTrend
        self.availableBytes = availableBytes
        self.swapUsed = swapUsed
        self.swapTrend = swapTrend
        self.swapTotalBytes = swapTotalBytes
        self.swapInPerSecond = swapInPerSecond
        self.swapOutPerSecond = swapOutPerSecond
        self.oomKills = oomKills
        self.lastOomAt = lastOomAt
        self.pressure = pressure
    }
}

public struct DiskSection: Sendable, Codable {
    /// The share of the last 10 s in which some task waited for I/O, in percent.
    public var pressure: Double?
    public var devices: [DiskRow]
    public var filesystems: [FilesystemRow]

    public init(pressure: Double?, devices: [DiskRow], filesystems: [FilesystemRow]) {
        self.pressure = pressure
        self.devices = devices
        self.filesystems = filesystems
    }
}

public struct DiskRow: Sendable, Codable {
    public var device: String
    public var readBytesPerSecond: Double?
    public var writtenBytesPerSecond: Double?
    /// Seconds one request took on average; nil when there was none.
    public var awaitSeconds: Reading
    /// Percent of the time in which a request was under way. Busy is not the same as saturated.
    public var utilisationPercent: Double?
    public var awaitTrend: Trend
    /// The worst alert on this device.
    public var severity: Severity?

    public init(
        device: String, readBytesPerSecond: Double?, writtenBytesPerSecond: Double?, awaitSeconds: Reading,
        utilisationPercent: Double?, awaitTrend: Trend, severity: Severity?
    ) {
        self.device = device
        self.readBytesPerSecond = readBytesPerSecond
        self.writtenBytesPerSecond = writtenBytesPerSecond
        self.awaitSeconds = awaitSeconds
        self.utilisationPercent = utilisationPercent
        self.awaitTrend = awaitTrend
        self.severity = severity
    }
}

public struct FilesystemRow: Sendable, Codable {
    public var mountpoint: String
    public var device: String
    public var fstype: String
    /// Percent of the space that users cannot get any more.
    public var used: Reading
    public var availableBytes: Double?
    public var inodesUsedPercent: Double?
    public var readOnly: Bool
    /// Seconds until it is full if it goes on as in the last hour; nil when it is not filling or not yet known.
    public var fullInSeconds: Double?
    /// Since when it does not answer.
    public var silentSince: Milliseconds?
    /// It answers with an error.
    public var unreadable = false
    public var severity: Severity?

    public init(
        mountpoint: String, device: String, fstype: String, used: Reading, availableBytes: Double?,
        inodesUsedPercent: Double?, readOnly: Bool, fullInSeconds: Double?, silentSince: Milliseconds?,
        severity: Severity?
    ) {
        self.mountpoint = mountpoint
        self.device = device
        self.fstype = fstype
        self.used = used
        self.availableBytes = availableBytes
        self.inodesUsedPercent = inodesUsedPercent
        self.readOnly = readOnly
        self.fullInSeconds = fullInSeconds
        self.silentSince = silentSince
        self.severity = severity
    }
}

public struct NetworkSection: Sendable, Codable {
    public var devices: [NetworkRow]

    public init(devices: [NetworkRow]) { self.devices = devices }
}

public struct NetworkRow: Sendable, Codable {
    public var device: String
    public var receivedBytesPerSecond: Double?
    public var sentBytesPerSecond: Double?
    public var errorsPerSecond: Double?
    public var dropsPerSecond: Double?
    /// The kernel's word: `up`, `down`, `unknown`.
    public var state: String
    public var trend: Trend
    public var severity: Severity?

    public init(
        device: String, receivedBytesPerSecond: Double?, sentBytesPerSecond: Double?, errorsPerSecond: Double?,
        dropsPerSecond: Double?, state: String, trend: Trend, severity: Severity?
    ) {
        self.device = device
        self.receivedBytesPerSecond = receivedBytesPerSecond
        self.sentBytesPerSecond = sentBytesPerSecond
        self.errorsPerSecond = errorsPerSecond
        self.dropsPerSecond = dropsPerSecond
        self.state = state
        self.trend = trend
        self.severity = severity
    }
}

public struct ContainerSection: Sendable, Codable {
    /// The cgroup's path.
    public var path: String
    /// Percent of the memory limit that the working set takes.
    public var memory: Reading
    public var memoryLimitBytes: Double?
    /// Processors the quota allows; nil when there is none.
    public var cpuLimit: Double?
    /// Processors in use.
    public var cpuUsed: Double?
    /// Percent of the scheduling periods in which the group was throttled.
    public var throttledPercent: Double?
    public var oomKills: Double?

    public init(
        path: String, memory: Reading, memoryLimitBytes: Double?, cpuLimit: Double?, cpuUsed: Double?,
        throttledPercent: Double?, oomKills: Double?
    ) {
        self.path = path
        self.memory = memory
        self.memoryLimitBytes = memoryLimitBytes
        self.cpuLimit = cpuLimit
        self.cpuUsed = cpuUsed
        self.throttledPercent = throttledPercent
        self.oomKills = oomKills
    }
}

/// A collector that is not well.
public struct CollectorHealth: Sendable, Codable, Equatable {
    public var collector: String
    public var since: Milliseconds
    public var reason: String

    public init(collector: String, since: Milliseconds, reason: String) {
        self.collector = collector
        self.since = since
        self.reason = reason
    }
}
