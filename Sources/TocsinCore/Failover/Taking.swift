import TocsinModel

/// What operators may do to runs and services beside running a plan, how runs are taken up after a restart, and what
/// happens when the journal does not take something.
extension FailoverMachine {
    mutating func abort(_ id: RunID, _ by: Operator, _ now: Moment, _ decision: inout Decision) -> Result<
        String, PlanRefusal
    > {
        guard var run = runs[id] else { return .failure(PlanRefusal("there is no such run")) }
        guard run.state == .running else {
            return .failure(PlanRefusal("run \(id.short) is \(run.state.rawValue): there is nothing to stop"))
        }
        if run.isPastReturn {
            return .failure(PlanRefusal("run \(id.short) is past the last safe stop: it goes on to its end"))
        }
        run.stopAsked = by.name
        runs[id] = run
        log(run, by, "stop asked", now, "at the next safe point", &decision)
        keep(run, &decision)
        return .success("run \(id.short) stops at its next safe point, and takes back what it can")
    }

    mutating func resume(_ id: RunID, _ by: Operator, _ now: Moment, _ decision: inout Decision) -> Result<
        String, PlanRefusal
    > {
        guard var run = runs[id], let state = state(run.plan.service) else {
            return .failure(PlanRefusal("there is no such run, or its service is no longer configured"))
        }
        guard run.state == .unknown else {
            return .failure(PlanRefusal("run \(id.short) is \(run.state.rawValue): only an unknown one can go on"))
        }
        if let other = holder(of: run.plan.service, except: id), isOn(.guarded(.oneRun)) {
            return .failure(
                PlanRefusal("run \(other.id.short) of \(other.by.name) is open too; close one of them first"))
        }
        if run.steps.contains(where: { $0.undoStartedAt != nil }) {
            return .failure(
                PlanRefusal("run \(id.short) was being taken back and cannot go on: look, and close it with a reason"))
        }
        if let why = state.watchOnly, isOn(.guarded(.standing)) { return .failure(PlanRefusal(why)) }
        guard let number = run.steps.firstIndex(where: { $0.state == .unknown || $0.state == .failed }) else {
            return .failure(PlanRefusal("nothing of run \(id.short) is left to do; close it with a reason"))
        }
        let before = run
        let step = run.steps[number]
        if step.step.role.isWatched {
            // Looking again repeats nothing.
            run.steps[number].state = .waiting
        } else if let words = effect(of: number, run, state, now.engine) {
            run.steps[number].state = .done
            run.steps[number].words = "seen by \(by.name)'s leave: \(words)"
        } else {
            return .failure(
                PlanRefusal(
                    "step \(number + 1) (\(step.step.words)) is not seen to have had its effect, and is never repeated: mend it by hand, or close the run with a reason"
                ))
        }
        // What was left out is still due, and what was only looked at is looked at again.
        for later in run.steps.indices
        where later > number
            && (run.steps[later].state == .skipped
                || (run.steps[later].step.role.isWatched && run.steps[later].state != .done))
        {
            run.steps[later].state = .waiting
            run.steps[later].startedAt = nil
        }
        run.state = .running
        run.endedAt = nil
        run.stopAsked = nil
        run.verdict = "\(by.name) lets it go on"
        runs[id] = run
        var own = RunProgress()
        own.isRecorded = true
        progress[id] = own
        log(run, by, "resumed", now, "at step \(number + 1)", &decision)
        keep(run, &decision)
        next(id, now, &decision)
        decision.effects.append(.revert(before))
        return .success("run \(id.short) goes on")
    }

    mutating func close(
        _ id: RunID, _ reason: String, _ by: Operator, _ now: Moment, _ decision: inout Decision
    ) -> Result<String, PlanRefusal> {
        guard var run = runs[id] else { return .failure(PlanRefusal("there is no such run")) }
        guard run.state == .unknown else {
            return .failure(
                PlanRefusal("run \(id.short) is \(run.state.rawValue): only an unknown one is closed by hand"))
        }
        guard !reason.isEmpty else { return .failure(PlanRefusal("say what you found: a run is closed with a reason")) }
        decision.effects.append(.revert(run))
        run.state = .closed
        run.endedAt = now.engine
        run.verdict = "closed by \(by.name): \(reason); before that: \(run.verdict)"
        runs[id] = run
        log(run, by, "run closed", now, reason, &decision)
        keep(run, &decision)
        return .success("run \(id.short) is closed")
    }

    mutating func maintain(
        _ service: String, _ duration: Milliseconds?, _ reason: String, _ by: Operator, _ now: Moment,
        _ decision: inout Decision
    ) -> Result<String, PlanRefusal> {
        guard let index = index(service) else { return .failure(PlanRefusal("there is no service \(service)")) }
        guard let duration else {
            guard states[index].maintenance != nil else {
                return .failure(PlanRefusal("\(states[index].spec.title) is not in maintenance"))
            }
            propose(nil, index, &decision)
            decision.audit.append(note("maintenance ended", by, states[index], now, ""))
            return .success("maintenance of \(states[index].spec.title) is over")
        }
        let until = now.engine + max(60_000, min(duration, 30 * 86_400_000))
        propose(Maintenance(by: by, since: now.engine, until: until, reason: reason), index, &decision)
        let words = "for \(Words.duration(until - now.engine))"
        decision.audit.append(note("maintenance", by, states[index], now, "\(words): \(reason)"))
        return .success("\(states[index].spec.title) is in maintenance \(words)")
    }

    /// It holds once it is on record.
    private func propose(_ maintenance: Maintenance?, _ index: Int, _ decision: inout Decision) {
        let state = states[index]
        decision.changes.append(
            .service(
                ServiceMemory(name: state.spec.name, lastPrimary: state.lastPrimary, maintenance: maintenance)))
        decision.effects.append(.maintenance(state.spec.name, maintenance))
    }

    mutating func keep(_ maintenance: Maintenance?, of service: String) {
        if let index = index(service) { states[index].maintenance = maintenance }
    }

    /// The engine is about to end: runs stop at their next safe point, those past it go on, none begins.
    mutating func drain(_ now: Moment, _ decision: inout Decision) {
        isDraining = true
        for id in runs.keys.sorted() {
            guard var run = runs[id], run.state == .running, !run.isPastReturn, run.stopAsked == nil else { continue }
            run.stopAsked = "the end of this process"
            runs[id] = run
            log(run, .engine, "stop asked", now, "this process is told to end", &decision)
            keep(run, &decision)
            advance(id, now, &decision)
        }
    }

    /// How a refused command is told in the audit.
    func refused(_ command: OperatorCommand) -> (action: String, target: String) {
        func title(_ run: RunID) -> String { runs[run]?.plan.title ?? "run \(run.short)" }
        return switch command {
        case .execute(let token, _): ("failover refused", plan(token)?.title ?? "plan \(token.short)")
        case .abort(let run): ("stop refused", title(run))
        case .resume(let run): ("resume refused", title(run))
        case .close(let run, _): ("close refused", title(run))
        case .maintain(let service, _, _), .endMaintenance(let service): ("maintenance refused", service)
        default: ("refused", "")
        }
    }

    // MARK: After a restart

    /// A run that was under way when the engine died. What was begun and not ended is unknown, and is not begun again.
    mutating func takeUp(_ run: Run, _ now: Moment, _ decision: inout Decision) {
        var run = run
        progress[run.id] = RunProgress()
        progress[run.id]?.isRecorded = true
        if run.state == .unknown { progress[run.id]?.interrupted = true }
        guard run.state.isActive else {
            runs[run.id] = run
            return
        }
        guard isOn(.neverRepeat) else {
            for number in run.steps.indices where run.steps[number].state == .started {
                run.steps[number].state = .waiting
            }
            runs[run.id] = run
            return
        }
        var what = "the engine ended in the middle of it"
        for number in run.steps.indices {
            let undoing =
                run.state == .undoing && run.steps[number].state == .done && run.steps[number].step.undo != nil
            guard run.steps[number].state == .started || undoing else { continue }
            run.steps[number].state = .unknown
            run.steps[number].endedAt = now.engine
            run.steps[number].words = "the engine ended while it was under way"
            what = "the engine ended during step \(number + 1) (\(run.steps[number].step.words))"
        }
        run.stopAsked = nil
        progress[run.id]?.interrupted = true
        runs[run.id] = run
        if let index = index(run.plan.service) { states[index].run = run.id }
        halt(run.id, "\(what): its outcome is unknown and waits for a person", now, &decision)
    }

    // MARK: The journal

    /// The journal could not take what was to be recorded: nothing is done, and it is tried again.
    mutating func notRecorded(_ effect: MonitorCore.Effect, _ reason: String, _ now: Milliseconds) {
        switch effect {
        case .recorded(let id, let entry):
            progress[id]?.unrecorded.append(entry)
            progress[id]?.retryAt = now + 2_000
        case .begin(let id, let number, let undo):
            guard var run = runs[id] else { return }
            if progress[id]?.isRecorded != true {
                // The run itself could not be recorded: there is none.
                runs[id] = nil
                progress[id] = nil
                if let index = index(run.plan.service) {
                    states[index].run = history(of: run.plan.service).first?.id
                }
                return
            }
            if !undo {
                run.steps[number].state = .waiting
                run.steps[number].startedAt = nil
            }
            run.verdict = "nothing more is done until it can be recorded (\(reason))"
            runs[id] = run
            progress[id]?.retryAt = now + 2_000
        case .revert(let before):
            let interrupted = before.state == .unknown
            runs[before.id] = before
            progress[before.id] = RunProgress()
            progress[before.id]?.isRecorded = true
            progress[before.id]?.interrupted = interrupted
        default: break
        }
    }

    mutating func retryRecord(_ id: RunID, _ now: Moment, _ decision: inout Decision) {
        guard let run = runs[id], let own = progress[id] else { return }
        progress[id]?.retryAt = nil
        progress[id]?.unrecorded = []
        for entry in own.unrecorded {
            decision.audit.append(entry)
            decision.effects.append(.recorded(id, entry))
        }
        keep(run, &decision)
        guard run.state.isActive, run.current == nil else { return }
        if run.state == .undoing {
            guard own.undoing == nil,
                let number = run.steps.lastIndex(where: { $0.state == .done && $0.step.undo != nil })
            else { return }
            decision.effects.append(.begin(id, number, undo: true))
        } else {
            next(id, now, &decision)
        }
    }
}
