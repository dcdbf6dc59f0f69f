import PromQL
import TocsinCore
import TocsinModel

/// What is watched without any configuration.
enum DefaultDetectors {
    /// Those whose bands are on the overview.
    static let shown = ["cpu", "memory"]

    static let all: [AnomalySpec] = [
        own("cpu", "100 * (1 - avg by (instance) (rate(node_cpu_seconds_total{mode=\"idle\"}[30s])))", floor: 5),
        own(
            "memory", "100 * avg_over_time(node_memory_MemAvailable_bytes[30s]) / node_memory_MemTotal_bytes", floor: 2),
        own(
            "disk_latency",
            """
            1000 * (rate(node_disk_read_time_seconds_total[30s]) + rate(node_disk_write_time_seconds_total[30s]))
            / (rate(node_disk_reads_completed_total[30s]) + rate(node_disk_writes_completed_total[30s]))
            """, floor: 5),
        // A filesystem that fills at another pace than ever; how long it lasts is for the trend rules.
        own(
            "disk_fill_rate", "-deriv(node_filesystem_avail_bytes{fstype!~\"tmpfs|ramfs|squashfs\"}[5m])",
            floor: 1_048_576),
        own("network_receive", "rate(node_network_receive_bytes_total{device!=\"lo\"}[30s])", floor: 1_048_576),
        own("network_transmit", "rate(node_network_transmit_bytes_total{device!=\"lo\"}[30s])", floor: 1_048_576),
        requests,
    ]

    /// Everything that counts requests, of whatever is scraped.
    private static let requests: AnomalySpec = {
        var spec = AnomalySpec(
            name: "requests",
            expression: expression("sum by (job, instance) (rate({__name__=~\".+_requests_total\"}[1m]))"))
        spec.floor = 1
        spec.groupBy = ["job"]
        return spec
    }()

    private static func own(_ name: String, _ text: String, floor: Double) -> AnomalySpec {
        var spec = AnomalySpec(name: name, expression: expression(text))
        spec.step = 10_000
        spec.floor = floor
        spec.isOwn = true
        return spec
    }

    private static func expression(_ text: String) -> Expr {
        do throws(PromQLError) { return try Expr(parsing: text) } catch {
            fatalError("a default detector's expression is malformed: \(error)")
        }
    }
}
