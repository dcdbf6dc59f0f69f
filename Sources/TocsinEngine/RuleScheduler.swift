import TimeSeries
import TocsinCore
import TocsinModel

/// Evaluates each group on its own interval. Owned by the engine's loop.
package struct RuleScheduler {
    package private(set) var groups: [RuleGroup]
    private var states: [GroupState]
    private var due: [Milliseconds]
    /// How long the last evaluation took: only one that is slow is worth more threads.
    private var lastTook = Duration.zero
    private let lanes: GroupLanes

    /// - Parameter restored: the alerts that were active before, by rule.
    package init(
        _ groups: [RuleGroup], restored: [RuleKey: [ActiveAlert]] = [:], lanes: GroupLanes = GroupLanes()
    ) {
        self.groups = groups
        states = groups.map { GroupState($0, restored: restored) }
        due = groups.map { _ in .min }
        self.lanes = lanes
    }

    /// Takes over what was restored, into rules that have not found anything themselves yet.
    /// The time in which nobody watched counts towards no `for`.
    package mutating func restore(
        _ restored: [RuleKey: [ActiveAlert]], unwatched: Milliseconds, now: Milliseconds = .max
    ) {
        var holds: [RuleKey: Milliseconds] = [:]
        for group in groups {
            for (rule, key) in zip(group.rules, group.keys) {
                if case .alerting(let alerting) = rule { holds[key] = alerting.holdFor }
            }
        }
        let restored = Dictionary(
            uniqueKeysWithValues: restored.map { key, alerts in
                (
                    key,
                    alerts.compactMap { alert in
                        alert.later(by: unwatched).afterRestart(hold: holds[key] ?? 0, away: unwatched, now: now)
                    }
                )
            })
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
        self = RuleScheduler(groups, lanes: lanes)
        for (index, group) in groups.enumerated() {
            for (rule, key) in group.keys.enumerated() { if let known = old[key] { states[index].rules[rule] = known } }
            states[index].evaluatedAt = evaluated
        }
    }

    /// Evaluates the groups whose time has come.
    package mutating func evaluate(
        from store: SeriesStore, at now: Moment, watchedSince: Milliseconds
    ) -> [GroupResult] {
        let chosen = groups.indices.filter { now.engine >= due[$0] }
        let results = evaluate(chosen, from: store, at: now, watchedSince)
        for index in chosen {
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

    /// Groups run side by side where that is worth a thread; the results come in the order of the groups. A group that
    /// takes longer than its interval is cut short, and the rule it was at counts as failed.
    private mutating func evaluate(
        _ chosen: [Int], from store: SeriesStore, at now: Moment, _ watchedSince: Milliseconds
    ) -> [GroupResult] {
        let start = ContinuousClock.now
        defer { lastTook = ContinuousClock.now - start }
        let jobs = chosen.map { index in
            GroupJob(
                group: groups[index], state: states[index], source: StoreSource(store: store), now: now,
                watchedSince: watchedSince)
        }
        // The jobs hold the states alone, so that nothing is copied as they change.
        for index in chosen { states[index] = GroupState(RuleGroup(name: "", file: "", interval: 1, rules: [])) }
        lanes.run(jobs, sideBySide: lastTook > .milliseconds(20))
        for (index, job) in zip(chosen, jobs) { states[index] = job.state }
        return jobs.compactMap(\.result)
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

    /// Prometheus' grace after a restart, for a pending alert of a rule that holds for ten minutes or more: it does not
    /// fire sooner than ten minutes from now, and after an hour away it begins anew. Shorter clocks just go on.
    fileprivate func afterRestart(hold: Milliseconds, away: Milliseconds, now: Milliseconds) -> ActiveAlert? {
        let (grace, tolerance): (Milliseconds, Milliseconds) = (600_000, 3_600_000)
        guard !isFiring, now < .max else { return self }
        if away > tolerance { return nil }
        var alert = self
        let remaining = hold - (now - activeSince)
        if hold >= grace, remaining > 0, remaining < grace { alert.activeSince = now + grace - hold }
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
