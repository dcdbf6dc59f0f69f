import ArgumentParser
import CPty
import Glibc
import PromQL
import TimeSeries
import TocsinCore
import TocsinModel

/// `tocsin-bench queries`: storing, selecting, querying and judging, beside a real Prometheus with the same data.
struct Queries: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "PromQL and the series store beside Debian's Prometheus.",
        discussion: """
            Both hold the same data: 100 hosts of 300 series, an hour at 15 s; the rules run over 500 hosts. CPU is that of \
            the whole process, a query's share of it over its repeats. Prometheus' figure has HTTP and JSON in it.
            """)

    @Option(help: "Hosts of the queries.") var hosts = 100
    @Option(help: "Hosts of the rules; 0 leaves them out.") var ruleHosts = 500
    @Flag(help: "Do not start Prometheus.") var alone = false
    @Option(help: "Only the queries that hold this text.") var only = ""

    private static let table = [
        "g000", "rate(c000_total[5m])", "sum(rate(c000_total[5m]))",
        "sum by (instance) (rate(node_cpu_seconds_total[5m]))",
        "100 * (1 - avg by (instance) (rate(node_cpu_seconds_total{mode=\"idle\"}[5m])))",
        "histogram_quantile(0.9, sum by (le) (rate(request_seconds_bucket[5m])))", "topk(5, g000)",
        "g000 / on(instance) g001", "avg_over_time(g000[1h])", "quantile_over_time(0.95, g000[1h])",
        "predict_linear(g000[1h], 3600)", "max_over_time(rate(c000_total[5m])[1h:1m])", "count({job=\"node\"})",
        "{__name__=~\"g0..\"}", "label_replace(g000, \"host\", \"$1\", \"instance\", \"(.*):.*\")",
    ]

    func run() throws {
        // The end of a block of two hours less an hour, so that Prometheus reads a block and not its head.
        let start: Milliseconds = 1_700_006_400_000
        let fleet = Fleet(hosts: hosts, interval: 15_000, samples: 241, start: start)
        let store = try load(fleet)
        let peer = alone || !PrometheusPeer.isInstalled ? nil : PrometheusPeer(fleet)
        if peer == nil { print("(no Prometheus beside it)") }
        print("\nCPU milliseconds a query; in brackets Prometheus and the ratio")
        for text in Self.table where only.isEmpty || text.contains(only) {
            let expression = try Expr(parsing: text)
            let instant = ours(repeats: 20) {
                var evaluator = Evaluator(source: store, at: fleet.end)
                _ = try? evaluator.evaluate(expression)
            }
            let range = ours(repeats: 5) {
                _ = try? RangeEvaluation.evaluate(
                    expression, source: store, start: fleet.end - 3_585_000, end: fleet.end, step: 15_000)
            }
            let query = PrometheusPeer.escape(text)
            let theirInstant = theirs(peer, repeats: 20, "/api/v1/query?query=\(query)&time=\(fleet.end / 1000)")
            let theirRange = theirs(
                peer, repeats: 5,
                "/api/v1/query_range?query=\(query)&start=\((fleet.end - 3_585_000) / 1000)&end=\(fleet.end / 1000)&step=15"
            )
            print(
                "  instant \(Self.side(instant, theirInstant))   range \(Self.side(range, theirRange))   \(text)")
        }
        if ruleHosts > 0 { try rules(start) }
    }

    private static func side(_ ours: Double, _ theirs: Double?) -> String {
        guard let theirs else { return fixed(ours * 1000, 2) }
        return "\(fixed(ours * 1000, 2)) (\(fixed(theirs * 1000, 2)), \(fixed(ours / theirs, 2)))"
    }

    private func ours(repeats: Int, _ body: () -> Void) -> Double {
        body()
        let before = Self.cpu()
        for _ in 0..<repeats { body() }
        return (Self.cpu() - before) / Double(repeats)
    }

    private func theirs(_ peer: PrometheusPeer?, repeats: Int, _ path: String) -> Double? {
        guard let peer, peer.ask(path) != nil else { return nil }
        let before = peer.cpuSeconds
        for _ in 0..<repeats { peer.ask(path) }
        return (peer.cpuSeconds - before) / Double(repeats)
    }

    private static func cpu() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Bytes of this process in memory.
    static func residentBytes() -> Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var buffer = [UInt8](repeating: 0, count: 128)
        let count = fread(&buffer, 1, buffer.count, file)
        let fields = String(decoding: buffer[0..<count], as: UTF8.self).split(separator: " ")
        return (fields.count > 1 ? Int(fields[1]) ?? 0 : 0) * 4096
    }

    /// Fills a store as scrapes would: all series of a host at once, in batches.
    private func load(_ fleet: Fleet) throws -> SeriesStore {
        let store = SeriesStore(limits: .none)
        var references: [SeriesStore.Reference] = []
        var values: [[Double]] = []
        fleet.forEachSeries { labels, value in
            if let reference = store.reference(for: labels) { references.append(reference) }
            values.append((0..<fleet.samples).map(value))
        }
        let resident = Self.residentBytes()
        let before = Self.cpu()
        var batch: [(SeriesStore.Reference, Double)] = []
        batch.reserveCapacity(300)
        for at in 0..<fleet.samples {
            for first in stride(from: 0, to: references.count, by: 300) {
                batch.removeAll(keepingCapacity: true)
                for number in first..<min(first + 300, references.count) {
                    batch.append((references[number], values[number][at]))
                }
                store.append(batch, at: fleet.start + Milliseconds(at) * fleet.interval)
            }
        }
        let spent = Self.cpu() - before
        let count = fleet.seriesCount * fleet.samples
        let bytes = store.statistics.bytes
        print(
            "append: \(fixed(spent / Double(count) * 1e9, 0)) ns a sample; \(fleet.seriesCount) series, \(count) samples"
        )
        print(
            "memory: \(fixed(Double(bytes) / Double(count), 2)) bytes a sample in chunks, \((Self.residentBytes() - resident) / fleet.seriesCount) bytes a series resident for them (the second fleet takes the memory of the first)"
        )
        let conditions = [
            [LabelMatcher("job", .equal, "node"), LabelMatcher("__name__", .equal, "g000")],
            [LabelMatcher("__name__", .matches, "g0..")],
            [LabelMatcher("instance", .notMatches, "host-1.*"), LabelMatcher("__name__", .equal, "node_load1")],
        ]
        for matchers in conditions {
            let cost = ours(repeats: 20) {
                _ = try? store.latest(matching: matchers, after: fleet.end - 300_000, at: fleet.end)
            }
            let text = matchers.map { "\($0.name)\($0.operation.rawValue)\"\($0.value)\"" }.joined(separator: ",")
            print("select {\(text)}: \(fixed(cost * 1e6, 0)) µs")
        }
        return store
    }

    private func rules(_ start: Milliseconds) throws {
        let fleet = Fleet(hosts: ruleHosts, interval: 15_000, samples: 41, start: start)
        print("")
        let store = try load(fleet)
        let peer = alone || !PrometheusPeer.isInstalled ? nil : PrometheusPeer(fleet, number: 1)
        var total = 0.0
        var theirTotal = 0.0
        for text in NodeRules.expressions {
            let expression = try Expr(parsing: text)
            total += ours(repeats: 3) {
                var evaluator = Evaluator(source: store, at: fleet.end)
                _ = try? evaluator.evaluate(expression)
            }
            let path = "/api/v1/query?query=\(PrometheusPeer.escape(text))&time=\(fleet.end / 1000)"
            theirTotal += theirs(peer, repeats: 3, path) ?? 0
        }
        let count = Double(fleet.seriesCount)
        print(
            "\(NodeRules.expressions.count) rules over \(ruleHosts) hosts: \(fixed(total * 1000, 1)) ms CPU an evaluation, \(fixed(total / count * 1e6, 2)) µs a stored series"
        )
        if peer != nil {
            print(
                "Prometheus, as queries: \(fixed(theirTotal * 1000, 1)) ms, \(fixed(theirTotal / count * 1e6, 2)) µs; ratio \(fixed(total / theirTotal, 2))"
            )
        }
    }
}

/// Rules as they are usually written for node_exporter.
private enum NodeRules {
    static let expressions = [
        "up == 0", "100 * (1 - avg by (instance) (rate(node_cpu_seconds_total{mode=\"idle\"}[5m]))) > 90",
        "avg by (instance) (rate(node_cpu_seconds_total{mode=\"iowait\"}[5m])) * 100 > 30",
        "sum by (instance) (rate(node_cpu_seconds_total{mode!=\"idle\"}[5m])) > 7",
        "node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes * 100 < 10",
        "node_memory_MemFree_bytes + node_memory_Cached_bytes < 1",
        "node_load1 > on (instance) (count by (instance) (node_cpu_seconds_total{mode=\"idle\"}) * 2)",
        "node_load15 > 1e6", "node_filesystem_avail_bytes / node_filesystem_size_bytes * 100 < 5",
        "node_filesystem_files_free / node_filesystem_files * 100 < 5", "node_filesystem_readonly == 1e9",
        "predict_linear(node_filesystem_avail_bytes[5m], 14400) < 0 and node_filesystem_readonly == 0",
        "rate(node_disk_io_time_seconds_total[5m]) > 0.9", "rate(node_disk_read_bytes_total[5m]) > 1e8",
        "rate(node_disk_written_bytes_total[5m]) > 1e8",
        "rate(node_disk_io_time_seconds_total[5m]) / (rate(node_disk_reads_completed_total[5m]) + rate(node_disk_writes_completed_total[5m])) > 0.1",
        "sum by (instance) (rate(node_network_receive_bytes_total{device!=\"lo\"}[5m])) > 1e9",
        "sum by (instance) (rate(node_network_transmit_bytes_total{device!=\"lo\"}[5m])) > 1e9",
        "increase(node_network_receive_errs_total[5m]) > 10", "increase(node_network_transmit_errs_total[5m]) > 10",
        "rate(node_network_receive_drop_total[5m]) > 1", "node_filefd_allocated / node_filefd_maximum > 0.8",
        "time() - node_boot_time_seconds < 600", "changes(node_boot_time_seconds[5m]) > 1",
    ]
}
