import Synchronization

/// A family with the value of each label set.
public struct MetricReading: Sendable {
    public let family: MetricFamily
    public let values: [(labels: Labels, value: Double)]

    public init(family: MetricFamily, values: [(labels: Labels, value: Double)]) {
        self.family = family
        self.values = values
    }
}

/// What the program counts and measures of itself: counters and gauges, set from any thread, read once in a while.
public final class MetricRegistry: Sendable {
    private struct Family {
        var family: MetricFamily
        var values: [Labels: Double] = [:]
    }

    private let families = Mutex<[String: Family]>([:])
    /// Label sets beyond this are not taken: no caller may fill the memory by asking for odd things.
    private static let mostValues = 1_000

    public init() {}

    /// Adds to a counter.
    public func add(_ family: MetricFamily, _ labels: Labels = .none, _ amount: Double = 1) {
        change(family, labels) { $0 + amount }
    }

    /// Sets a gauge.
    public func set(_ family: MetricFamily, _ labels: Labels = .none, _ value: Double) {
        change(family, labels) { _ in value }
    }

    private func change(_ family: MetricFamily, _ labels: Labels, _ body: (Double) -> Double) {
        families.withLock { all in
            var own = all[family.name] ?? Family(family: family)
            guard own.values[labels] != nil || own.values.count < Self.mostValues else { return }
            own.values[labels] = body(own.values[labels] ?? 0)
            all[family.name] = own
        }
    }

    /// Everything, by name and labels in ascending order.
    public var readings: [MetricReading] {
        families.withLock { all in
            all.values.sorted { $0.family.name < $1.family.name }.map { one in
                MetricReading(
                    family: one.family,
                    values: one.values.sorted { $0.key < $1.key }.map { (labels: $0.key, value: $0.value) })
            }
        }
    }

    public func value(_ name: String, _ labels: Labels = .none) -> Double? {
        families.withLock { $0[name]?.values[labels] }
    }
}
