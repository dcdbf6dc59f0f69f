import PromQL
import Templates
import TocsinModel

/// What an evaluation of rules depends on beside state, source and moment.
package struct RuleSetting: Sendable {
    /// Judge only on full windows, and count no time in which nothing was evaluated. Rule tests set it to false and get
    /// Prometheus' behaviour to the letter.
    package var live = true
    /// When watching began, for the judgement of windows.
    package var watchedSince: Milliseconds?
    /// The step of a subquery that names none.
    package var defaultStep: Milliseconds = 60_000
    /// For templates: `$externalLabels` and `$externalURL`.
    package var externalLabels = Labels.none
    package var externalURL = ""
    /// Asked now and then; true ends the evaluation of a rule, which then counts as failed.
    package var shouldStop: (@Sendable () -> Bool)?
    /// Seconds on any clock that only goes forward, to tell how long rules take; nil where nobody asks.
    package var stopwatch: (@Sendable () -> Double)?

    package init(live: Bool = true, watchedSince: Milliseconds? = nil) {
        self.live = live
        self.watchedSince = watchedSince
    }

    func options() -> EvaluationOptions {
        var options = EvaluationOptions()
        options.requireFullWindows = live
        options.watchedSince = watchedSince
        options.defaultStep = defaultStep
        options.shouldStop = shouldStop
        return options
    }
}

extension RuleGroup {
    /// Evaluates every rule once, in order, at one instant; each sees what earlier ones recorded. The result depends on
    /// the state, the source, the moment and the setting, and on nothing else.
    package func evaluate(
        _ state: inout GroupState, from source: some SeriesSource, at now: Moment, setting: RuleSetting = RuleSetting()
    ) -> GroupResult {
        var result = GroupResult(group: name, at: now, outcomes: [])
        if setting.live { forgetUnobservedTime(&state, now.engine) }
        let run = RuleRun(group: self, source: source, now: now, setting: setting)
        let begin = setting.stopwatch?() ?? 0
        var last = begin
        for (index, rule) in rules.enumerated() {
            var outcome = RuleOutcome(key: keys[index], rule: nil, active: [], ended: [], judgement: .judged)
            switch rule {
            case .recording(let recording): outcome.judgement = run.record(recording, &state.rules[index])
            case .alerting(let alerting):
                let (ended, judgement) = run.judge(alerting, &state.rules[index])
                outcome.rule = alerting
                outcome.active = state.rules[index].active.values.sorted { $0.labels < $1.labels }
                outcome.ended = ended.sorted { $0.labels < $1.labels }
                outcome.judgement = judgement
            }
            state.rules[index].judgement = outcome.judgement
            if let stopwatch = setting.stopwatch {
                let now = stopwatch()
                outcome.seconds = now - last
                last = now
            }
            result.outcomes.append(outcome)
        }
        result.seconds = last - begin
        state.evaluatedAt = now.engine
        return result
    }

    /// After a suspend, a stop or a restart the time in between was not watched: it counts towards no `for`.
    private func forgetUnobservedTime(_ state: inout GroupState, _ now: Milliseconds) {
        guard let last = state.evaluatedAt, now - last > 3 * interval + 2_000 else { return }
        let unobserved = now - last - interval
        for index in state.rules.indices {
            for (labels, alert) in state.rules[index].active {
                if !alert.isFiring { state.rules[index].active[labels]?.activeSince += unobserved }
                if let kept = alert.keptSince { state.rules[index].active[labels]?.keptSince = kept + unobserved }
            }
        }
    }
}

/// One evaluation of one group.
struct RuleRun<Source: SeriesSource> {
    let group: RuleGroup
    let source: Source
    let now: Moment
    let setting: RuleSetting

    /// The instant that expressions are evaluated at and samples are written for.
    var instant: Milliseconds { now.engine - group.queryOffset }

    func evaluator() -> Evaluator { Evaluator(source: source, at: instant, options: setting.options()) }

    /// The elements an expression yields, in the words of Prometheus where it yields none that a rule can use.
    func elements(of expression: Expr, _ evaluator: inout Evaluator) throws -> [Sample] {
        let value = try evaluator.evaluate(expression)
        switch value {
        case .vector, .scalar: return value.vector(at: instant)
        case .string, .matrix: throw EvaluationFailure.invalid("rule result is not a vector or scalar")
        }
    }

    func checkLimit(_ count: Int, _ what: String) throws {
        guard group.limit > 0, count > group.limit else { return }
        throw EvaluationFailure.invalid("exceeded limit of \(group.limit) with \(count) \(what)")
    }

    /// Evaluates a recording rule and writes its series.
    func record(_ rule: RecordingRule, _ state: inout GroupState.RuleState) -> Judgement {
        var evaluator = evaluator()
        do {
            let samples = try elements(of: rule.expression, &evaluator).map { sample in
                var labels = sample.labels.setting("__name__", rule.name)
                for (name, value) in rule.labels { labels = labels.setting(name, value) }
                return Sample(labels: labels, at: instant, value: sample.value)
            }
            guard Set(samples.map(\.labels)).count == samples.count else {
                throw EvaluationFailure.invalid(
                    "vector contains metrics with the same labelset after applying rule labels")
            }
            try checkLimit(samples.count, "series")
            try write(samples, &state)
        } catch { return state.failure(error) }
        if let longest = evaluator.unfilled.map(\.missing).max() { return .waiting(longest) }
        return .judged
    }

    /// Writes what a rule yielded, and ends the series that it wrote before and does not now.
    func write(_ samples: [Sample], _ state: inout GroupState.RuleState) throws {
        if samples.isEmpty, state.recorded.isEmpty { return }
        let present = Set(samples.map(\.labels))
        let ended = state.recorded.subtracting(present).sorted().map {
            Sample(labels: $0, at: instant, value: StaleMarker.value)
        }
        state.recorded = present
        try source.record(samples + ended)
    }
}

extension GroupState.RuleState {
    /// The judgement after an error, which changes no alert and is counted.
    func failure(_ error: any Error) -> Judgement {
        if case .failing(_, let before)? = judgement { return .failing("\(error)", times: before + 1) }
        return .failing("\(error)", times: 1)
    }
}
