import TocsinModel

/// A service that has lost its primary, its plan and its run.
extension SamplePages {
    static func service(lost: Bool = true) -> ServiceView {
        func member(_ name: String, _ condition: MemberCondition, _ role: MemberRole?, _ site: String) -> MemberView {
            var view = MemberView(
                name: name, address: "10.0.0.\(name.last ?? "0"):5432", site: site, condition: condition,
                since: now - 2_000, words: condition == .answers ? "" : "connection refused")
            view.role = role.map { Fact($0, statedAt: now - 400, by: name) }
            view.heardAt = condition == .answers ? now - 400 : now - 3_000
            view.latency = 1.2
            view.phi = condition == .answers ? 0.1 : 9.4
            if role == .standby {
                view.lagBytes = Fact(0, statedAt: now - 400, by: name)
                view.lagSeconds = Fact(0.1, statedAt: now - 400, by: name)
            }
            return view
        }
        let members = [
            member("db-03", lost ? .refuses : .answers, lost ? nil : .primary, "eu1"),
            member("db-05", .answers, .standby, "eu1"), member("db-07", .answers, .standby, "us2"),
        ]
        return ServiceView(
            name: "orders-db", environment: "prod", kind: "exec",
            situation: lost ? .primaryLost("db-03") : .normal(primary: "db-03"), since: now - 2_000,
            sentence: lost
                ? "db-03, the primary, refuses connections since 3 s" : "db-03 is primary, db-05, db-07 stand by",
            severity: lost ? .critical : nil, members: members,
            client: ClientView(
                address: "orders.internal:5432", condition: lost ? .refuses : .answers, since: now - 2_000,
                goodAt: now - 3_000, latency: 2, words: lost ? "connection refused" : "accepts connections"),
            hearsay: [
                Hearsay(by: "db-05", about: "db-03", hears: !lost, statedAt: now - 400, silentFor: lost ? 2_900 : nil)
            ], maintenance: nil, run: nil, watchOnly: nil)
    }

    static func plan(lifted: Bool = false, refused: Bool = false) -> Plan {
        let fence = StepCall(words: "./fence.sh db-03", arguments: ["./fence.sh", "db-03"])
        let promote = StepCall(words: "./promote.sh db-05", arguments: ["./promote.sh", "db-05"])
        var guards = [
            GuardResult(name: "this engine may act", rule: "S10", verdict: .passed, reason: "it is the acting one"),
            GuardResult(
                name: "view is fresh", rule: "S1", verdict: .passed, reason: "oldest fact 0.4 s (db-05 about db-03)"),
            GuardResult(name: "two observers agree", rule: "S2", verdict: .passed, reason: "this engine, db-05, db-07"),
            GuardResult(
                name: "candidate in reach", rule: "S5", verdict: .passed, reason: "lag 0 B of 1.0 MiB, 0.1 s of 5 s"),
            GuardResult(name: "old primary shut out", rule: "S4", verdict: .passed, reason: "fenced by step 1"),
        ]
        if lifted {
            guards.append(
                GuardResult(
                    name: "cool-down", rule: "S11", verdict: .overridable, reason: "the last one ended 38 m ago",
                    word: "OVERRIDE"))
        }
        if refused {
            guards.append(
                GuardResult(
                    name: "a majority is heard", rule: "S3", verdict: .hard, reason: "only 2 of 4 voices are heard"))
        }
        return Plan(
            token: PlanToken(0x7f3a), service: "orders-db", title: "prod/orders-db", kind: .failover, mode: .manual,
            loser: "db-03", winner: "db-05",
            steps: [
                PlanStep(.fence, "shut db-03 out", member: "db-03", call: fence, deadline: 10_000),
                PlanStep(.prove, "see that db-03 takes no writes", member: "db-03", deadline: 15_000),
                PlanStep(
                    .promote, "make db-05 primary", member: "db-05", call: promote, deadline: 30_000, irreversible: true
                ),
                PlanStep(.verify, "see one primary, db-05: three times", member: "db-05", deadline: 60_000),
            ], guards: guards, losses: "no known loss, 0.1 s", touches: ["clients of orders.internal:5432 reconnect"],
            byHand: [fence.words, promote.words], madeAt: now - 8_000, expiresAt: now + 52_000,
            by: Operator(name: "kim", uid: 1000))
    }

    static func run(_ state: RunState = .running) -> Run {
        var run = Run(
            id: RunID(0x7f3a), plan: plan(), by: Operator(name: "kim", uid: 1000), startedAt: now - 14_000,
            overrides: [])
        run.state = state
        for (index, words) in ["exit 0", "db-03 refuses connections"].enumerated() {
            run.steps[index].state = .done
            run.steps[index].startedAt = now - 14_000 + Milliseconds(index) * 400
            run.steps[index].endedAt = now - 13_600 + Milliseconds(index) * 400
            run.steps[index].words = words
        }
        run.steps[2].state = state == .unknown ? .unknown : .started
        run.steps[2].startedAt = now - 13_000
        if state == .unknown {
            run.steps[2].endedAt = now - 1_000
            run.steps[2].words = "no answer within 30 s"
            run.endedAt = now - 1_000
        }
        run.verdict =
            state == .unknown ? "step 3 is still unknown: no answer within 30 s" : "step 3: make db-05 primary"
        run.timings.detection = 1_900
        run.timings.decision = 12_000
        return run
    }

    static func services() -> Page {
        Page(
            head: head(),
            body: .services(
                ServicesPage(services: [service()], lastRuns: [], history: [run(.unknown)], selected: "orders-db")))
    }
    static func planPage(lifted: Bool = true, refused: Bool = false) -> Page {
        Page(head: head(), body: .plan(PlanPage(plan: plan(lifted: lifted, refused: refused), service: service())))
    }
    static func runPage(_ state: RunState = .running) -> Page {
        Page(head: head(), body: .run(RunPage(run: run(state), service: service())))
    }
}
