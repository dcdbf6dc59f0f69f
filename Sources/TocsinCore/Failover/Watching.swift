import TocsinModel

/// The part of a run that only looks: proofs, waiting, deadlines, and whether the end that was wanted has come.
extension FailoverMachine {
    /// Looks at a run anew, after something was seen or time has passed.
    mutating func advance(_ id: RunID, _ now: Moment, _ decision: inout Decision) {
        guard let run = runs[id] else { return }
        if let retry = progress[id]?.retryAt, now.engine >= retry { return retryRecord(id, now, &decision) }
        if run.state == .unknown { return watchUnknown(id, now, &decision) }
        guard run.state.isActive else { return }
        guard let number = run.current else {
            // Between two steps, held by a stall or by the journal.
            if run.state == .running, progress[id]?.retryAt == nil { next(id, now, &decision) }
            return expireUndo(id, now, &decision)
        }
        let step = run.steps[number]
        let elapsed = now.engine - (step.startedAt ?? now.engine)
        switch step.state {
        case .started where step.step.role.isWatched:
            if run.stopAsked != nil, !run.isPastReturn {
                return finish(id, number, undo: false, .failed("stopped by \(run.stopAsked ?? "")"), now, &decision)
            }
            if let seen = seen(id, number, now.engine) {
                return finish(id, number, undo: false, .done(seen), now, &decision)
            }
            if elapsed > step.step.deadline { tooLate(id, number, now, &decision) }
        case .started where elapsed > step.step.deadline + 2_000:
            finish(id, number, undo: false, .unknown("the driver did not answer in time"), now, &decision)
        case .unknown: watchPromotion(id, number, now, &decision)
        default: break
        }
    }

    private mutating func expireUndo(_ id: RunID, _ now: Moment, _ decision: inout Decision) {
        guard let run = runs[id], run.state == .undoing, progress[id]?.retryAt == nil,
            let number = run.steps.lastIndex(where: { $0.state == .done && $0.step.undo != nil })
        else { return }
        let step = run.steps[number]
        if now.engine - (step.undoStartedAt ?? now.engine) > step.step.deadline + 2_000 {
            finish(id, number, undo: true, .unknown("the driver did not answer in time"), now, &decision)
        }
    }

    /// Past the way back an unknown promotion is watched for as long as the end may take.
    private mutating func watchPromotion(_ id: RunID, _ number: Int, _ now: Moment, _ decision: inout Decision) {
        guard var run = runs[id], let state = state(run.plan.service) else { return }
        if let words = effect(of: number, run, state, now.engine) {
            run.steps[number].state = .done
            run.steps[number].words += "; then seen: \(words)"
            runs[id] = run
            log(run, .engine, "step \(number + 1) seen", now, words, &decision)
            keep(run, &decision)
            return next(id, now, &decision)
        }
        if now.engine - (run.steps[number].endedAt ?? now.engine) > state.spec.limits.verification {
            halt(id, "step \(number + 1) is still unknown: \(run.steps[number].words)", now, &decision)
        }
    }

    /// A run that waits for a person is watched on. Only when nothing but our own looking was too short does it end by
    /// itself.
    private mutating func watchUnknown(_ id: RunID, _ now: Moment, _ decision: inout Decision) {
        guard var run = runs[id], progress[id]?.interrupted != true,
            let number = run.steps.firstIndex(where: { $0.step.role == .verify && $0.state == .unknown }),
            run.steps.allSatisfy({ [.done, .skipped, .failed].contains($0.state) || $0.step.role == .verify })
        else { return }
        guard let words = seen(id, number, now.engine) else { return }
        run.steps[number].state = .done
        run.steps[number].endedAt = now.engine
        run.steps[number].words = words
        runs[id] = run
        end(id, .verified, RunWords.verified(run, state(run.plan.service)), now, &decision)
    }

    private mutating func tooLate(_ id: RunID, _ number: Int, _ now: Moment, _ decision: inout Decision) {
        guard let run = runs[id], let state = state(run.plan.service) else { return }
        let missing = missing(number, run, state, now.engine)
        guard run.steps[number].step.role == .verify else {
            return finish(id, number, undo: false, .failed("not seen in time: \(missing)"), now, &decision)
        }
        // A promotion that said it failed, and a candidate that says it is none: that is known, not unknown.
        let refused = run.steps.firstIndex { $0.step.role == .promote && $0.state == .failed }
        let winner = state.member(run.plan.winner)
        if let refused, winner?.role(now.engine, state.spec.freshness) == .standby {
            var changed = run
            changed.steps[number].state = .failed
            changed.steps[number].endedAt = now.engine
            changed.steps[number].words = missing
            runs[id] = changed
            return end(
                id, .failed,
                "\(RunWords.failed(run, refused)); \(missing); nothing was taken back, there is no way back", now,
                &decision)
        }
        var changed = run
        changed.steps[number].state = .unknown
        changed.steps[number].endedAt = now.engine
        changed.steps[number].words = missing
        runs[id] = changed
        halt(id, "UNVERIFIED: \(missing); still watching", now, &decision)
    }

    // MARK: What is seen

    /// Why a watched step is over; nil while it is not.
    private mutating func seen(_ id: RunID, _ number: Int, _ now: Milliseconds) -> String? {
        guard let run = runs[id], let state = state(run.plan.service) else { return nil }
        let step = run.steps[number]
        switch step.step.role {
        case .prove:
            if !isOn(.guarded(.fencing)) { return "not looked at" }
            return effect(of: number, run, state, now)
        case .catchUp:
            guard let lag = state.member(step.step.member)?.view.lagBytes, lag.statedAt > (step.startedAt ?? 0) else {
                return run.overrides.contains(Guard.override) && state.member(step.step.member)?.view.lagBytes == nil
                    ? "its lag is unknown; \(run.by.name) went on all the same" : nil
            }
            return lag.value <= 0 ? "\(step.step.member) has everything" : nil
        case .healthy: return effect(of: number, run, state, now)
        case .verify: return verified(id, run, state, now)
        default: return nil
        }
    }

    /// The effect a step was meant to have, when it is seen; in words.
    func effect(of number: Int, _ run: Run, _ state: ServiceState, _ now: Milliseconds) -> String? {
        let step = run.steps[number]
        let since = step.startedAt ?? run.startedAt
        let fresh = state.spec.freshness
        let member = state.member(step.step.member)
        switch step.step.role {
        case .fence, .demote, .prove:
            let loser = state.member(run.plan.loser)
            if let proof = loser?.shutOut(now, fresh, asksForWrites: state.spec.asksForWrites) { return proof }
            guard let name = run.plan.loser, run.overrides.contains(PlanWords.isOff(name)),
                loser?.view.condition != .answers
            else { return nil }
            return "\(run.by.name) says that \(name) is off"
        case .promote:
            guard let member, member.role(now, fresh) == .primary, (member.view.role?.statedAt ?? 0) > since else {
                return nil
            }
            return "\(step.step.member) says that it is primary"
        case .repoint:
            guard let client = state.client, client.condition == .answers, (client.goodAt ?? 0) > since else {
                return nil
            }
            return "clients get through \(client.address)"
        case .restart, .healthy, .rejoin:
            guard let member, (member.view.role?.statedAt ?? 0) > since, let role = member.role(now, fresh) else {
                return nil
            }
            if run.plan.kind == .rejoin, role != .standby { return nil }
            return "\(step.step.member) answers as \(role.rawValue)"
        case .catchUp, .verify: return nil
        }
    }

    /// Three looks in a row, each at statements newer than the look before.
    private mutating func verified(_ id: RunID, _ run: Run, _ state: ServiceState, _ now: Milliseconds) -> String? {
        if !isOn(.verification) { return "not looked at" }
        var own = progress[id] ?? RunProgress()
        defer { progress[id] = own }
        guard let winner = state.member(run.plan.winner) else { return nil }
        let fresh = state.spec.freshness
        let others = state.members.filter { $0.spec.name != winner.spec.name }
        let clientFails = state.client.map { $0.condition != .answers } ?? false
        if clientFails || winner.role(now, fresh) != .primary
            || others.contains(where: \.claimsToBePrimary)
        {
            own.good = 0
            own.lookedAt = now
            return nil
        }
        let since = own.lookedAt
        guard (winner.view.role?.statedAt ?? 0) > since, state.client.map({ ($0.goodAt ?? 0) > since }) ?? true else {
            return nil
        }
        if let loser = state.member(run.plan.loser) {
            let proof = loser.shutOut(now, fresh, asksForWrites: state.spec.asksForWrites)
            let told = run.overrides.contains(PlanWords.isOff(loser.spec.name)) && loser.view.condition != .answers
            guard proof != nil || told, (loser.reportedAt ?? 0) > since else { return nil }
        }
        own.good += 1
        own.lookedAt = now
        return own.good >= 3 ? "seen three times" : nil
    }

    /// What is still missing for a watched step, in words.
    private func missing(_ number: Int, _ run: Run, _ state: ServiceState, _ now: Milliseconds) -> String {
        let step = run.steps[number].step
        let fresh = state.spec.freshness
        switch step.role {
        case .prove: return "nothing proves that \(step.member) takes no writes"
        case .catchUp:
            guard let lag = state.member(step.member)?.view.lagBytes else {
                return "the lag of \(step.member) is unknown"
            }
            return "\(step.member) still lacks \(PlanWords.bytes(lag.value))"
        case .healthy:
            let member = state.member(step.member)
            return "\(step.member) \(member.map { ServiceWords.words($0.view.condition) } ?? "is gone")"
        default: break
        }
        let primaries = state.members.filter { $0.role(now, fresh) == .primary }.map(\.spec.name)
        let name = run.plan.winner ?? "the candidate"
        if primaries.count > 1 { return "\(primaries.joined(separator: " and ")) both say that they are primary" }
        if primaries.isEmpty { return "nobody says that it is primary" }
        if primaries != [name] { return "\(primaries[0]) is primary, not \(name)" }
        if let client = state.client, client.condition != .answers {
            return "\(name) is primary, but clients do not get through \(client.address): \(client.words)"
        }
        return "\(run.plan.loser ?? "the old primary") is not seen to refuse writes"
    }
}
