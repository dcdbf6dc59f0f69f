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
