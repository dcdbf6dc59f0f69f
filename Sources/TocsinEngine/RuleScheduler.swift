import TimeSeries
import TocsinCore
import TocsinModel

/// Evaluates each group on its own interval. Owned by the engine's loop.
package struct RuleScheduler {
    package private(set) var groups: [RuleGroup]
    private var states: [GroupState]
    private var due: [Milliseconds]

    /// - Parameter restored: the alerts that were active before, by rule.
    package init(_ groups: [RuleGroup], restored: [RuleKey: [ActiveAlert]] = [:]) {
        self.groups = groups
        states = groups.map { GroupState($0, restored: restored) }
        due = groups.map { _ in .min }
    }

    /// Takes over what was restored, into rules that have not found anything themselves yet.
    /// The time in which nobody watched counts towards no `for`.
    package mutating func restore(_ restored: [RuleKey: [ActiveAlert]], unwatched: Milliseconds) {
        let restored = restored.mapValues { alerts in alerts.map { $0.later(by: unwatched) } }
        for (index, group) in groups.enumerated() {
            let fresh = GroupState(group, restored: restored)
            for rule in group.rules.indices where !fresh.rules[rule].active.isEmpty {
                states[index].rules[rule].active.merge(fresh.rules[rule].active) { _, old in old }
                states[index].rules[rule].hadData = true
            }
        }
    }

    /// Puts other groups in force; the state of unchanged rules is kept.
    package mutating func replace(_ groups: [RuleGroup]) {
        var old: [RuleKey: GroupState.RuleState] = [:]
        for (group, state) in zip(self.groups, states) {
            for (key, rule) in zip(group.keys, state.rules) { old[key] = rule }
        }
        let evaluated = states.compactMap(\.evaluatedAt).max()
        self = RuleScheduler(groups)
        for (index, group) in groups.enumerated() {
            for (rule, key) in group.keys.enumerated() { if let known = old[key] { states[index].rules[rule] = known } }
            states[index].evaluatedAt = evaluated
        }
    }

    /// Evaluates the groups whose time has come.
    package mutating func evaluate(
        from store: SeriesStore, at now: Moment, watchedSince: Milliseconds
    ) -> [GroupResult] {
        var results: [GroupResult] = []
        for index in groups.indices where now.engine >= due[index] {
            results.append(
                groups[index].evaluate(
                    &states[index], from: StoreSource(store: store), at: now,
                    setting: RuleSetting(watchedSince: watchedSince)))
            // On the grid of the interval, so that a late evaluation does not push back the later ones.
            let interval = groups[index].interval
            due[index] =
                due[index] == .min || now.engine - due[index] > interval
                ? now.engine + interval : due[index] + interval
            // A tick may come a little early on the grid; half a second of slack keeps the rhythm.
            due[index] -= min(interval / 10, 100)
        }
        return results
    }

    /// All rules, with their keys.
    package var keys: [RuleKey] { groups.flatMap(\.keys) }
}

extension ActiveAlert {
    /// The same as if it had begun later by so much, where it has not fired yet.
    fileprivate func later(by unwatched: Milliseconds) -> ActiveAlert {
        var alert = self
        if !isFiring { alert.activeSince += unwatched }
        alert.keptSince = keptSince.map { $0 + unwatched }
        return alert
    }
}

/// The store as rules see it.
struct StoreSource: SeriesSource {
    let store: SeriesStore

    func samples(
        matching matchers: [LabelMatcher], from: Milliseconds, through: Milliseconds
    ) throws -> SampleBlock {
        try store.samples(matching: matchers, from: from, through: through)
    }

    func latest(matching matchers: [LabelMatcher], after: Milliseconds, at: Milliseconds) throws -> [Sample] {
        try store.latest(matching: matchers, after: after, at: at)
    }

    func record(_ samples: [Sample]) {
        for sample in samples { store.append(sample.labels, sample.value, at: sample.at) }
    }
}
