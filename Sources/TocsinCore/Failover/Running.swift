import TocsinModel

/// How a plan becomes a run, and how a run goes from step to step.
extension FailoverMachine {
    /// Runs a plan. Nothing is done before its intent is on record.
    mutating func execute(
        _ token: PlanToken, _ typed: [String], _ by: Operator, _ now: Moment, _ decision: inout Decision
    ) -> Result<Run, PlanRefusal> {
        passTime(now)
        guard let stored = plans.first(where: { $0.plan.token == token }) else {
            return .failure(PlanRefusal("this plan is not known any more; make a new one"))
        }
        let plan = stored.plan
        guard let index = index(plan.service) else { return .failure(PlanRefusal("the service is gone")) }
        if isDraining { return .failure(PlanRefusal("this engine is about to end and begins nothing")) }
        if runs[RunID(token.raw)] != nil { return .failure(PlanRefusal("this plan was run already")) }
        if let why = plan.dead ?? death(of: stored, now.engine), isOn(.planView) || isOn(.planExpiry) {
            return .failure(PlanRefusal("the plan is dead: \(why); make a new one"))
        }
        if let hard = plan.refusals.first {
            let byHand = plan.byHand.isEmpty ? "" : "; by hand: " + plan.byHand.joined(separator: "; ")
            return .failure(PlanRefusal("refused (\(hard.rule), \(hard.name)): \(hard.reason)\(byHand)"))
        }
        if typed != plan.confirmation, isOn(.confirmation) {
            let wanted = plan.confirmation.map { "“\($0)”" }.joined(separator: ", then ")
            return .failure(PlanRefusal("what was typed does not confirm it: type \(wanted)"))
        }
        var run = Run(
            id: RunID(token.raw), plan: plan, by: by, startedAt: now.engine,
            overrides: Array(typed.dropFirst()))
        if let loss = states[index].loss, plan.kind == .failover {
            run.timings.detection = loss.heardAt.map { max(0, loss.knownAt - $0) }
            run.timings.decision = max(0, now.engine - loss.knownAt)
        }
        run.verdict = "begun by \(by.name)"
        runs[run.id] = run
        progress[run.id] = RunProgress()
        states[index].run = run.id
        let kind = plan.mode == .rehearsal ? "rehearsal of a \(plan.kind.rawValue)" : plan.kind.rawValue
        let roles = [plan.loser.map { "from \($0)" }, plan.winner.map { "to \($0)" }].compactMap { $0 }
        log(run, by, "intent", now, ([kind] + roles).joined(separator: " ") + ", \(plan.steps.count) steps", &decision)
        for one in plan.guards {
            let lifted =
                one.verdict == .overridable ? "LIFTED by \(by.name), who typed “\(one.word ?? "")”: " : "passed: "
            log(run, by, "guard", now, "\(one.name) (\(one.rule)) \(lifted)\(one.reason)", &decision)
        }
        for index in plans.indices where plans[index].plan.token == token {
            plans[index].plan.dead = "it has been run"
        }
        begin(run.id, 0, now, &decision)
        return .success(runs[run.id] ?? run)
    }

    // MARK: A step begins

    /// Writes down the intent of a step; it is carried out when the journal has it.
    mutating func begin(_ id: RunID, _ number: Int, _ now: Moment, _ decision: inout Decision) {
        guard var run = runs[id], let index = index(run.plan.service) else { return }
        let step = run.steps[number].step
        if run.stopAsked != nil, !run.isPastReturn {
            return giveUp(id, "stopped by \(run.stopAsked ?? "somebody")", now, &decision)
        }
        if let tilt, tilt.until > now.engine, isOn(.guarded(.clock)) {
            progress[id]?.held = "\(tilt.why): held for \(Words.duration(tilt.until - now.engine))"
            run.verdict = progress[id]?.held ?? ""
            runs[id] = run
            return
        }
        progress[id]?.held = nil
        if step.role == .promote, let why = promotionRefused(run, states[index], now.engine) {
            run.steps[number].state = .skipped
            run.steps[number].words = why
            runs[id] = run
            return giveUp(id, "nobody was promoted: \(why)", now, &decision)
        }
        run.steps[number].state = .recording
        run.steps[number].startedAt = now.engine
        run.verdict = "step \(number + 1): \(step.words)"
        runs[id] = run
        log(run, run.by, "step \(number + 1) begins", now, step.call?.words ?? step.words, &decision)
        let first = progress[id]?.isRecorded != true
        if isOn(first ? .recordRun : .recordStep) {
            keep(run, &decision)
            decision.effects.append(.begin(id, number, undo: false))
        } else {
            started(id, number, undo: false, now, &decision)
        }
    }

    /// The journal has the intent: now it is done.
    mutating func started(_ id: RunID, _ number: Int, undo: Bool, _ now: Moment, _ decision: inout Decision) {
        guard var run = runs[id], run.state.isActive else { return }
        progress[id]?.isRecorded = true
        let step = run.steps[number]
        if undo {
            guard let call = step.step.undo, progress[id]?.undoing == nil else { return }
            progress[id]?.undoing = number
            decision.act.append(order(run, number, call, undo: true))
            return
        }
        guard step.state == .recording else { return }
        run.steps[number].state = .started
        runs[id] = run
        progress[id]?.good = 0
        progress[id]?.lookedAt = now.engine
        if let call = step.step.call {
            decision.act.append(order(run, number, call, undo: false))
        } else {
            advance(id, now, &decision)
        }
    }

    private func order(_ run: Run, _ number: Int, _ call: StepCall, undo: Bool) -> Order {
        Order(
            run: run.id, service: run.plan.service, step: number, undo: undo, call: call,
            deadline: run.steps[number].step.deadline)
    }

    /// Right before a promotion the guards that keep two writers apart are looked at again, with what is seen now.
    private func promotionRefused(_ run: Run, _ state: ServiceState, _ now: Milliseconds) -> String? {
        let winner = state.member(run.plan.winner)
        let others = state.members.filter { $0.spec.name != run.plan.winner && $0.claimsToBePrimary }
        if let other = others.first, isOn(.guarded(.fencing)) { return "\(other.spec.name) says that it is primary" }
        let loser = state.member(run.plan.loser)
        let context = GuardContext(
            state: state, kind: run.plan.kind, loser: loser, winner: winner, member: nil, steps: run.plan.steps,
            now: now, tilt: tilt, holder: nil, lastMove: nil, isRunning: true)
        let again: Set<GuardID> = [.standing, .clock, .quorum, .candidate, .fencing]
        for (id, found) in evaluate(context, only: again) where found.verdict != .passed {
            if id == .fencing, let word = found.word, run.overrides.contains(word) { continue }
            return "\(found.name): \(found.reason)"
        }
        return nil
    }

    // MARK: A step ends

    /// Takes a driver's answer. One that comes late, twice, or for a step that is not under way changes nothing.
    mutating func finish(
        _ id: RunID, _ number: Int, undo: Bool, _ outcome: StepOutcome, _ now: Moment, _ decision: inout Decision
    ) {
        guard var run = runs[id], run.steps.indices.contains(number) else { return }
        if undo { return undone(id, number, outcome, now, &decision) }
        guard run.steps[number].state == .started, run.state == .running else {
            let known = run.steps[number].state.rawValue
            log(
                run, .engine, "late answer", now, "step \(number + 1) is \(known) already: \(outcome.words)", &decision)
            return
        }
        run.steps[number].endedAt = now.engine
        run.steps[number].words = outcome.words
        let took = PlanWords.seconds(Double(now.engine - (run.steps[number].startedAt ?? now.engine)) / 1000)
        let name = "step \(number + 1)"
        switch outcome {
        case .done(let words):
            run.steps[number].state = .done
            runs[id] = run
            record(run, "\(name) done", now, "after \(took): \(words)", &decision)
            next(id, now, &decision)
        case .failed(let words):
            run.steps[number].state = .failed
            runs[id] = run
            record(run, "\(name) failed", now, "after \(took): \(words)", &decision)
            failed(id, number, words, now, &decision)
        case .unknown(let words):
            run.steps[number].state = .unknown
            run.verdict = "the outcome of step \(number + 1) is not known (\(words)); still watching"
            runs[id] = run
            record(run, "\(name) unknown", now, "after \(took): \(words)", &decision)
            unknown(id, number, now, &decision)
        }
    }

    /// What came of a step goes on record before anything else is done.
    private mutating func record(
        _ run: Run, _ action: String, _ now: Moment, _ words: String, _ decision: inout Decision
    ) {
        guard isOn(.recordOutcome) else { return }
        log(run, .engine, action, now, words, &decision)
        keep(run, &decision)
    }

    mutating func next(_ id: RunID, _ now: Moment, _ decision: inout Decision) {
        guard let run = runs[id] else { return }
        guard let number = run.steps.firstIndex(where: { $0.state == .waiting }) else {
            // Only what was seen at the end counts as an end.
            guard run.steps.last?.state == .done else {
                return halt(id, "nothing is left to do, and the end was not seen", now, &decision)
            }
            return end(id, .verified, RunWords.verified(run, state(run.plan.service)), now, &decision)
        }
        begin(id, number, now, &decision)
    }

    private mutating func failed(
        _ id: RunID, _ number: Int, _ words: String, _ now: Moment, _ decision: inout Decision
    ) {
        guard var run = runs[id] else { return }
        let what = RunWords.failed(run, number)
        guard run.isPastReturn else { return giveUp(id, what, now, &decision) }
        // There is no way back: nothing more is called, but what is true is looked at.
        for later in run.steps.indices where later > number && run.steps[later].step.call != nil {
            // Another way to the clients may still be opened; a promotion that failed ends all calls.
            if run.steps[number].step.role == .promote { run.steps[later].state = .skipped }
        }
        run.verdict = what
        runs[id] = run
        next(id, now, &decision)
    }

    private mutating func unknown(_ id: RunID, _ number: Int, _ now: Moment, _ decision: inout Decision) {
        guard let run = runs[id] else { return }
        let role = run.steps[number].step.role
        if role == .repoint, run.isPastReturn {
            // Whether clients get through is seen at the end.
            return next(id, now, &decision)
        }
        // A promotion is watched for a while; everything else waits for a person at once.
        if role == .promote { return }
        halt(id, "the outcome of step \(number + 1) is not known; nothing more is done", now, &decision)
    }
}
