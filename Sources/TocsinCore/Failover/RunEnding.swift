import TocsinModel

/// How a run ends, and how everything it does goes on record.
extension FailoverMachine {
    mutating func end(
        _ id: RunID, _ state: RunState, _ verdict: String, _ now: Moment, _ decision: inout Decision
    ) {
        guard var run = runs[id] else { return }
        run.state = state
        run.endedAt = now.engine
        run.verdict = verdict
        if let client = self.state(run.plan.service)?.client {
            if let outage = client.outage, outage.to >= run.startedAt { run.timings.outage = outage.to - outage.from }
            run.timings.outageBegunBefore = client.wasCutFromTheStart && run.timings.outage == nil
            // Not over yet: so far.
            if client.condition != .answers, let good = client.goodAt { run.timings.outage = now.engine - good }
        }
        runs[id] = run
        guard isOn(.recordEnd) else { return }
        log(run, .engine, "run \(state.rawValue)", now, verdict, &decision)
        log(run, .engine, "timings", now, RunWords.timings(run), &decision)
        keep(run, &decision)
    }

    /// The run stops where it is: what is true is watched, and a person must look.
    mutating func halt(_ id: RunID, _ why: String, _ now: Moment, _ decision: inout Decision) {
        end(id, .unknown, why, now, &decision)
    }

    func keep(_ run: Run, _ decision: inout Decision) {
        var kept = run
        // After a crash nobody knows whether it was begun: on record it was.
        for number in kept.steps.indices where kept.steps[number].state == .recording {
            kept.steps[number].state = .started
        }
        decision.changes.removeAll { if case .run(let other) = $0 { other.id == run.id } else { false } }
        decision.changes.append(.run(kept))
    }

    func log(
        _ run: Run, _ by: Operator, _ action: String, _ now: Moment, _ detail: String, _ decision: inout Decision
    ) {
        let entry = AuditEntry(
            at: now.wall, by: by, action: action, target: run.plan.title, episode: RunWords.key(run.id), detail: detail)
        decision.audit.append(entry)
        decision.effects.append(.recorded(run.id, entry))
    }
}
