import Anomaly
import TocsinCore
import TocsinModel

/// How often members of each group are anomalous, and whether too many are at once.
struct GroupWatch {
    private var usual: [Labels: Double] = [:]

    /// The weight of a new share: some thousand points.
    private static let rate = 1 / 2_000.0
    /// What a group counts at most when its share is learned, so that an incident is not learned as usual.
    private static let mostLearned = 0.05

    /// The score of so many at once: one half is one in ten thousand. One alone is no group.
    mutating func judge(_ group: Labels, _ active: Int, of size: Int, _ spec: AnomalySpec) -> Double {
        // What the budget allows each member: an alarm lasts some five points.
        let allowed = spec.budget * Double(spec.channels.count) * 5 * Double(spec.step) / (7 * 86_400_000)
        let rate = max(allowed, usual[group] ?? 0)
        let share = min(Self.mostLearned, Double(active) / Double(size))
        usual[group, default: 0] += Self.rate * (share - (usual[group] ?? 0))
        return active < 2 ? 0 : GroupTest.score(GroupTest.decades(active, of: size, rate: rate))
    }

    /// Forgets the groups that have no members any more.
    mutating func keep(_ groups: Set<Labels>) { usual = usual.filter { groups.contains($0.key) } }
}

/// A detector's memory as it is kept: the state and the numbers of its thresholds.
struct DetectorRecord {
    var state: DetectorState
    var numbers: [Double]

    init(state: DetectorState, numbers: [Double]) {
        self.state = state
        self.numbers = numbers
    }

    /// Nil for anything that was not written with this tuning.
    init?(_ bytes: [UInt8], _ tuning: Tuning) {
        guard let count = bytes.first.map(Int.init), bytes.count > 1 + count * 8 else { return nil }
        numbers = (0..<count).map { number in
            var bits: UInt64 = 0
            for shift in 0..<8 { bits |= UInt64(bytes[1 + number * 8 + shift]) << UInt64(shift * 8) }
            return Double(bitPattern: bits)
        }
        guard let state = DetectorState(decoding: Array(bytes[(1 + count * 8)...]), tuning) else { return nil }
        self.state = state
    }

    func encoded(_ tuning: Tuning) -> [UInt8] {
        var bytes = [UInt8(numbers.count)]
        for number in numbers {
            for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: number.bitPattern >> UInt64(shift * 8))) }
        }
        return bytes + state.encoded(tuning)
    }
}
