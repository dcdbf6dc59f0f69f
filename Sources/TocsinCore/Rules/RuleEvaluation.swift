import PromQL
import Templates
import TocsinModel

extension RuleGroup {
    /// Evaluates every rule once, in order, at one instant. The result depends on the state, the source and the moment
    /// and on nothing else.
    ///
    /// - Parameters:
    ///   - live: judge only on full windows, and count no time in which nothing was evaluated. Rule tests set
    ///   it to false and get Prometheus' behaviour to the letter.
    ///   - watchedSince: when watching began, for the judgement of windows.
    package func evaluate(
        _ state: inout GroupState, from source: some SeriesSource, at now: Moment, live: Bool = true,
        watchedSince: Milliseconds? = nil
    ) -> GroupResult {
        var options = EvaluationOptions()
        options.requireFullWindows = live
        options.watchedSince = watchedSince
        var result = GroupResult(group: name, at: now, outcomes: [])
        if live { forgetUnobservedTime(&state, now.engine) }
        for (index, rule) in rules.enumerated() {
            switch rule {
            case .recording(let recording):
                let judgement = record(recording, &state.rules[index], from: source, at: now.engine, options)
                state.rules[index].judgement = judgement
                result.outcomes.append(
                    RuleOutcome(key: keys[index], rule: nil, active: [], ended: [], judgement: judgement))
            case .alerting(let alerting):
                let outcome = judge(alerting, &state.rules[index], from: source, at: now.engine, live, options)
                result.outcomes.append(
                    RuleOutcome(
                        key: keys[index], rule: alerting,
                        active: state.rules[index].active.values.sorted { $0.labels < $1.labels },
                        ended: outcome.ended.sorted { $0.labels < $1.labels }, judgement: outcome.judgement))
                state.rules[index].judgement = outcome.judgement
            }
        }
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

    private func record(
        _ rule: RecordingRule, _ state: inout GroupState.RuleState, from source: some SeriesSource,
        at now: Milliseconds, _ options: EvaluationOptions
    ) -> Judgement {
        var evaluator = Evaluator(source: source, at: now, options: options)
        do {
            var samples = try evaluator.evaluate(rule.expression).vector(at: now).map { sample in
                var labels = sample.labels.setting("__name__", rule.name)
                for (name, value) in rule.labels { labels = labels.setting(name, value) }
                return Sample(labels: labels, at: now, value: sample.value)
            }
            let present = Set(samples.map(\.labels))
            guard present.count == samples.count else { throw EvaluationFailure.duplicateResult }
            samples += state.recorded.subtracting(present).sorted().map {
                Sample(labels: $0, at: now, value: StaleMarker.value)
            }
            state.recorded = present
            source.record(samples)
        } catch { return state.failure(error) }
        if let longest = evaluator.unfilled.map(\.missing).max() { return .waiting(longest) }
        return .judged
    }

    private func judge(
        _ rule: AlertingRule, _ state: inout GroupState.RuleState, from source: some SeriesSource,
        at now: Milliseconds, _ live: Bool, _ options: EvaluationOptions
    ) -> (ended: [ActiveAlert], judgement: Judgement) {
        var evaluator = Evaluator(source: source, at: now, options: options)
        var found: [Labels: ActiveAlert] = [:]
        var withheld = false
        do {
            let samples = try evaluator.evaluate(rule.expression).vector(at: now)
            withheld = !evaluator.unfilled.isEmpty && rule.expression.dependsOnAbsence
            for sample in withheld ? [] : samples {
                let alert = rule.alert(for: sample, at: now)
                if found.updateValue(alert, forKey: alert.labels) != nil {
                    throw EvaluationFailure.invalid(
                        "vector contains metrics with the same labelset after applying alert labels")
                }
            }
        } catch { return ([], state.failure(error)) }
        let silent = live && evaluator.sampleCount == 0 && found.isEmpty && rule.expression.needsSamples
        if !silent { state.hadData = true }
        let unfilled = evaluator.unfilled
        let ended = state.advance(rule, found, now) { alert in
            silent || withheld || unfilled.contains { $0.labels.agrees(with: alert.labels) }
        }
        return (ended, Self.judgement(silent, unfilled, state, now))
    }

    private static func judgement(
        _ silent: Bool, _ unfilled: [UnfilledWindow], _ state: GroupState.RuleState, _ now: Milliseconds
    ) -> Judgement {
        if silent {
            guard state.hadData else { return .notApplicable }
            if case .noData(let since)? = state.judgement { return .noData(since: since) }
            return .noData(since: now)
        }
        if let longest = unfilled.map(\.missing).max() { return .waiting(longest) }
        return .judged
    }
}

extension GroupState.RuleState {
    /// The judgement after an error, which changes no alert and is counted.
    fileprivate func failure(_ error: any Error) -> Judgement {
        if case .failing(_, let before)? = judgement { return .failing("\(error)", times: before + 1) }
        return .failing("\(error)", times: 1)
    }

    /// Moves every alert on by one evaluation. `found` holds what is true now; `unjudged` tells which alerts cannot be
    /// judged and are kept as they are. Returns those that ended.
    fileprivate mutating func advance(
        _ rule: AlertingRule, _ found: [Labels: ActiveAlert], _ now: Milliseconds,
        unjudged: (ActiveAlert) -> Bool
    ) -> [ActiveAlert] {
        var ended: [ActiveAlert] = []
        for (labels, new) in found {
            var alert = active[labels] ?? new
            alert.value = new.value
            alert.annotations = new.annotations
            alert.lastTrue = now
            alert.keptSince = nil
            // What could not be judged meanwhile counts towards no `for`.
            if let since = alert.unjudgedSince, !alert.isFiring { alert.activeSince += now - since }
            alert.unjudgedSince = nil
            if alert.firingSince == nil, now - alert.activeSince >= rule.holdFor { alert.firingSince = now }
            active[labels] = alert
        }
        for (labels, alert) in active where found[labels] == nil {
            if unjudged(alert) {
                if alert.unjudgedSince == nil { active[labels]?.unjudgedSince = now }
                continue
            }
            if alert.isFiring, rule.keepFiringFor > 0 {
                let since = alert.keptSince ?? now
                active[labels]?.keptSince = since
                if now - since < rule.keepFiringFor { continue }
            }
            active[labels] = nil
            ended.append(alert)
        }
        return ended
    }
}

extension AlertingRule {
    /// The alert that one element of the expression's value stands for.
    ///
    /// A template that cannot be carried out says so in its place: the alert itself must not be lost by it.
    fileprivate func alert(for sample: Sample, at now: Milliseconds) -> ActiveAlert {
        let data = Template.Data(labels: sample.labels, value: sample.value)
        var labels = sample.labels.withoutName
        for label in self.labels { labels = labels.setting(label.name, Self.render(label.template, data)) }
        labels = labels.setting("alertname", name)
        let annotations = self.annotations.map { Annotation($0.name, Self.render($0.template, data)) }
        return ActiveAlert(
            labels: labels, annotations: annotations, value: sample.value, activeSince: now, lastTrue: now)
    }

    private static func render(_ template: Template, _ data: Template.Data) -> String {
        do throws(Template.Fault) { return try template.render(data) } catch {
            return "<error expanding template: \(error)>"
        }
    }
}

extension Expr {
    /// True when leaving out a series can make the expression true that was false: below `unless`, `absent` and `or`.
    fileprivate var dependsOnAbsence: Bool {
        var found = false
        walk { expression in
            switch expression {
            case .binary(let node): found = found || node.operation == .unless || node.operation == .or
            case .call(let call): found = found || call.function.name.hasPrefix("absent")
            default: break
            }
        }
        return found
    }

    /// True when it selects series whose absence is not itself what it asks for.
    fileprivate var needsSamples: Bool {
        switch self {
        case .selector, .range: true
        case .call(let call) where call.function.name.hasPrefix("absent"): false
        default: children.contains { $0.needsSamples }
        }
    }
}

extension Labels {
    /// True when every label that both sets have is equal, the metric name aside: the one may speak of the other.
    fileprivate func agrees(with other: Labels) -> Bool {
        for (name, value) in pairs where name != "__name__" {
            if let theirs = other[name], theirs != value { return false }
        }
        return true
    }
}
