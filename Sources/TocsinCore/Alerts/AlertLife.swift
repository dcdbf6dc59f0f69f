import HashTreeCollections
import TocsinModel

/// How alerts begin, go on and end.
extension MonitorCore {
    mutating func take(_ result: GroupResult, _ now: Moment, _ decision: inout Decision) {
        // A report that was under way while the rules changed speaks of rules that are gone.
        for outcome in result.outcomes where configured.contains(outcome.key) {
            judgements[outcome.key] = outcome.judgement
            guard let rule = outcome.rule else { continue }
            for ended in outcome.ended where owns(outcome.key, ended) {
                end(ended.labels.fingerprint, now, reason: nil, &decision)
            }
            for active in outcome.active where owns(outcome.key, active) {
                advance(active, rule, outcome.key, now, &decision)
            }
        }
    }

    /// Two rules may yield one label set. The first has the alert; the other neither takes it over nor ends it.
    private func owns(_ key: RuleKey, _ active: ActiveAlert) -> Bool {
        guard let entry = alerts[active.labels.fingerprint], let owner = entry.key, owner != key else { return true }
        return entry.alert.state != .firing && entry.alert.state != .pending
    }

    private mutating func advance(
        _ active: ActiveAlert, _ rule: AlertingRule, _ key: RuleKey, _ now: Moment, _ decision: inout Decision
    ) {
        let print = active.labels.fingerprint
        var alert: Alert
        var was = AlertState.inactive
        if let before = alerts[print]?.alert, before.state == .firing || before.state == .pending {
            alert = before
            was = before.state
        } else {
            alert = begin(active, rule, key, now)
        }
        alert.state = active.isFiring ? .firing : .pending
        alert.annotations = active.annotations
        alert.holdFor = rule.holdFor
        alert.keptSince = active.keptSince
        alert.value = active.value
        alert.activeSince = active.activeSince
        alert.firingSince = active.firingSince
        alert.lastTrue = active.lastTrue
        alert.unjudgedSince = active.unjudgedSince
        alert.judgedAt = now.engine
        let known = alerts[print]?.silences
        alerts[print] = Entry(alert: alert, key: key, silences: known ?? silences.matching(alert.labels))
        guard alert.state != was else { return }
        persist(print, &decision)
        if alert.state == .firing {
            decision.audit.append(audit("fired", .engine, alert, now, AlertWords.sentence(alert, home: home)))
            endAcknowledgementsOfLesser(alert, now, &decision)
        }
    }

    private func begin(_ active: ActiveAlert, _ rule: AlertingRule, _ key: RuleKey, _ now: Moment) -> Alert {
        let print = active.labels.fingerprint
        let last = alerts[print]?.alert
        var number = (last?.episode.number ?? numbers[print] ?? 0) + 1
        // It was pending and cleared without firing: the number was not used.
        if last?.state == .inactive { number -= 1 }
        return Alert(
            episode: EpisodeID(fingerprint: print, number: number), labels: active.labels,
            annotations: active.annotations, rule: key.description, expression: rule.text,
            severity: Severity(label: active.labels["severity"]), state: .inactive, holdFor: rule.holdFor,
            activeSince: active.activeSince, lastTrue: active.lastTrue, judgedAt: now.engine, value: active.value)
    }

    /// Ends an alert: a firing one is resolved, a pending one was only a suspicion.
    mutating func end(_ print: UInt64, _ now: Moment, reason: String?, _ decision: inout Decision) {
        guard var alert = alerts[print]?.alert, alert.state == .firing || alert.state == .pending else { return }
        let fired = alert.state == .firing
        alert.state = fired ? .resolved : .inactive
        alert.resolvedAt = now.engine
        alert.resolvedReason = reason
        alert.judgedAt = now.engine
        alert.unjudgedSince = nil
        let owner = alert.acknowledgement
        alert.acknowledgement = nil
        alerts[print]?.alert = alert
        persist(print, &decision)
        guard fired else { return }
        var words = reason ?? "the expression is no longer true"
        if let owner { words += "; it was \(owner.by.name)'s" }
        decision.audit.append(audit("resolved", .engine, alert, now, words))
    }

    /// An acknowledgement was given for a lesser evil: when the same thing fires with a higher severity it ends, unless
    /// it is sticky.
    private mutating func endAcknowledgementsOfLesser(_ alert: Alert, _ now: Moment, _ decision: inout Decision) {
        let identity = alert.labels.dropping(["severity"])
        for entry in sorted where entry.alert.acknowledgement?.sticky == false {
            let other = entry.alert
            guard other.state == .firing, other.severity < alert.severity, other.episode != alert.episode,
                other.labels.dropping(["severity"]) == identity
            else { continue }
            alerts[other.episode.fingerprint]?.alert.acknowledgement = nil
            persist(other.episode.fingerprint, &decision)
            decision.audit.append(
                audit("acknowledgement ended", .engine, other, now, "severity rose to \(alert.severity.rawValue)"))
        }
    }
}
