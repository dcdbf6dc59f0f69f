import TocsinModel

/// Makes plans: who loses, who wins, which steps, which guards. Pure.
struct PlanMaker {
    let state: ServiceState
    let intent: FailoverIntent
    let now: Milliseconds

    private var spec: ServiceSpec { state.spec }

    /// The parts of a plan before its guards are looked at.
    struct Draft {
        var kind: FailoverIntent.Kind
        var loser: MemberWatch?
        var winner: MemberWatch?
        var member: MemberWatch?
        var steps: [PlanStep]
    }

    func draft() -> Result<Draft, PlanRefusal> {
        switch intent.mode {
        case .manual, .rehearsal: break
        case .assisted, .automatic, .scheduled:
            return .failure(
                PlanRefusal(
                    "\(intent.mode.rawValue) failover is not there yet: its guards are not complete; use manual or rehearsal"
                ))
        }
        if let named = intent.member, spec.member(named) == nil {
            let all = spec.members.map(\.name).joined(separator: ", ")
            return .failure(PlanRefusal("\(spec.title) has no member \(named); there are \(all)"))
        }
        let kind = intent.kind ?? kindBySituation
        if intent.mode == .rehearsal, kind == .failover || kind == .rejoin {
            return .failure(PlanRefusal("a rehearsal needs a service that is well: it is a switchover or a restart"))
        }
        return kind == .restart || kind == .rejoin ? aboutMember(kind) : moving(kind)
    }

    private var kindBySituation: FailoverIntent.Kind {
        switch state.situation {
        case .primaryLost, .noPrimary: .failover
        default: .switchover
        }
    }

    private func moving(_ kind: FailoverIntent.Kind) -> Result<Draft, PlanRefusal> {
        let loser = state.member(state.primary)
        let winner = intent.member.map { state.member($0) } ?? fittest(except: loser?.spec)
        guard let winner else {
            return .failure(PlanRefusal("\(spec.title) has no other member that could take over"))
        }
        if winner.spec.name == loser?.spec.name {
            return .failure(PlanRefusal("\(winner.spec.name) is the primary already; name another member"))
        }
        if loser == nil, kind == .switchover {
            return .failure(PlanRefusal("no primary of \(spec.title) has been seen yet; look again when it answers"))
        }
        let isStandby = loser?.role(now, spec.freshness) == .standby
        let roles = PlanRoles(loser: loser?.spec, winner: winner.spec, loserIsStandby: isStandby)
        return spec.planner.steps(kind, roles, spec).map { calls in
            Draft(
                kind: kind, loser: loser, winner: winner, member: nil,
                steps: withWatching(calls, kind, loser?.spec.name, winner.spec.name))
        }
    }

    private func aboutMember(_ kind: FailoverIntent.Kind) -> Result<Draft, PlanRefusal> {
        guard let member = intent.member.flatMap({ state.member($0) }) else {
            return .failure(PlanRefusal("say which member to \(kind.rawValue)"))
        }
        if kind == .rejoin, state.primary == member.spec.name {
            return .failure(
                PlanRefusal("\(member.spec.name) was the last primary and nobody has taken over: fail over first"))
        }
        let roles = PlanRoles(
            loser: kind == .restart ? member.spec : state.member(state.primary)?.spec, winner: member.spec)
        return spec.planner.steps(kind, roles, spec).map { calls in
            let name = member.spec.name
            let words = kind == .rejoin ? "see \(name) as a standby" : "see \(name) answer, in the role it had"
            let wait = PlanStep(.healthy, words, member: name, deadline: spec.limits.verification)
            return Draft(kind: kind, loser: nil, winner: nil, member: member, steps: calls + [wait])
        }
    }

    /// The standby that answers and lacks least; among equals the first of the configuration, in the loser's site first.
    private func fittest(except loser: ServiceSpec.Member?) -> MemberWatch? {
        let others = state.members.filter { $0.spec.name != loser?.name }
        func order(_ one: MemberWatch) -> (Int, Int, Int64) {
            let well = one.role(now, spec.freshness) == .standby ? 0 : 1
            let near = loser == nil || one.spec.site == loser?.site ? 0 : 1
            return (well, near, one.view.lagBytes?.value ?? .max)
        }
        return others.enumerated().min { a, b in
            let (x, y) = (order(a.element), order(b.element))
            return x == y ? a.offset < b.offset : x < y
        }?.element
    }

    /// Adds the steps in which the machine watches: before a promotion the old primary is seen shut out and, where it
    /// still answers, the candidate is seen to have everything; after everything the end is seen.
    private func withWatching(
        _ calls: [PlanStep], _ kind: FailoverIntent.Kind, _ loser: String?, _ winner: String
    ) -> [PlanStep] {
        var steps: [PlanStep] = []
        for call in calls {
            if call.role == .promote {
                if let loser {
                    steps.append(
                        PlanStep(.prove, "see that \(loser) takes no writes", member: loser, deadline: 15_000))
                }
                if kind == .switchover {
                    steps.append(
                        PlanStep(.catchUp, "wait until \(winner) has everything", member: winner, deadline: 30_000))
                }
            }
            steps.append(call)
        }
        let through = spec.client.map { "; clients served through \($0)" } ?? ""
        steps.append(
            PlanStep(
                .verify, "see one primary, \(winner)\(through): three times", member: winner,
                deadline: spec.limits.verification))
        return steps
    }

    // MARK: Words

    static func losses(_ draft: Draft, _ state: ServiceState) -> String {
        guard draft.kind == .switchover || draft.kind == .failover, let winner = draft.winner else {
            return draft.member?.spec.name == state.primary
                ? "sessions of \(draft.member?.spec.name ?? "it") break off" : "no data is touched"
        }
        if draft.kind == .switchover { return "no data loss expected; sessions break off while it moves" }
        guard let bytes = winner.view.lagBytes else {
            return "how much is lost is unknown: the candidate states no lag"
        }
        let seconds = winner.view.lagSeconds.map { ", \(PlanWords.seconds($0.value))" } ?? ""
        if bytes.value <= 0 {
            return "no known loss\(seconds); what the old primary took after its last word to the candidate is lost"
        }
        return "\(PlanWords.bytes(bytes.value))\(seconds) of writes are lost"
    }
}
