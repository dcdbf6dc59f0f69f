import TimeSeries
import TocsinCore
import TocsinModel

/// Evaluates each group on its own interval. Owned by the engine's loop.
package struct RuleScheduler {
    package private(set) var groups: [RuleGroup]
    private var states: [GroupState]
    private var due: [Milliseconds]

    /// - Parameter restored: the alerts that were active before, by rule.
    package init(_ groups: [RuleGroup], restored: [RuleKey: [ActiveAlert]] = [:], aliveUntil: Milliseconds? = nil) {
        self.groups = groups
        states = groups.map { group in
            var state = GroupState(group, restored: restored)
            state.evaluatedAt = aliveUntil
            return state
        }
        due = groups.map { _ in .min }
    }

    /// Takes over what was restored, into rules that have not found anything themselves yet.
    package mutating func restore(_ restored: [RuleKey: [ActiveAlert]], aliveUntil: Milliseconds?) {
        for (index, group) in groups.enumerated() {
            let fresh = GroupState(group, restored: restored)
            for rule in group.rules.indices where !fresh.rules[rule].active.isEmpty {
                states[index].rules[rule].active.merge(fresh.rules[rule].active) { _, old in old }
                states[index].rules[rule].hadData = true
            }
            if states[index].evaluatedAt == nil { states[index].evaluatedAt = aliveUntil }
        }
    }

    /// Puts other groups in force; the state of unchanged rules is kept.
    package mutating func replace(_ groups: [RuleGroup], restored: [RuleKey: [ActiveAlert]], at now: Milliseconds) {
        self = RuleScheduler(groups, restored: restored, aliveUntil: now)
    }

    /// Evaluates the groups whose time has come.
    package mutating func evaluate(from store: SeriesStore, at now: Moment) -> [GroupResult] {
        var results: [GroupResult] = []
        for index in groups.indices where now.engine >= due[index] {
            results.append(groups[index].evaluate(&states[index], from: StoreSource(store: store), at: now))
            // On the grid of the interval, so that a late evaluation does not push back the later ones.
            let interval = groups[index].interval
            due[index] = due[index] == .min || now.engine - due[index] > interval
                ? now.engine + interval : due[index] + interval
            // A tick may come a little early on the grid; half a second of slack keeps the rhythm.
            due[index] -= min(interval / 10, 100)
        }
        return results
    }

    /// All rules, with their keys.
    package var keys: [RuleKey] { groups.flatMap { group in group.rules.map { group.key(of: $0) } } }
}

/// The store as rules see it.
struct StoreSource: SeriesSource {
    let store: SeriesStore

    func series(
        matching matchers: [LabelMatcher], from: Milliseconds, through: Milliseconds
    ) throws -> [SampleSeries] {
        try store.series(matching: matchers, from: from, through: through)
    }

    func latest(matching matchers: [LabelMatcher], after: Milliseconds, at: Milliseconds) throws -> [Sample] {
        try store.latest(matching: matchers, after: after, at: at)
    }

    func record(_ samples: [Sample]) {
        for sample in samples { store.append(sample.labels, sample.value, at: sample.at) }
    }
}
