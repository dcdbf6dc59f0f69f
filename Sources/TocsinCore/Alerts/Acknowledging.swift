import HashTreeCollections
import TocsinModel

/// How operators take alerts and give them back.
extension MonitorCore {
    mutating func obey(
        _ id: CommandID, _ command: OperatorCommand, _ by: Operator, _ now: Moment, _ decision: inout Decision
    ) {
        if let known = answered.first(where: { $0.id == id }) {
            decision.replies.append(Reply(id, known.receipt))
            return
        }
        // A repeat while the first is still being recorded gets its answer with the first.
        if awaiting.values.joined().contains(where: { if case .reply(let reply) = $0 { reply.id == id } else { false } }
        ) {
            return
        }
        let outcome: (effects: [Effect], receipt: Receipt)
        switch command {
        case .acknowledge(let episodes, let comment, let duration, let sticky):
            // Ten years is for ever on a console, and no number can overflow.
            let until = duration.map { now.engine + max(1_000, min($0, 315_360_000_000)) }
            outcome = each(episodes, &decision, done: "taken") { core, alert, decision in
                core.acknowledge(alert, by, comment, until, sticky, now, &decision)
            }
        case .unacknowledge(let episodes):
            outcome = each(episodes, &decision, done: "given back") { core, alert, decision in
                core.giveBack(alert, by, now, &decision)
            }
        case .silence(let request):
            return answer(id, command, silence(request, id, by, now, &decision), by, now, &decision)
        case .expireSilence(let silence):
            return answer(id, command, expireSilence(silence, by, now, &decision), by, now, &decision)
        case .addToken(let token): return answer(id, command, add(token, by, now, &decision), by, now, &decision)
        case .revokeToken(let name): return answer(id, command, revoke(name, by, now, &decision), by, now, &decision)
        case .acceptAnomaly(let name): return tell(DetectorOrder(.accept, name), id, command, by, now, &decision)
        case .refuseAnomaly(let name): return tell(DetectorOrder(.refuse, name), id, command, by, now, &decision)
        case .execute, .abort, .resume, .close, .maintain, .endMaintenance:
            return obeyFailover(id, command, by, now, &decision)
        }
        guard !outcome.effects.isEmpty else {
            // A refusal is a command too; it is answered whether or not it can be recorded.
            decision.audit.append(refusal(command, by, now, outcome.receipt.words))
            remember(Reply(id, outcome.receipt), &decision)
            return
        }
        decision.effects += outcome.effects + [.reply(Reply(id, outcome.receipt))]
    }

    /// Commands about services and runs. Refusals are audited too.
    private mutating func obeyFailover(
        _ id: CommandID, _ command: OperatorCommand, _ by: Operator, _ now: Moment, _ decision: inout Decision
    ) {
        let outcome: Result<(words: String, run: RunID?), PlanRefusal>
        switch command {
        case .execute(let token, let typed):
            outcome = failover.execute(token, typed, by, now, &decision).map {
                ("run \($0.id.short) of \($0.plan.title) has begun", $0.id)
            }
        case .abort(let run): outcome = failover.abort(run, by, now, &decision).map { ($0, run) }
        case .resume(let run): outcome = failover.resume(run, by, now, &decision).map { ($0, run) }
        case .close(let run, let reason): outcome = failover.close(run, reason, by, now, &decision).map { ($0, run) }
        case .maintain(let service, let duration, let reason):
            outcome = failover.maintain(service, duration, reason, by, now, &decision).map { ($0, nil) }
        case .endMaintenance(let service):
            outcome = failover.maintain(service, nil, "", by, now, &decision).map { ($0, nil) }
        default: return
        }
        switch outcome {
        case .success(let done):
            decision.effects.append(.reply(Reply(id, Receipt(.done, done.words, run: done.run))))
        case .failure(let refusal):
            let (action, target) = failover.refused(command)
            decision.audit.append(
                AuditEntry(at: now.wall, by: by, action: action, target: target, detail: refusal.words))
            remember(Reply(id, Receipt(.refused, refusal.words)), &decision)
        }
    }

    func refusal(
        _ command: OperatorCommand, _ by: Operator, _ now: Moment, _ words: String
    ) -> AuditEntry {
        var episodes: [EpisodeID] = []
        let action: String
        switch command {
        case .acknowledge(let all, _, _, _): (action, episodes) = ("acknowledge refused", all)
        case .unacknowledge(let all): (action, episodes) = ("unacknowledge refused", all)
        case .silence, .expireSilence: action = "silence refused"
        case .addToken, .revokeToken: action = "token refused"
        default: action = "refused"
        }
        let title =
            episodes.first.flatMap { alerts[$0.fingerprint]?.alert }.map { AlertWords.title($0, home: home) } ?? ""
        return AuditEntry(
            at: now.wall, by: by, action: action, target: title, episode: episodes.first?.description ?? "",
            detail: words)
    }

    private func each(
        _ episodes: [EpisodeID], _ decision: inout Decision, done: String,
        _ act: (MonitorCore, Alert, inout Decision) -> Result<Effect, Refusal>
    ) -> (effects: [Effect], receipt: Receipt) {
        var effects: [Effect] = []
        var names: [String] = []
        var refusals: [String] = []
        for episode in episodes {
            let found = find(episode)
            switch found.flatMap({ act(self, $0, &decision) }) {
            case .success(let effect):
                effects.append(effect)
                if let alert = alerts[episode.fingerprint]?.alert { names.append(AlertWords.title(alert, home: home)) }
            case .failure(let refusal): refusals.append(refusal.words)
            }
        }
        if effects.isEmpty {
            return ([], Receipt(.refused, refusals.first ?? "nothing was chosen"))
        }
        var words = names.count == 1 ? "\(names[0]): \(done)" : "\(names.count) alerts \(done)"
        if !refusals.isEmpty { words += "; \(refusals.count) refused: \(refusals[0])" }
        return (effects, Receipt(.done, words))
    }

    /// Why a command does not apply to an alert.
    struct Refusal: Error {
        let words: String
    }

    /// The alert of an episode, or why it is no longer the one that was on the screen.
    private func find(_ episode: EpisodeID) -> Result<Alert, Refusal> {
        guard let alert = alerts[episode.fingerprint]?.alert else {
            return .failure(Refusal(words: "this alert is not known any more; nothing was changed"))
        }
        let title = AlertWords.title(alert, home: home)
        if alert.episode != episode {
            return .failure(
                Refusal(words: "\(title) resolved and began anew since you saw it; nothing was changed, look again"))
        }
        switch alert.state {
        case .firing: return .success(alert)
        case .pending:
            return .failure(Refusal(words: "\(title) is only suspected so far; it can be taken once it fires"))
        case .resolved, .inactive:
            return .failure(Refusal(words: "\(title) resolved before the key was pressed; nothing was changed"))
        }
    }

    /// The acknowledgement an alert has, or is about to get when the journal has it.
    private func owner(of alert: Alert) -> Acknowledgement? {
        for number in awaiting.keys.sorted(by: >) {
            for case .acknowledge(alert.episode, let given) in awaiting[number] ?? [] { return given }
        }
        return alert.acknowledgement
    }

    private func acknowledge(
        _ alert: Alert, _ by: Operator, _ comment: String, _ until: Milliseconds?, _ sticky: Bool, _ now: Moment,
        _ decision: inout Decision
    ) -> Result<Effect, Refusal> {
        let title = AlertWords.title(alert, home: home)
        if let owner = owner(of: alert) {
            let ago = AlertWords.duration(now.engine - owner.at)
            if owner.by != by {
                return .failure(
                    Refusal(words: "\(owner.by.name) has \(title) since \(ago); `u` gives it back before you take it"))
            }
            if comment.isEmpty, until == nil {
                return .failure(Refusal(words: "you have \(title) since \(ago); `n` changes the note"))
            }
        }
        let given = Acknowledgement(
            by: by, at: now.engine, comment: comment, until: until, sticky: sticky, severity: alert.severity)
        var changed = alert
        changed.acknowledgement = given
        let key = alerts[alert.episode.fingerprint]?.key?.description ?? alert.rule
        decision.changes.append(.alert(changed, key: key))
        var detail = comment.isEmpty ? "no comment" : "“\(comment)”"
        if let until { detail += ", for \(AlertWords.duration(until - now.engine))" }
        decision.audit.append(audit("acknowledged", by, alert, now, detail))
        return .success(.acknowledge(alert.episode, given))
    }

    private func giveBack(
        _ alert: Alert, _ by: Operator, _ now: Moment, _ decision: inout Decision
    ) -> Result<Effect, Refusal> {
        guard let owner = owner(of: alert) else {
            return .failure(
                Refusal(words: "nobody has \(AlertWords.title(alert, home: home)); there is nothing to give back"))
        }
        var changed = alert
        changed.acknowledgement = nil
        let key = alerts[alert.episode.fingerprint]?.key?.description ?? alert.rule
        decision.changes.append(.alert(changed, key: key))
        let whose = owner.by == by ? "" : "it was \(owner.by.name)'s"
        decision.audit.append(audit("unacknowledged", by, alert, now, whose))
        return .success(.acknowledge(alert.episode, nil))
    }

    // MARK: The journal answers

    mutating func commit(_ number: UInt64, _ now: Moment, _ decision: inout Decision) {
        for effect in awaiting.removeValue(forKey: number) ?? [] {
            switch effect {
            case .acknowledge(let episode, let given):
                // It may have resolved, or begun anew, while the journal was busy; then there is nothing left to own.
                guard alert(episode)?.state == .firing else { continue }
                alerts[episode.fingerprint]?.alert.acknowledgement = given
            case .reply(let reply): remember(reply, &decision)
            case .begin(let run, let step, let undo): failover.started(run, step, undo: undo, now, &decision)
            case .maintenance(let service, let maintenance): failover.keep(maintenance, of: service)
            case .silence(let silence): keep(silence, now.engine)
            case .token(let name, let token): tokens[name] = token
            case .detector(let order): decision.detectors.append(order)
            case .recorded, .revert: break
            }
        }
    }

    mutating func giveUp(_ number: UInt64, _ reason: String, _ now: Moment, _ decision: inout Decision) {
        for effect in awaiting.removeValue(forKey: number) ?? [] {
            guard case .reply(let reply) = effect else {
                failover.notRecorded(effect, reason, now.engine)
                continue
            }
            let words = "it could not be recorded (\(reason)), so nothing was changed"
            remember(Reply(reply.id, Receipt(.refused, words)), &decision)
        }
    }

    mutating func remember(_ reply: Reply, _ decision: inout Decision) {
        decision.replies.append(reply)
        answered.append((reply.id, reply.receipt))
        if answered.count > 256 { answered.removeFirst(answered.count - 256) }
    }
}
