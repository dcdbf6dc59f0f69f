import Anomaly
import ArgumentParser
import CPty
import HostMetrics
import PromQL
import TimeSeries
import TocsinCore
import TocsinModel

/// `tocsin-bench inner`: what the parts cost that claim to be fast.
struct Inner: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Sampling, appending, selecting, evaluating and detecting, each on its own.")

    @Option(help: "Series under a detector in an engine.") var watched = 10_000

    func run() throws {
        sampling()
        try storing()
        detecting()
        try WatchedFleet(series: watched).run()
    }

    private func time(_ name: String, _ unit: String, count: Int, _ body: () -> Void) {
        var best = Double.infinity
        for _ in 0..<5 {
            let start = now()
            body()
            best = min(best, (now() - start) / Double(count) * 1e9)
        }
        print("\(name): \(fixed(best, 0)) ns \(unit)")
    }

    private func sampling() {
        for collector in HostCollectors.all(HostRoots(), mounts: .dashboard) {
            var batch = SampleBatch()
            func once() {
                batch.begin()
                // A collector that has nothing here costs what it costs to find that out.
                do throws(CollectFailure) { try collector.collect(into: &batch) } catch {}
            }
            for _ in 0..<3 { once() }
            let before = cpty_allocations()
            for _ in 0..<100 { once() }
            let allocations = Double(cpty_allocations() - before) / 100
            time(
                "collect \(collector.name), \(batch.values.count) series, \(fixed(allocations, 2)) allocations",
                "a sample", count: 200
            ) {
                for _ in 0..<200 { once() }
            }
        }
    }

    private func storing() throws {
        let store = SeriesStore(limits: .init(retention: .max / 4))
        let references = (0..<400).compactMap {
            store.reference(for: ["__name__": "m\($0 % 20)", "instance": "h", "n": "\($0)"])
        }
        var step = 0
        time("append, 400 series at once", "a sample", count: 400 * 720) {
            for _ in 0..<720 {
                step += 1
                store.append(
                    references.enumerated().map { ($0.element, Double((step * ($0.offset + 1)) % 997)) },
                    at: Milliseconds(step) * 1_000)
            }
        }
        let statistics = store.statistics
        print(
            "memory: \(fixed(Double(statistics.bytes) / Double(400 * step), 2)) bytes a sample, \(statistics.bytes / 400) bytes a series with \(step) samples"
        )
        let end = Milliseconds(step) * 1_000
        for text in [
            "m1", "rate(m1[1m])", "sum by (instance) (rate(m1[5m]))", "{__name__=~\"m.*\"}", "avg_over_time(m1[1h])",
        ] {
            let expression = try Expr(parsing: text)
            time("evaluate \(text)", "an evaluation", count: 50) {
                for _ in 0..<50 {
                    var evaluator = Evaluator(source: store, at: end)
                    _ = try? evaluator.evaluate(expression)
                }
            }
        }
    }

    private func detecting() {
        let detector = Detector()
        var state = DetectorState()
        var value = 40.0
        func next(_ step: Int) -> Double {
            value += Double((step * 7_919) % 13) - 6
            return value
        }
        for step in 0..<6_000 { _ = detector.push(next(step), at: Double(step) * 60, into: &state) }
        time("both detectors", "a point", count: 100_000) {
            for step in 6_000..<106_000 { _ = detector.push(next(step), at: Double(step) * 60, into: &state) }
        }
        print("both detectors: \(MemoryLayout<DetectorState>.stride) bytes a series")
        // Each in its own memory, which no cache holds: what a fleet costs.
        let slab = DetectorSlab()
        let places = (0..<100_000).map { _ in slab.add(state) }
        let begin = Double(106_000) * 60
        let before = Nab.cpuSeconds()
        for minute in 0..<6 {
            for place in places { _ = detector.push(next(place), at: begin + Double(minute) * 60, into: &slab[place]) }
        }
        let share = (Nab.cpuSeconds() - before) / 6 / 60 * 100
        print("100,000 series at a point a minute: \(fixed(share, 2)) % of a core")
    }
}
