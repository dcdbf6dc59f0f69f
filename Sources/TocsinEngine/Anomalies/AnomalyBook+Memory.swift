import Anomaly
import TocsinCore
import TocsinModel

/// What outlasts a restart: the memories of the detectors and their thresholds.
extension AnomalyBook {
    mutating func begin(_ spec: AnomalySpec, _ key: Labels, _ now: Moment) -> WatchedSeries {
        names.insert(WatchedName(detector: spec.name, labels: key))
        guard let memory = remembered.removeValue(forKey: Self.name(spec, key)),
            memory.settings == Self.settings(spec), let kept = DetectorRecord(memory.state, detector.tuning)
        else { return WatchedSeries(place: slab.add(), lastFed: now.engine - spec.step) }
        var state = kept.state
        let lastFed = min(now.engine - 1, memory.at - now.offset)
        state.shift(by: Double(lastFed) / 1000 - state.last)
        var series = WatchedSeries(place: slab.add(state), lastFed: lastFed)
        series.restore(kept.numbers)
        return series
    }

    private static func name(_ spec: AnomalySpec, _ key: Labels) -> String { "\(spec.name) \(key)" }
    private static func settings(_ spec: AnomalySpec) -> String { "\(spec.expression) every \(spec.step)" }

    /// How many memories are kept at once at most.
    private static let keptAtOnce = 500

    /// Memories that have not been kept for ten minutes, or, with thousands of them, for so long that five a second are
    /// written; all of them when the engine ends.
    package mutating func memories(at now: Moment, all: Bool = false) -> [DetectorMemory] {
        let every = max(600_000, Milliseconds(watches.reduce(0) { $0 + $1.series.count }) * 200)
        var out: [DetectorMemory] = []
        for number in watches.indices {
            let spec = watches[number].spec
            let due = watches[number].series.lazy
                .filter { all || now.engine - max($0.value.keptAt, 0) >= every }
                .prefix(all ? .max : Self.keptAtOnce - out.count).map(\.key)
            for key in Array(due) {
                watches[number].series[key]?.keptAt = now.engine
                guard let series = watches[number].series[key] else { continue }
                let record = DetectorRecord(state: slab[series.place], numbers: series.numbers)
                out.append(
                    DetectorMemory(
                        name: Self.name(spec, key), settings: Self.settings(spec),
                        state: record.encoded(detector.tuning),
                        at: series.lastFed + now.offset))
            }
        }
        return out
    }
}
