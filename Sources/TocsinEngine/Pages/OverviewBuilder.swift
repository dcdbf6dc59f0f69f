import TocsinCore
import TocsinModel

/// Builds the overview of this host.
struct OverviewBuilder {
    let context: PageContext
    let recent: RecentValues
    let at: Milliseconds

    /// - Parameter events: the newest audit entries, newest first.
    func page(events: [AuditEntry]) -> OverviewPage {
        let rows = context.rows
        return OverviewPage(
            cpu: cpu, memory: memory,
            disk: DiskSection(pressure: pressure("io"), devices: disks, filesystems: filesystems),
            network: NetworkSection(devices: network), container: container, top: context.processes?.top ?? [],
            processCount: context.processes?.page.total ?? 0,
            alerts: rows.firing + rows.pending + rows.owned, failures: context.failures, events: events)
    }

    private func pressure(_ resource: String) -> Double? {
        recent.gauge("tocsin_pressure_ratio", ["resource": resource, "kind": "some", "window": "10s"]).map { $0 * 100 }
    }

    private func trend(_ name: String) -> Trend { context.trends.trend(name, before: at) }

    /// The worst firing alert with this label.
    private func severity(_ label: String, _ value: String) -> Severity? {
        context.core.sorted.map(\.alert)
            .filter { $0.state == .firing && $0.labels[label] == value && $0.severity > .info }.map(\.severity).max()
    }

    // MARK: Processor

    private var cpu: CPUSection {
        let samples = recent.rates["node_cpu_seconds_total"] ?? []
        var byCore: [String: [(mode: String, rate: Double)]] = [:]
        for sample in samples {
            byCore[sample.labels["cpu"] ?? "", default: []].append((sample.labels["mode"] ?? "", sample.value))
        }
        let cores = byCore.sorted { (Int($0.key) ?? 0) < (Int($1.key) ?? 0) }.map { Self.core($0.key, $0.value) }
        func average(_ mode: String) -> Double? {
            let values = samples.filter { $0.labels["mode"] == mode }.map(\.value)
            return values.isEmpty ? nil : 100 * values.reduce(0, +) / Double(values.count)
        }
        let lines = context.thresholds.cpu
        return CPUSection(
            busy: Reading(
                recent.cpuBusy, at: samples.first?.at, warns: lines.warns, critical: lines.critical,
                expected: context.expected["cpu"]),
            busyTrend: trend("cpu"), cores: cores, ioWaitPercent: average("iowait"), stealPercent: average("steal"),
            load: ["node_load1", "node_load5", "node_load15"].compactMap { recent.gauge($0) },
            pressure: pressure("cpu"))
    }

    private static func core(_ name: String, _ modes: [(mode: String, rate: Double)]) -> CoreLoad {
        let busy = modes.filter { $0.mode != "idle" && $0.mode != "iowait" }
        let total = busy.reduce(0) { $0 + $1.rate }
        let most = busy.max { ($0.rate, $1.mode) < ($1.rate, $0.mode) }
        return CoreLoad(
            cpu: name, busyPercent: min(100, max(0, total * 100)), mode: most?.mode ?? "",
            modePercent: total > 0 ? 100 * (most?.rate ?? 0) / total : 0)
    }

    // MARK: Memory

    private var memory: MemorySection {
        let lines = context.thresholds.memory
        let expected = context.expected["memory"].map { (100 - $0.upperBound)...(100 - $0.lowerBound) }
        return MemorySection(
            used: Reading(
                recent.memoryUsed, at: recent.time("node_memory_MemAvailable_bytes"), warns: lines.warns,
                critical: lines.critical, expected: expected),
            usedTrend: trend("memory"), availableBytes: recent.gauge("node_memory_MemAvailable_bytes"),
            swapUsed: Reading(recent.swapUsed, at: recent.time("node_memory_SwapFree_bytes")), swapTrend: trend("swap"),
            swapTotalBytes: recent.gauge("node_memory_SwapTotal_bytes"),
            swapInPerSecond: recent.rates["node_vmstat_pswpin"]?.first?.value,
            swapOutPerSecond: recent.rates["node_vmstat_pswpout"]?.first?.value,
            oomKills: recent.gauge("node_vmstat_oom_kill"), lastOomAt: context.lastOom, pressure: pressure("memory"))
    }

    // MARK: Disks and filesystems

    private var disks: [DiskRow] {
        recent.values(of: "device", in: "node_disk_io_time_seconds_total").map { device in
            func rate(_ name: String) -> Double? { recent.rate("node_disk_\(name)_total", ["device": device]) }
            let lines = context.thresholds.latency
            return DiskRow(
                device: device, readBytesPerSecond: rate("read_bytes"), writtenBytesPerSecond: rate("written_bytes"),
                awaitSeconds: Reading(
                    recent.diskAwait(device).map { $0 / 1000 }, at: at, warns: lines.warns.map { $0 / 1000 },
                    critical: lines.critical.map { $0 / 1000 }),
                utilisationPercent: rate("io_time_seconds").map { min(100, $0 * 100) },
                awaitTrend: trend("disk/" + device), severity: severity("device", device))
        }
    }

    private var filesystems: [FilesystemRow] {
        var rows: [FilesystemRow] = []
        for sample in recent.gauges["node_filesystem_device_error"] ?? [] {
            guard let point = sample.labels["mountpoint"] else { continue }
            let labels = Dictionary(
                sample.labels.dropping(["__name__"]).pairs.map { ($0.name, $0.value) }, uniquingKeysWith: { a, _ in a })
            let failed = sample.value > 0
            func value(_ name: String) -> Double? { failed ? nil : recent.gauge("node_filesystem_" + name, labels) }
            let available = value("avail_bytes")
            let size = value("size_bytes")
            if let size, size == 0 { continue }
            let silence = recent.gauge("tocsin_filesystem_silent_seconds", labels) ?? 0
            let lines = context.thresholds.filesystem
            let used = size.flatMap { size in available.map { 100 * (1 - $0 / size) } }
            var row = FilesystemRow(
                mountpoint: point, device: sample.labels["device"] ?? "", fstype: sample.labels["fstype"] ?? "",
                used: Reading(used, at: sample.at, warns: lines.warns, critical: lines.critical),
                availableBytes: available, inodesUsedPercent: inodes(value("files"), value("files_free")),
                readOnly: (value("readonly") ?? 0) > 0, fullInSeconds: fullIn(point, available, size),
                silentSince: silence > 0 ? sample.at - Milliseconds(silence * 1000) : nil,
                severity: severity("mountpoint", point))
            row.unreadable = failed && silence == 0
            rows.append(row)
        }
        return rows.sorted { ($0.mountpoint.utf8.count, $0.mountpoint) < ($1.mountpoint.utf8.count, $1.mountpoint) }
    }

    private func inodes(_ all: Double?, _ free: Double?) -> Double? {
        guard let all, let free, all > 0 else { return nil }
        return 100 * (1 - free / all)
    }

    /// When it goes on as in the last hour, and only when that would be within three days.
    private func fullIn(_ point: String, _ available: Double?, _ size: Double?) -> Double? {
        guard let available, let size, let slope = context.trends.slope("filesystem/" + point), slope < 0 else {
            return nil
        }
        // Less than a ten-thousandth of it in an hour is no filling.
        guard -slope * 3600 > size / 10_000 else { return nil }
        let seconds = available / -slope
        return seconds < 3 * 86_400 ? seconds : nil
    }

    // MARK: Network and container

    private var network: [NetworkRow] {
        let states = recent.gauges["node_network_info"] ?? []
        return recent.values(of: "device", in: "node_network_receive_bytes_total").map { device in
            func rate(_ name: String) -> Double? { recent.rate("node_network_\(name)_total", ["device": device]) }
            func both(_ name: String) -> Double? {
                rate("receive_" + name).map { $0 + (rate("transmit_" + name) ?? 0) }
            }
            return NetworkRow(
                device: device, receivedBytesPerSecond: rate("receive_bytes"),
                sentBytesPerSecond: rate("transmit_bytes"),
                errorsPerSecond: both("errs"), dropsPerSecond: both("drop"),
                state: states.first { $0.labels["device"] == device }?.labels["operstate"] ?? "unknown",
                trend: trend("net/" + device), severity: severity("device", device))
        }
    }

    private var container: ContainerSection? {
        guard
            let any =
                (recent.gauges["tocsin_cgroup_memory_limit_bytes"] ?? recent.gauges["tocsin_cgroup_cpu_limit_cores"])?
                .first
        else { return nil }
        let limit = recent.gauge("tocsin_cgroup_memory_limit_bytes")
        let used = recent.gauge("tocsin_cgroup_memory_working_set_bytes")
        let periods = recent.rates["tocsin_cgroup_cpu_periods_total"]?.first?.value ?? 0
        let throttled = recent.rates["tocsin_cgroup_cpu_throttled_periods_total"]?.first?.value
        let lines = context.thresholds.container
        return ContainerSection(
            path: any.labels["cgroup"] ?? "",
            memory: Reading(
                limit.flatMap { limit in used.map { 100 * $0 / limit } }, at: any.at, warns: lines.warns,
                critical: lines.critical),
            memoryLimitBytes: limit, cpuLimit: recent.gauge("tocsin_cgroup_cpu_limit_cores"),
            cpuUsed: recent.rates["tocsin_cgroup_cpu_usage_seconds_total"]?.first?.value,
            throttledPercent: throttled.map { periods > 0 ? 100 * $0 / periods : 0 },
            oomKills: recent.gauge("tocsin_cgroup_memory_oom_kills_total"))
    }
}
