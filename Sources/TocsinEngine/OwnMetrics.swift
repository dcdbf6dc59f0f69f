import Glibc
import TimeSeries
import TocsinCore
import TocsinModel

/// What the engine measures of itself, as metric families.
package enum OwnMetrics {
    static let turnSeconds = MetricFamily(
        "tocsin_turn_duration_seconds", .gauge, "How long the last turn of collecting and judging took.")
    static let turnLag = MetricFamily(
        "tocsin_turn_lag_seconds", .gauge, "How much later than planned the last turn began.")
    static let turns = MetricFamily("tocsin_turns_total", .counter, "Turns of collecting and judging.")
    static let groupSeconds = MetricFamily(
        "tocsin_rule_group_last_duration_seconds", .gauge, "How long the last evaluation of a rule group took.")
    static let ruleFailures = MetricFamily(
        "tocsin_rule_failures_in_a_row", .gauge, "Evaluations of a rule that failed, up to now, one after the other.")
    static let series = MetricFamily("tocsin_store_series", .gauge, "Series in memory.")
    static let bytes = MetricFamily("tocsin_store_bytes", .gauge, "Bytes that samples take in memory.")
    static let shortened = MetricFamily(
        "tocsin_store_shortened", .gauge, "1 while the store keeps less than its retention for want of room.")
    static let outOfOrder = MetricFamily(
        "tocsin_store_out_of_order_total", .counter, "Samples refused because a later one was there.")
    static let duplicates = MetricFamily(
        "tocsin_store_duplicates_total", .counter, "Samples refused because one of that time was there.")
    package static let commits = MetricFamily(
        "tocsin_journal_commits_total", .counter, "Decisions written to the journal.")
    package static let commitFailures = MetricFamily(
        "tocsin_journal_failures_total", .counter, "Decisions that the journal could not take.")
    package static let commitSeconds = MetricFamily(
        "tocsin_journal_commit_duration_seconds", .gauge, "How long the last commit took, waiting included.")
    package static let journalQueue = MetricFamily(
        "tocsin_journal_queue_length", .gauge, "Decisions that wait to be written.")
    static let queries = MetricFamily("tocsin_queries_total", .counter, "Questions in PromQL answered.")
    static let querySeconds = MetricFamily(
        "tocsin_query_duration_seconds_total", .counter, "Seconds spent on questions, waiting included.")
    static let build = MetricFamily("tocsin_build_info", .gauge, "1; the version is in the label.")
    static let resident = MetricFamily(
        "process_resident_memory_bytes", .gauge, "Resident memory size in bytes.")
    static let virtual = MetricFamily("process_virtual_memory_bytes", .gauge, "Virtual memory size in bytes.")
    static let cpu = MetricFamily(
        "process_cpu_seconds_total", .counter, "Total user and system CPU time spent in seconds.")
    static let descriptors = MetricFamily("process_open_fds", .gauge, "Number of open file descriptors.")
    static let mostDescriptors = MetricFamily("process_max_fds", .gauge, "Maximum number of open file descriptors.")
    static let started = MetricFamily(
        "process_start_time_seconds", .gauge, "Start time of the process since unix epoch in seconds.")
    /// What the operating system knows of this process, by the names every Prometheus client uses.
    static func process(into registry: MetricRegistry, startedAt: Milliseconds) {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let seconds =
            Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
        registry.set(cpu, .none, seconds)
        registry.set(started, .none, Double(startedAt) / 1000)
        if let (virtual, resident) = memory() {
            registry.set(self.virtual, .none, virtual)
            registry.set(self.resident, .none, resident)
        }
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        registry.set(mostDescriptors, .none, Double(limit.rlim_cur))
        if let count = openDescriptors() { registry.set(descriptors, .none, Double(count)) }
    }

    /// Virtual and resident bytes.
    static func memory() -> (virtual: Double, resident: Double)? {
        guard let file = fopen("/proc/self/statm", "re") else { return nil }
        defer { fclose(file) }
        var buffer = [CChar](repeating: 0, count: 128)
        guard fgets(&buffer, 128, file) != nil else { return nil }
        let words = String(decoding: buffer.prefix { $0 > 0 }.map { UInt8($0) }, as: UTF8.self).split(separator: " ")
        guard words.count > 1, let pages = Double(words[0]), let resident = Double(words[1]) else { return nil }
        let size = Double(sysconf(Int32(_SC_PAGESIZE)))
        return (pages * size, resident * size)
    }

    private static func openDescriptors() -> Int? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count = -3
        while readdir(folder) != nil { count += 1 }
        return max(0, count)
    }
}

/// Puts what the program counts of itself among the series, every fifth period.
package final class OwnCollector: Collector {
    package let name = "tocsin"
    package let every = 5
    private let registry: MetricRegistry
    private let startedAt: Milliseconds
    private var slots: [String: [Labels: SampleBatch.Slot]] = [:]

    package init(_ registry: MetricRegistry, startedAt: Milliseconds) {
        self.registry = registry
        self.startedAt = startedAt
    }

    package func collect(into batch: inout SampleBatch) throws(CollectFailure) {
        OwnMetrics.process(into: registry, startedAt: startedAt)
        for reading in registry.readings {
            for (labels, value) in reading.values {
                let slot = slots[reading.family.name]?[labels] ?? batch.declare(reading.family, labels)
                slots[reading.family.name, default: [:]][labels] = slot
                batch.put(slot, value)
            }
        }
    }
}
