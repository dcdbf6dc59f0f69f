import TocsinModel

/// The way back: what is done when a run cannot go on, as long as there is one.
extension FailoverMachine {
    /// Takes back what can be taken back, newest first.
    mutating func giveUp(_ id: RunID, _ why: String, _ now: Moment, _ decision: inout Decision) {
        guard var run = runs[id] else { return }
        if run.isPastReturn { return halt(id, why, now, &decision) }
        run.state = .undoing
        run.verdict = why
        for number in run.steps.indices where run.steps[number].state == .waiting { run.steps[number].state = .skipped }
        runs[id] = run
        undoNext(id, now, &decision)
    }

    private mutating func undoNext(_ id: RunID, _ now: Moment, _ decision: inout Decision) {
        guard var run = runs[id] else { return }
        guard let number = run.steps.lastIndex(where: { $0.state == .done && $0.step.undo != nil }) else {
            let left = run.steps.enumerated().filter { $0.element.state == .done && $0.element.step.call != nil }
            let stays =
                left.isEmpty
                ? ""
                : "; what stays: "
                    + left.map { "step \($0.offset + 1) (\($0.element.step.words))" }.joined(separator: ", ")
            return end(id, .failed, run.verdict + stays, now, &decision)
        }
        if let why = reopeningRefused(run, number) {
            return halt(id, "\(run.verdict); step \(number + 1) is not taken back: \(why)", now, &decision)
        }
        run.steps[number].undoStartedAt = now.engine
        runs[id] = run
        log(run, .engine, "step \(number + 1) is undone", now, run.steps[number].step.undo?.words ?? "", &decision)
        keep(run, &decision)
        decision.effects.append(.begin(id, number, undo: true))
    }

    /// Taking back a fence or a demotion lets the old primary write again: not beside another one.
    private func reopeningRefused(_ run: Run, _ number: Int) -> String? {
        let step = run.steps[number].step
        guard step.role == .fence || step.role == .demote, isOn(.guarded(.fencing)), let state = state(run.plan.service)
        else { return nil }
        let other = state.members.first {
            $0.spec.name != step.member && $0.claimsToBePrimary
        }
        return other.map { "\($0.spec.name) says that it is primary" }
    }

    mutating func undone(
        _ id: RunID, _ number: Int, _ outcome: StepOutcome, _ now: Moment, _ decision: inout Decision
    ) {
        guard var run = runs[id], run.state == .undoing, run.steps[number].state == .done else { return }
        progress[id]?.undoing = nil
        switch outcome {
        case .done(let words):
            run.steps[number].state = .undone
            run.steps[number].words = words
            runs[id] = run
            log(run, .engine, "step \(number + 1) undone", now, words, &decision)
            undoNext(id, now, &decision)
        case .failed(let words), .unknown(let words):
            run.steps[number].state = .unknown
            run.steps[number].words = words
            runs[id] = run
            halt(id, "\(run.verdict); taking back step \(number + 1) did not work: \(words)", now, &decision)
        }
    }
}
