import TocsinModel

/// A plan that was shown, with the view it was made from.
struct StoredPlan: Sendable {
    var plan: Plan
    var intent: FailoverIntent
    /// The view in parts: when one changes, the plan is dead, and the part says why.
    var view: [String]
}

/// How plans are made, shown, and lost.
extension FailoverMachine {
    /// Makes a plan for an intent. It is kept for a minute; nothing is done.
    package mutating func preview(_ intent: FailoverIntent, by: Operator, at now: Moment) -> PlanReply {
        passTime(now)
        guard let state = state(intent.service) else {
            let all = states.map(\.spec.name).joined(separator: ", ")
            return .refused(
                all.isEmpty
                    ? "no service is configured: add services: to tocsin.yaml, or try tocsin demo"
                    : "there is no service \(intent.service); there are \(all)")
        }
        let draft: PlanMaker.Draft
        switch PlanMaker(state: state, intent: intent, now: now.engine).draft() {
        case .success(let made): draft = made
        case .failure(let refusal): return .refused(refusal.words)
        }
        let token = PlanToken(nextToken(now))
        let guards = evaluate(context(state, draft, now.engine))
        let plan = Plan(
            token: token, service: state.spec.name, title: state.spec.title, kind: draft.kind, mode: intent.mode,
            loser: draft.loser?.spec.name, winner: draft.winner?.spec.name ?? draft.member?.spec.name,
            steps: draft.steps, guards: guards.map(\.result), losses: PlanMaker.losses(draft, state),
            touches: state.spec.planner.touches(draft.kind, state.spec),
            byHand: draft.steps.compactMap { $0.call?.words }, madeAt: now.engine,
            expiresAt: now.engine + Self.planLife, by: by)
        plans.removeAll { $0.plan.expiresAt + 600_000 < now.engine }
        if plans.count >= 32 { plans.removeFirst() }
        // The candidate is pinned: another that becomes fitter does not change what was shown.
        var pinned = intent
        pinned.member = plan.winner
        plans.append(StoredPlan(plan: plan, intent: pinned, view: view(of: state, guards, now.engine)))
        return .plan(plan)
    }

    package func plan(_ token: PlanToken) -> Plan? { plans.first { $0.plan.token == token }?.plan }

    func context(_ state: ServiceState, _ draft: PlanMaker.Draft, _ now: Milliseconds) -> GuardContext {
        return GuardContext(
            state: state, kind: draft.kind, loser: draft.loser, winner: draft.winner, member: draft.member,
            steps: draft.steps, now: now, tilt: tilt, holder: holder(of: state.spec.name),
            lastMove: lastMove(of: state.spec.name))
    }

    /// The run that holds a service: one that is open, or whose end is not on record yet.
    func holder(of service: String, except: RunID? = nil) -> Run? {
        runs.values.filter { run in
            run.plan.service == service && run.id != except
                && (run.state.holdsService || progress[run.id]?.unrecorded.isEmpty == false)
        }.min { $0.id < $1.id }
    }

    /// When the last run that promoted somebody ended, or began where it has not ended.
    private func lastMove(of service: String) -> Milliseconds? {
        runs.values.filter { run in
            run.plan.service == service
                && run.steps.contains { $0.step.role == .promote && $0.startedAt != nil && $0.state != .skipped }
        }.map { $0.endedAt ?? $0.startedAt }.max()
    }

    func evaluate(_ context: GuardContext, only: Set<GuardID>? = nil) -> [(id: GuardID, result: GuardResult)] {
        GuardTable.all.compactMap { one in
            guard one.kinds.contains(context.kind), only?.contains(one.id) != false, isOn(.guarded(one.id)) else {
                return nil
            }
            func result(_ verdict: GuardResult.Verdict, _ reason: String, _ word: String? = nil) -> GuardResult {
                GuardResult(name: one.name, rule: one.rule, verdict: verdict, reason: reason, word: word)
            }
            switch one.check(context) {
            case .passed(let words): return (one.id, result(.passed, words))
            case .overridable(let words, let word): return (one.id, result(.overridable, words, word))
            case .hard(let words): return (one.id, result(.hard, words))
            }
        }
    }

    /// The view a plan rests on, in parts that can be compared.
    func view(
        of state: ServiceState, _ guards: [(id: GuardID, result: GuardResult)], _ now: Milliseconds
    ) -> [String] {
        var parts: [String] = []
        for member in state.members {
            let role = member.role(now, state.spec.freshness)?.rawValue ?? "of unknown role"
            let condition = ServiceWords.words(member.view.condition)
            parts.append(
                member.view.condition == .answers
                    ? "\(member.spec.name) is \(role)" : "\(member.spec.name) \(condition)")
        }
        parts.append(ServiceWords.situation(state.situation))
        for one in guards {
            parts.append("\(one.result.name): \(Self.words(one.result.verdict)) \(one.result.word ?? "")")
        }
        return parts
    }

    private static func words(_ verdict: GuardResult.Verdict) -> String {
        switch verdict {
        case .passed: "passes"
        case .overridable: "needs"
        case .hard: "refuses"
        }
    }

    /// Marks plans whose minute is over or whose view is no more.
    mutating func reviewPlans(_ now: Milliseconds) {
        for index in plans.indices where plans[index].plan.dead == nil {
            plans[index].plan.dead = death(of: plans[index], now)
        }
    }

    /// Why a plan can no longer be run; nil while it can.
    func death(of stored: StoredPlan, _ now: Milliseconds) -> String? {
        if now > stored.plan.expiresAt, isOn(.planExpiry) { return "a minute has passed since it was made" }
        guard isOn(.planView) else { return nil }
        guard let state = state(stored.plan.service) else { return "the service is no longer configured" }
        guard case .success(let draft) = PlanMaker(state: state, intent: stored.intent, now: now).draft() else {
            return "the view it was made from has changed"
        }
        if draft.kind != stored.plan.kind || draft.steps != stored.plan.steps {
            return "the view it was made from has changed: it would be another plan now"
        }
        let view = view(of: state, evaluate(context(state, draft, now)), now)
        let changed = zip(view, stored.view).first { $0 != $1 }?.0
        return changed.map { "the view it was made from has changed: \($0)" }
    }
}

extension ServiceWords {
    static func situation(_ situation: Situation) -> String {
        switch situation {
        case .learning: "it is not known yet"
        case .normal(let name): "\(name) is primary"
        case .primaryLost(let name): "\(name) is lost"
        case .noPrimary: "nobody is primary"
        case .twoPrimaries(let names): "\(names.joined(separator: " and ")) are primary"
        case .unclear: "it is unclear who is primary"
        }
    }
}
