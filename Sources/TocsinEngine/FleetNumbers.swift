import PromQL
import TimeSeries
import TocsinModel

/// How busy, used and full a host is, in percent.
struct FleetNumbers: Sendable, Equatable {
    var cpu: Double?
    var memory: Double?
    var disk: Double?

    private static let questions: [(set: @Sendable (inout FleetNumbers, Double) -> Void, Expr)] = [
        (
            { $0.cpu = $1 },
            parsed("100 * (1 - avg by (instance) (rate(node_cpu_seconds_total{mode=\"idle\"}[150s])))")
        ),
        (
            { $0.memory = $1 },
            parsed(
                "100 * (1 - avg by (instance) (node_memory_MemAvailable_bytes) / avg by (instance) (node_memory_MemTotal_bytes))"
            )
        ),
        (
            { $0.disk = $1 },
            parsed(
                """
                max by (instance) (100 * (1 - node_filesystem_avail_bytes{fstype!~"tmpfs|ramfs|squashfs|overlay|iso9660"}
                / node_filesystem_size_bytes))
                """)
        ),
    ]

    private static func parsed(_ text: String) -> Expr {
        do throws(PromQLError) { return try Expr(parsing: text) } catch {
            fatalError("the question about the fleet is malformed: \(error)")
        }
    }

    /// The numbers of every host that has them.
    static func all(from store: SeriesStore, at now: Milliseconds) -> [String: FleetNumbers] {
        var out: [String: FleetNumbers] = [:]
        for (set, expression) in questions {
            var evaluator = Evaluator(source: store, at: now, options: EvaluationOptions())
            // A question that cannot be answered leaves its column empty.
            guard let value = try? evaluator.evaluate(expression) else { continue }
            for sample in value.vector(at: now) where sample.value.isFinite {
                set(&out[sample.labels["instance"] ?? "", default: FleetNumbers()], max(0, min(100, sample.value)))
            }
        }
        return out
    }
}
