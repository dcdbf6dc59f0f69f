import TimeSeries
import TocsinModel

/// The newest values and the rates of the last few seconds, taken from the store in two selections: what every number on
/// the overview is made of.
struct RecentValues {
    /// Newest values by metric name.
    private(set) var gauges: [String: [Sample]] = [:]
    /// Change per second by metric name.
    private(set) var rates: [String: [Sample]] = [:]

    private static let gaugeNames = """
        node_load1|node_load5|node_load15|node_memory_(MemTotal|MemAvailable|SwapTotal|SwapFree)_bytes|\
        node_vmstat_oom_kill|node_boot_time_seconds|node_time_seconds|tocsin_pressure_ratio|node_filesystem_.*|\
        tocsin_filesystem_.*|node_network_info|tocsin_cgroup_.*
        """
    private static let rateNames = """
        node_cpu_seconds_total|node_vmstat_psw(pin|pout)|\
        node_disk_(read_bytes|written_bytes|reads_completed|writes_completed|read_time_seconds|write_time_seconds|io_time_seconds)_total|\
        node_network_(receive|transmit)_(bytes|errs|drop)_total|tocsin_cgroup_cpu_.*_total
        """

    /// - Parameter period: the collection period; rates look back five of them.
    init(_ store: HostSource, at now: Milliseconds, period: Milliseconds) {
        let reach = max(5_000, 5 * period)
        // Both patterns are ours and the store is in memory: a failure would be a fault of this file.
        let newest =
            (try? store.latest(
                matching: [LabelMatcher("__name__", .matches, Self.gaugeNames)], after: now - 3 * reach, at: now)) ?? []
        for sample in newest.sorted(by: { $0.labels < $1.labels }) {
            gauges[sample.labels.metricName, default: []].append(sample)
        }
        let series =
            (try? store.series(
                matching: [LabelMatcher("__name__", .matches, Self.rateNames)], from: now - reach, through: now)) ?? []
        for one in series {
            guard let rate = Self.rate(one) else { continue }
            rates[one.labels.metricName, default: []].append(Sample(labels: one.labels, at: now, value: rate))
        }
    }

    /// Per second between the first and the last sample; a counter that fell began anew.
    private static func rate(_ series: SampleSeries) -> Double? {
        var total = 0.0
        var previous: (time: Milliseconds, value: Double)?
        var first: Milliseconds?
        for (time, value) in zip(series.timestamps, series.values) where !StaleMarker.isStale(value) {
            if let previous { total += value >= previous.value ? value - previous.value : value }
            first = first ?? time
            previous = (time, value)
        }
        guard let first, let last = previous?.time, last > first else { return nil }
        return total / (Double(last - first) / 1000)
    }

    /// The newest value of a metric without further labels, or of the first series.
    func gauge(_ name: String) -> Double? { gauges[name]?.first?.value }

    /// When the newest value was measured.
    func time(_ name: String) -> Milliseconds? { gauges[name]?.first?.at }

    func gauge(_ name: String, _ labels: [String: String]) -> Double? { Self.find(gauges[name], labels) }

    func rate(_ name: String, _ labels: [String: String]) -> Double? { Self.find(rates[name], labels) }

    private static func find(_ samples: [Sample]?, _ labels: [String: String]) -> Double? {
        samples?.first { sample in labels.allSatisfy { sample.labels[$0.key] == $0.value } }?.value
    }

    /// The values of one label over the series of a metric, sorted.
    func values(of label: String, in name: String) -> [String] {
        Array(Set(((gauges[name] ?? []) + (rates[name] ?? [])).compactMap { $0.labels[label] })).sorted()
    }
}

/// The numbers that trends are made of.
enum TrendValues {
    static func now(_ store: HostSource, _ now: Milliseconds, _ period: Milliseconds) -> [String: Double] {
        let recent = RecentValues(store, at: now, period: period)
        var out: [String: Double] = [:]
        out["cpu"] = recent.cpuBusy
        out["memory"] = recent.memoryUsed
        out["swap"] = recent.swapUsed
        for device in recent.values(of: "device", in: "node_disk_io_time_seconds_total") {
            out["disk/" + device] = recent.diskAwait(device) ?? 0
        }
        for device in recent.values(of: "device", in: "node_network_receive_bytes_total") {
            out["net/" + device] =
                (recent.rate("node_network_receive_bytes_total", ["device": device]) ?? 0)
                + (recent.rate("node_network_transmit_bytes_total", ["device": device]) ?? 0)
        }
        for sample in recent.gauges["node_filesystem_avail_bytes"] ?? [] {
            if let point = sample.labels["mountpoint"] { out["filesystem/" + point] = sample.value }
        }
        return out
    }
}

extension RecentValues {
    /// Percent of all processors that were not idle.
    var cpuBusy: Double? {
        let idle = (rates["node_cpu_seconds_total"] ?? []).filter { $0.labels["mode"] == "idle" }
        guard !idle.isEmpty else { return nil }
        return max(0, min(100, 100 * (1 - idle.reduce(0) { $0 + $1.value } / Double(idle.count))))
    }

    /// Percent of memory that is not available.
    var memoryUsed: Double? {
        guard let total = gauge("node_memory_MemTotal_bytes"), total > 0,
            let available = gauge("node_memory_MemAvailable_bytes")
        else { return nil }
        return 100 * (1 - available / total)
    }

    /// Percent of swap in use; nil without swap.
    var swapUsed: Double? {
        guard let total = gauge("node_memory_SwapTotal_bytes"), total > 0,
            let free = gauge("node_memory_SwapFree_bytes")
        else { return nil }
        return 100 * (1 - free / total)
    }

    /// Milliseconds a request took on average; nil when there was none.
    func diskAwait(_ device: String) -> Double? {
        func rate(_ name: String) -> Double { self.rate("node_disk_\(name)_total", ["device": device]) ?? 0 }
        let requests = rate("reads_completed") + rate("writes_completed")
        guard requests > 0 else { return nil }
        return 1000 * (rate("read_time_seconds") + rate("write_time_seconds")) / requests
    }
}
