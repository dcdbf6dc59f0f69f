import Anomaly
import FoundationEssentials
import PromQL
import TimeSeries
import TocsinCore
import TocsinModel

/// Which values are watched for anomalies.
struct WatchedMetric: Sendable {
    /// The `metric` label of the score series.
    let name: String
    let expression: Expr
    /// The least usual residual, in the value's unit.
    let floor: Double

    /// Busy processor time, available memory and disk latency.
    static let all: [WatchedMetric] = [
        WatchedMetric(
            "cpu_busy", "100 * (1 - avg by (instance) (rate(node_cpu_seconds_total{mode=\"idle\"}[30s])))", floor: 0.5),
        WatchedMetric(
            "memory_available",
            "100 * avg_over_time(node_memory_MemAvailable_bytes[30s]) / node_memory_MemTotal_bytes", floor: 0.5),
        WatchedMetric(
            "disk_latency",
            """
            1000 * (rate(node_disk_read_time_seconds_total[30s]) + rate(node_disk_write_time_seconds_total[30s]))
            / (rate(node_disk_reads_completed_total[30s]) + rate(node_disk_writes_completed_total[30s]))
            """, floor: 1),
    ]

    private init(_ name: String, _ text: String, floor: Double) {
        self.name = name
        self.floor = floor
        do throws(PromQLError) { expression = try Expr(parsing: text) } catch {
            fatalError("the watched expression \(name) is malformed: \(error)")
        }
    }
}

/// Feeds the detectors and keeps their scores and bands as series. Owned by the engine's loop.
package struct AnomalyBook {
    /// Milliseconds between two points of a detector.
    package static let step: Milliseconds = 10_000

    private struct Watch {
        var detector: SpikeDetector
        var lastFed: Milliseconds
        var expected: ClosedRange<Double>
    }

    private var watches: [Labels: Watch] = [:]
    private var due: Milliseconds = .min
    /// What the journal remembered, until the series shows up.
    private var memories: [String: DetectorMemory] = [:]

    package init() {}

    /// The band in which the value of a watched metric was expected at its last point, once learned.
    package func expected(_ metric: String, _ labels: Labels = .none) -> ClosedRange<Double>? {
        for (key, watch) in watches
        where key["metric"] == metric && labels.pairs.allSatisfy({ key[$0.name] == $0.value }) {
            if watch.detector.state.points >= watch.detector.settings.learningPoints { return watch.expected }
        }
        return nil
    }

    /// Takes what the journal remembered.
    package mutating func restore(_ memories: [DetectorMemory]) {
        for memory in memories { self.memories[memory.name] = memory }
    }

    /// Feeds every watched value once a step, and writes scores and bands.
    mutating func feed(from source: HostSource, into store: SeriesStore, at now: Moment) {
        guard now.engine >= due else { return }
        due = now.engine + Self.step - 200
        var options = EvaluationOptions()
        options.requireFullWindows = true
        for metric in WatchedMetric.all {
            var evaluator = Evaluator(source: source, at: now.engine, options: options)
            // A watched expression that fails has no point at this step.
            guard let value = try? evaluator.evaluate(metric.expression) else { continue }
            for sample in value.vector(at: now.engine) where sample.value.isFinite {
                push(sample, metric, store, now)
            }
        }
    }

    private mutating func push(_ sample: Sample, _ metric: WatchedMetric, _ store: SeriesStore, _ now: Moment) {
        let key = sample.labels.withoutName.merging(["metric": metric.name, "channel": "spike"])
        var watch = watches[key] ?? recall(key, metric, now)
        let missing = max(0, Int((now.engine - watch.lastFed) / Self.step) - 1)
        guard let verdict = watch.detector.push(sample.value, missing: missing) else { return }
        watch.lastFed = now.engine
        watch.expected = verdict.expected
        watches[key] = watch
        let values = [
            ("tocsin_anomaly_score", verdict.score), ("tocsin_expected_low", verdict.expected.lowerBound),
            ("tocsin_expected_high", verdict.expected.upperBound), ("tocsin_anomaly_learning", verdict.learning),
        ]
        for (name, value) in values { store.append(key.setting("__name__", name), value, at: now.engine) }
    }

    private func recall(_ key: Labels, _ metric: WatchedMetric, _ now: Moment) -> Watch {
        var settings = SpikeDetector.Settings()
        settings.absoluteFloor = metric.floor
        var state = SpikeDetector.State()
        var lastFed = now.engine - Self.step
        if let memory = memories["\(key)"], memory.settings == Self.print(settings),
            let kept = try? JSONDecoder().decode(SpikeDetector.State.self, from: Data(memory.state.utf8))
        {
            state = kept
            lastFed = min(lastFed, memory.at - now.offset)
        }
        return Watch(detector: SpikeDetector(settings: settings, state: state), lastFed: lastFed, expected: 0...0)
    }

    /// What to remember of every detector.
    package func memories(at now: Moment) -> [DetectorMemory] {
        watches.sorted { $0.key < $1.key }.compactMap { key, watch in
            guard let state = try? JSONEncoder().encode(watch.detector.state) else { return nil }
            return DetectorMemory(
                name: "\(key)", settings: Self.print(watch.detector.settings),
                state: String(decoding: state, as: UTF8.self), at: watch.lastFed + now.offset)
        }
    }

    private static func print(_ settings: SpikeDetector.Settings) -> String { "\(settings)" }
}
