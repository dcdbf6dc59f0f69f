import TocsinModel

/// What a run comes to, in words.
package enum RunWords {
    /// The key under which a run's audit entries are found.
    package static func key(_ run: RunID) -> String { "run/" + Hex.string(run.raw) }

    static func verified(_ run: Run, _ state: ServiceState?) -> String {
        switch run.plan.kind {
        case .restart: return "\(run.plan.winner ?? "it") answers again, in the role it had"
        case .rejoin: return "\(run.plan.winner ?? "it") is a standby again"
        case .switchover, .failover: break
        }
        var words = "\(run.plan.winner ?? "the candidate") is the one primary, seen three times"
        if let loser = run.plan.loser, let member = state?.member(loser) {
            words += "; \(loser) \(member.view.condition == .answers ? "takes no writes" : "is shut out")"
        }
        if let client = state?.client { words += "; clients are served through \(client.address)" }
        let failures = run.steps.enumerated().filter { $0.element.state == .failed || $0.element.state == .unknown }
        for (number, step) in failures { words += "; step \(number + 1) was \(step.state.rawValue): \(step.words)" }
        return words
    }

    /// `step 3 (make b primary) failed: exit 1`
    static func failed(_ run: Run, _ number: Int) -> String {
        "step \(number + 1) (\(run.steps[number].step.words)) failed: \(run.steps[number].words)"
    }

    /// `detected in 1.9 s, decided in 12 s, steps 1: 0.2 s, 2: 1.0 s, clients out for 14 s`
    package static func timings(_ run: Run) -> String {
        var parts: [String] = []
        func seconds(_ value: Milliseconds) -> String { PlanWords.seconds(Double(value) / 1000) }
        if let detection = run.timings.detection { parts.append("detected in \(seconds(detection))") }
        if let decision = run.timings.decision { parts.append("decided in \(seconds(decision))") }
        let steps = run.steps.enumerated().compactMap { number, step -> String? in
            guard let from = step.startedAt, let to = step.endedAt else { return nil }
            return "\(number + 1): \(seconds(to - from))"
        }
        if !steps.isEmpty { parts.append("steps " + steps.joined(separator: ", ")) }
        if let end = run.endedAt { parts.append("in all \(seconds(end - run.startedAt))") }
        if let outage = run.timings.outage {
            parts.append("clients out for \(seconds(outage))")
        } else if run.timings.outageBegunBefore {
            parts.append("clients were cut off before this engine began to watch")
        } else if run.plan.kind == .failover || run.plan.kind == .switchover {
            parts.append("no check through the clients' address failed")
        }
        return parts.joined(separator: "; ")
    }
}
