import PromQL
import Synchronization
import TimeSeries
import TocsinCore
import TocsinEngine
import TocsinModel

/// What detectors cost inside an engine: evaluating their expression, judging, and writing back what they say.
struct WatchedFleet {
    private final class Hands: SystemClock {
        private let minute = Mutex<Milliseconds>(0)
        func now() -> (wall: Milliseconds, boot: Milliseconds) {
            let time = minute.withLock { $0 } * 60_000
            return (1_800_000_000_000 + time, 100_000 + time)
        }
        func advance() { minute.withLock { $0 += 1 } }
    }

    let series: Int

    /// Prints the share of a core and the memory, with a point a minute.
    func run() throws {
        // What the first engine took is free again, and is taken by the second before anything new is.
        let without = try minutes(watching: false)
        let with = try minutes(watching: true)
        let memory = Double(with.resident - without.resident) / Double(series) / 1024
        let share = (with.seconds - without.seconds) / 60 * 100
        let each = (with.seconds - without.seconds) / Double(series) * 1e6
        print(
            "\(series) series under a detector in an engine, a point a minute: \(fixed(share, 2)) % of a core (\(fixed(each, 1)) µs a point with all it writes), \(fixed(Double(with.bytes - without.bytes) / Double(series) / 1024, 1)) KiB of samples a series after 30 points, \(fixed(memory, 1)) KiB in all"
        )
    }

    /// CPU seconds of a minute, the bytes of the samples, and those of the whole process.
    private func minutes(watching: Bool) throws -> (seconds: Double, bytes: Int, resident: Int) {
        var spec = AnomalySpec(name: "load", expression: try Expr(parsing: "load"))
        spec.step = 60_000
        let store = SeriesStore(limits: .init(retention: .max / 4, bytes: 8 << 30))
        let target: Labels = ["instance": "bench", "job": "node"]
        let clock = Hands()
        let loop = EngineLoop(
            store: store, pool: CollectorPool([], store: store, target: target), clock: clock, groups: [],
            target: target, period: 60_000, anomalies: watching ? [spec] : [])
        let references = (0..<series).compactMap {
            store.reference(for: ["__name__": "load", "instance": "host-\($0 / 20)", "job": "node", "n": "\($0 % 20)"])
        }
        var (begin, seconds) = (0.0, 0.0)
        for minute in 0..<30 {
            store.append(
                references.enumerated().map { ($0.element, Double(($0.offset + minute) &* 7_919 % 997)) },
                at: clock.now().wall)
            begin = Nab.cpuSeconds()
            _ = loop.turn()
            // The first points make the series, the rest are what it costs from then on.
            if minute >= 10 { seconds += Nab.cpuSeconds() - begin }
            clock.advance()
        }
        return (seconds / 20, store.statistics.bytes, Queries.residentBytes())
    }
}
