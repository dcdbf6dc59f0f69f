import HashTreeCollections
import TocsinModel

/// How alerts begin, go on and end.
extension MonitorCore {
    mutating func take(_ result: GroupResult, _ now: Moment, _ decision: inout Decision) {
        for outcome in result.outcomes {
            judgements[outcome.key] = outcome.judgement
            for ended in outcome.ended { end(ended.labels.fingerprint, now, reason: nil, &decision) }
            for active in outcome.active { advance(active, outcome, now, &decision) }
        }
    }

    private mutating func advance(
        _ active: ActiveAlert, _ outcome: RuleOutcome, _ now: Moment, _ decision: inout Decision
    ) {
        let print = active.labels.fingerprint
        let before = alerts[print]?.alert
        let continues = before?.state == .firing || before?.state == .pending
        var alert = continues ? before! : begin(active, outcome, number: (before?.episode.number ?? 0) + 1, now)
        if !continues, before?.state == .inactive, let number = before?.episode.number {
            // It was pending and cleared without firing: the number was not used.
            alert.episode = EpisodeID(fingerprint: print, number: number)
        }
        let was = continues ? alert.state : .inactive
        alert.state = active.isFiring ? .firing : .pending
        alert.annotations = active.annotations
        alert.value = active.value
        alert.activeSince = active.activeSince
        alert.firingSince = active.firingSince
        alert.lastTrue = active.lastTrue
        alert.unjudgedSince = active.unjudgedSince
        alert.judgedAt = now.engine
        alerts[print] = Entry(alert: alert, key: outcome.key)
        guard alert.state != was else { return }
        persist(print, &decision)
        if alert.state == .firing {
            decision.audit.append(audit("fired", .engine, alert, now, AlertWords.sentence(alert)))
            endAcknowledgementsOfLesser(alert, now, &decision)
        }
    }

    private func begin(_ active: ActiveAlert, _ outcome: RuleOutcome, number: Int, _ now: Moment) -> Alert {
        Alert(
            episode: EpisodeID(fingerprint: active.labels.fingerprint, number: number), labels: active.labels,
            annotations: active.annotations, rule: outcome.key.description, expression: outcome.rule.text,
            severity: Severity(label: active.labels["severity"]), state: .inactive, holdFor: outcome.rule.holdFor,
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
