import TocsinCore
import TocsinModel

/// The limits of our own cgroup (version 2) and what is used of them. Where there are no limits there are no series.
package final class CgroupCollector: Collector {
    package let name = "cgroup"
    private let roots: HostRoots
    private var group: Group?
    private var searched = false

    private struct Group {
        let path: String
        /// Our folder and those above it, up to the mount: the tightest limit holds.
        let folders: [String]
        let memoryCurrent: KeptFile
        let memoryStat: KeptFile
        let memoryEvents: KeptFile
        let cpuStat: KeptFile
        let limits: [(memory: KeptFile, cpu: KeptFile)]
        let pressure: [(resource: String, file: KeptFile)]
        var slots: [String: SampleBatch.Slot] = [:]
    }

    private static let families: [String: MetricFamily] = Dictionary(
        uniqueKeysWithValues: [
            MetricFamily("tocsin_cgroup_memory_limit_bytes", .gauge, "The tightest memory limit above us."),
            MetricFamily("tocsin_cgroup_memory_usage_bytes", .gauge, "Memory charged to our cgroup."),
            MetricFamily(
                "tocsin_cgroup_memory_working_set_bytes", .gauge,
                "Memory charged to our cgroup less inactive file pages: what counts towards being killed."),
            MetricFamily(
                "tocsin_cgroup_memory_oom_total", .counter,
                "Times our cgroup reached its limit and had to reclaim or kill."),
            MetricFamily(
                "tocsin_cgroup_memory_oom_kills_total", .counter, "Processes killed for want of memory in our cgroup."),
            MetricFamily("tocsin_cgroup_cpu_limit_cores", .gauge, "Processors the tightest quota above us allows."),
            MetricFamily("tocsin_cgroup_cpu_usage_seconds_total", .counter, "Processor time our cgroup used."),
            MetricFamily("tocsin_cgroup_cpu_periods_total", .counter, "Scheduling periods of our quota."),
            MetricFamily(
                "tocsin_cgroup_cpu_throttled_periods_total", .counter,
                "Scheduling periods in which our cgroup was throttled."),
            MetricFamily("tocsin_cgroup_cpu_throttled_seconds_total", .counter, "Time our cgroup was throttled."),
        ].map { ($0.name, $0) })
    private static let pressure = MetricFamily(
        "tocsin_cgroup_pressure_ratio", .gauge,
        "Share of the last 10, 60 or 300 s in which some or all tasks of our cgroup were stalled.")

    package init(_ roots: HostRoots) { self.roots = roots }

    package func collect(into batch: inout SampleBatch) throws(CollectFailure) {
        if !searched {
            searched = true
            group = find()
        }
        guard var group else { throw CollectFailure("no cgroup v2 with limits", absent: true) }
        let memory = group.limits.compactMap { $0.memory.number() }.min() ?? .infinity
        let cpu = group.limits.compactMap { Self.quota($0.cpu) }.min() ?? .infinity
        guard memory.isFinite || cpu.isFinite else { throw CollectFailure("our cgroup has no limits", absent: true) }
        let path = group.path
        func put(_ name: String, _ value: Double?) {
            guard let value, value.isFinite, let family = Self.families[name] else { return }
            let slot = group.slots[name] ?? batch.declare(family, ["cgroup": path])
            group.slots[name] = slot
            batch.put(slot, value)
        }
        put("tocsin_cgroup_memory_limit_bytes", memory)
        put("tocsin_cgroup_cpu_limit_cores", cpu)
        let current = group.memoryCurrent.number()
        put("tocsin_cgroup_memory_usage_bytes", current)
        let inactive = Self.fields(group.memoryStat)["inactive_file"] ?? 0
        put("tocsin_cgroup_memory_working_set_bytes", current.map { max(0, $0 - inactive) })
        let events = Self.fields(group.memoryEvents)
        put("tocsin_cgroup_memory_oom_total", events["oom"])
        put("tocsin_cgroup_memory_oom_kills_total", events["oom_kill"])
        let time = Self.fields(group.cpuStat)
        put("tocsin_cgroup_cpu_usage_seconds_total", time["usage_usec"].map { $0 / 1e6 })
        put("tocsin_cgroup_cpu_periods_total", time["nr_periods"])
        put("tocsin_cgroup_cpu_throttled_periods_total", time["nr_throttled"])
        put("tocsin_cgroup_cpu_throttled_seconds_total", time["throttled_usec"].map { $0 / 1e6 })
        for (resource, file) in group.pressure { putPressure(resource, file, &group, &batch) }
        self.group = group
    }

    private func putPressure(
        _ resource: String, _ file: KeptFile, _ group: inout Group, _ batch: inout SampleBatch
    ) {
        for line in (file.text() ?? "").split(separator: "\n") {
            let words = line.split(separator: " ")
            for word in words.dropFirst() where word.hasPrefix("avg") {
                let pair = word.dropFirst(3).split(separator: "=")
                guard pair.count == 2, let percent = Double(pair[1]) else { continue }
                let key = "pressure/\(resource)/\(words[0])/\(pair[0])"
                let slot =
                    group.slots[key]
                    ?? batch.declare(
                        Self.pressure,
                        ["cgroup": group.path, "resource": resource, "kind": String(words[0]), "window": "\(pair[0])s"])
                group.slots[key] = slot
                batch.put(slot, percent / 100)
            }
        }
    }

    /// `max 100000` or `200000 100000`: the quota over the period.
    private static func quota(_ file: KeptFile) -> Double? {
        guard let words = file.text()?.split(separator: " "), words.count == 2, let period = Double(words[1]),
            period > 0
        else { return nil }
        return words[0] == "max" ? .infinity : Double(words[0]).map { $0 / period }
    }

    private static func fields(_ file: KeptFile) -> [String: Double] {
        var out: [String: Double] = [:]
        for line in (file.text() ?? "").split(separator: "\n") {
            let pair = line.split(separator: " ")
            if pair.count == 2, let value = Double(pair[1]) { out[String(pair[0])] = value }
        }
        return out
    }

    private func find() -> Group? {
        let own = (KeptFile(roots.proc + "/self/cgroup").text() ?? "").split(separator: "\n")
            .first { $0.hasPrefix("0::") }
        guard let path = own?.dropFirst(3), let mount = unifiedMount() else { return nil }
        var folders: [String] = []
        var rest = String(path)
        while rest.count > 1 {
            folders.append(mount + rest)
            rest = String(rest[..<(rest.lastIndex(of: "/") ?? rest.startIndex)])
        }
        folders.append(mount)
        let folder = folders[0]
        return Group(
            path: String(path), folders: folders, memoryCurrent: KeptFile(folder + "/memory.current"),
            memoryStat: KeptFile(folder + "/memory.stat", capacity: 8192),
            memoryEvents: KeptFile(folder + "/memory.events"), cpuStat: KeptFile(folder + "/cpu.stat"),
            limits: folders.map { (KeptFile($0 + "/memory.max"), KeptFile($0 + "/cpu.max")) },
            pressure: ["cpu", "io", "memory"].map { ($0, KeptFile("\(folder)/\($0).pressure")) })
    }

    /// Where cgroup v2 is mounted, below the root of `/sys`.
    private func unifiedMount() -> String? {
        let table = KeptFile(roots.proc + "/self/mounts", capacity: 16 << 10).bytes() ?? []
        guard let point = MountTable.parse(table).first(where: { $0.type == "cgroup2" })?.point else { return nil }
        return point.hasPrefix("/sys") ? roots.sys + point.dropFirst(4) : point
    }
}
