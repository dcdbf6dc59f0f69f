import PromQL
import Templates
import TocsinModel

extension RuleRun {
    /// Evaluates an alerting rule, moves its alerts on, and writes ALERTS and ALERTS_FOR_STATE.
    func judge(
        _ rule: AlertingRule, _ state: inout GroupState.RuleState
    ) -> (ended: [ActiveAlert], judgement: Judgement) {
        var evaluator = evaluator()
        var found: [Labels: ActiveAlert] = [:]
        var withheld = false
        do {
            let samples = try elements(of: rule.expression, &evaluator)
            withheld = isWithheld(rule, evaluator)
            for sample in withheld ? [] : samples {
                let alert = alert(of: rule, for: sample)
                if found.updateValue(alert, forKey: alert.labels) != nil {
                    throw EvaluationFailure.invalid(
                        "vector contains metrics with the same labelset after applying alert labels")
                }
            }
            try holdBack(rule, state, &found, &evaluator)
        } catch { return ([], state.failure(error)) }
        let silent = setting.live && evaluator.sampleCount == 0 && found.isEmpty && rule.expression.needsSamples
        if !silent { state.hadData = true }
        if silent, rule.onMissing == .alert, !isYoung {
            let alert = missing(rule)
            found[alert.labels] = alert
        }
        let unfilled = evaluator.unfilled
        let keepsSilent = silent && rule.onMissing != .resolve
        let gone = vanished(rule, state, found, &evaluator)
        let ended = state.advance(rule, found, now.engine) { alert in
            keepsSilent || withheld || gone.contains(alert.labels)
                || unfilled.contains { $0.labels.agrees(with: alert.labels) }
        }
        do { try checkLimit(state.active.count, "alerts") } catch {
            state.active = [:]
            return (ended, state.failure(error))
        }
        do { try write(alertSeries(rule, state), &state) } catch { return (ended, state.failure(error)) }
        return (ended, Self.judgement(silent, unfilled, state, now.engine))
    }

    /// Whether the first two intervals of watching are not over yet.
    private var isYoung: Bool {
        guard let since = setting.watchedSince else { return false }
        return now.engine - since < 2 * group.interval
    }

    /// Absence is no evidence as long as what is absent could not have been seen yet.
    private func isWithheld(_ rule: AlertingRule, _ evaluator: Evaluator) -> Bool {
        guard rule.expression.dependsOnAbsence else { return false }
        return !evaluator.unfilled.isEmpty || (setting.live && isYoung && rule.expression.asksForAbsence)
    }

    /// With a threshold to clear at, a firing alert stays as long as its value has not passed that.
    private func holdBack(
        _ rule: AlertingRule, _ state: GroupState.RuleState, _ found: inout [Labels: ActiveAlert],
        _ evaluator: inout Evaluator
    ) throws {
        guard let clear = rule.clear, let shape = RuleShape(rule.expression),
            state.active.values.contains(where: { $0.isFiring && found[$0.labels] == nil })
        else { return }
        for sample in try elements(of: shape.against(clear), &evaluator) {
            let alert = alert(of: rule, for: sample)
            if state.active[alert.labels]?.isFiring == true, found[alert.labels] == nil { found[alert.labels] = alert }
        }
    }

    /// Under `on_missing: keep` or `alert`: the firing alerts whose own series have gone, while others may have stayed.
    private func vanished(
        _ rule: AlertingRule, _ state: GroupState.RuleState, _ found: [Labels: ActiveAlert],
        _ evaluator: inout Evaluator
    ) -> Set<Labels> {
        let doubtful = state.active.values.filter { $0.isFiring && found[$0.labels] == nil }.map(\.labels)
        guard rule.onMissing == .keep || rule.onMissing == .alert, !doubtful.isEmpty,
            let shape = RuleShape(rule.expression),
            // What cannot be evaluated now was evaluated a moment ago as a part of the rule.
            let samples = try? elements(of: shape.judged, &evaluator)
        else { return [] }
        // The alert that said that there was no data is not among those that can lose theirs.
        return Set(doubtful).subtracting(samples.map { alert(of: rule, for: $0).labels })
            .subtracting([missing(rule).labels])
    }

    /// The alert that says that there is no data.
    private func missing(_ rule: AlertingRule) -> ActiveAlert {
        var alert = alert(of: rule, for: Sample(labels: .none, at: instant, value: .nan))
        alert.annotations.append(Annotation("no_data", "no series that \(rule.name) judges has any sample"))
        return alert
    }

    /// The alert that one element of the expression's value stands for.
    ///
    /// A template that cannot be carried out says so in its place: the alert itself must not be lost by it.
    private func alert(of rule: AlertingRule, for sample: Sample) -> ActiveAlert {
        var data = Template.Data(
            labels: sample.labels, value: sample.value, externalLabels: setting.externalLabels,
            externalURL: setting.externalURL, time: instant, query: query)
        data.name = "__alert_" + rule.name
        var labels = sample.labels.withoutName
        for label in rule.labels { labels = labels.setting(label.name, Self.render(label.template, data)) }
        labels = labels.setting("alertname", rule.name)
        let annotations = rule.annotations.map { Annotation($0.name, Self.render($0.template, data)) }
        return ActiveAlert(
            labels: labels, annotations: annotations, value: sample.value, activeSince: now.engine,
            lastTrue: now.engine)
    }

    private static func render(_ template: Template, _ data: Template.Data) -> String {
        do throws(Template.Fault) { return try template.render(data) } catch {
            return "<error expanding template: error executing template \(data.name): \(error)>"
        }
    }

    /// Answers the queries of templates.
    private var query: @Sendable (String) throws -> [Template.Element] {
        let (source, instant, options) = (source, instant, setting.options())
        return { text in
            var plain = options
            plain.requireFullWindows = false
            var evaluator = Evaluator(source: source, at: instant, options: plain)
            let value = try evaluator.evaluate(try Expr(parsing: text))
            switch value {
            case .string, .matrix: throw EvaluationFailure.invalid("rule result is not a vector or scalar")
            case .vector, .scalar:
                return value.vector(at: instant).map { Template.Element(labels: $0.labels, value: $0.value) }
            }
        }
    }

    /// What is to be told of the alerts as series: that they are active, and since when.
    private func alertSeries(_ rule: AlertingRule, _ state: GroupState.RuleState) -> [Sample] {
        // As in Prometheus, a label whose template comes to nothing is written as the template itself.
        let written = Labels(rule.labels.map { ($0.name, $0.template.source) })
        return state.active.values.sorted { $0.labels < $1.labels }.flatMap { alert -> [Sample] in
            let labels = written.isEmpty ? alert.labels : written.merging(alert.labels)
            let status = labels.setting("__name__", "ALERTS")
                .setting("alertstate", alert.isFiring ? "firing" : "pending")
            let since = labels.setting("__name__", "ALERTS_FOR_STATE")
            let seconds = (Double(alert.activeSince + now.offset) / 1000).rounded(.down)
            return [
                Sample(labels: status, at: instant, value: 1), Sample(labels: since, at: instant, value: seconds),
            ]
        }
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
    /// Moves every alert on by one evaluation. `found` holds what is true now; `unjudged` tells which alerts cannot be
    /// judged and are kept as they are. Returns those that ended.
    mutating func advance(
        _ rule: AlertingRule, _ found: [Labels: ActiveAlert], _ now: Milliseconds, unjudged: (ActiveAlert) -> Bool
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

extension Expr {
    /// True when leaving out a series can make the expression true that was false: below `unless`, `absent` and `or`.
    var dependsOnAbsence: Bool {
        var found = asksForAbsence
        walk { expression in
            if case .binary(let node) = expression {
                found = found || node.operation == .unless || node.operation == .or
            }
        }
        return found
    }

    /// True when it holds `absent` or `absent_over_time`.
    var asksForAbsence: Bool {
        var found = false
        walk { if case .call(let call) = $0 { found = found || call.function.name.hasPrefix("absent") } }
        return found
    }

    /// True when it selects series whose absence is not itself what it asks for.
    var needsSamples: Bool {
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
