import TocsinCore
import TocsinModel

/// A service of three members that a test moves by hand: it asks every member once a second, and commits at once unless
/// told otherwise.
final class FailoverWorld {
    struct Member {
        var role: MemberRole? = .standby
        var outcome = ProbeReport.Outcome.answered
        var lag: Int64? = 0
        /// Milliseconds by which its word is old.
        var old: Milliseconds = 0
        /// What it hears: nil says nothing.
        var hears: [String: Bool] = [:]
    }

    var core = MonitorCore()
    var now = Moment(1_000_000_000_000)
    var members: [String: Member] = ["a": Member(role: .primary), "b": Member(), "c": Member()]
    var clients = ProbeReport.Outcome.answered
    var orders: [Order] = []
    var audit: [AuditEntry] = []
    var runs: [RunID: Run] = [:]
    var replies: [Reply] = []
    var journalFails: String?
    private var commands: UInt64 = 0
    let kim = Operator(name: "kim", uid: 1000)
    let spec: ServiceSpec

    init(_ change: (inout ExecService, inout ServiceSpec.Limits) -> Void = { _, _ in }) {
        var exec = ExecService()
        exec.service = "db"
        exec.environment = "prod"
        for role in [PlanStep.Role.fence, .demote, .promote, .repoint, .restart, .rejoin] {
            let target =
                role == .promote || role == .repoint
                ? "{winner}" : role == .restart || role == .rejoin ? "{member}" : "{loser}"
            exec.steps[role] = [.init([role.rawValue, target], deadline: 5_000)]
        }
        exec.steps[.demote]?[0].undo = ["undemote", "{loser}"]
        var limits = ServiceSpec.Limits()
        change(&exec, &limits)
        let all = [("a", "eu1"), ("b", "eu1"), ("c", "us2")]
        spec = ServiceSpec(
            name: "db", environment: "prod", kind: "exec",
            members: all.map { ServiceSpec.Member(name: $0.0, address: "\($0.0):1", site: $0.1) }, client: "vip:1",
            limits: limits, planner: ExecPlanner(exec))
        start()
    }

    func start() {
        core = MonitorCore()
        step(.services([spec]))
        step(.restoredRuns([], runs.values.sorted { $0.id < $1.id }))
        step(.standing(service: "db", watchOnly: nil))
        advance(5)
    }

    func step(_ input: Input) {
        let decision = core.step(input, at: now)
        audit += decision.audit
        replies += decision.replies
        orders += decision.act
        guard decision.needsCommit else { return }
        if journalFails == nil { for case .run(let run) in decision.changes { runs[run.id] = run } }
        step(journalFails.map { .commitFailed(decision.sequence, $0) } ?? .committed(decision.sequence))
    }

    func advance(_ seconds: Int) {
        for _ in 0..<seconds {
            now.engine += 1_000
            now.wall += 1_000
            ask()
            step(.tick)
        }
    }

    func ask() {
        for (name, member) in members.sorted(by: { $0.key < $1.key }) {
            var statements: [ProbeReport.Statement] = []
            if member.outcome == .answered {
                if let role = member.role { statements.append(.role(role)) }
                if member.role == .standby, let lag = member.lag { statements.append(.lagBytes(lag)) }
                for (other, hears) in member.hears.sorted(by: { $0.key < $1.key }) {
                    statements.append(.hears(other, hears, silentFor: nil))
                }
            }
            step(
                .probed(
                    ProbeReport(
                        service: "db", source: .member(name), outcome: member.outcome, askedAt: now.engine - 5,
                        receivedAt: now.engine, statedAt: member.old > 0 ? now.engine - member.old : nil,
                        statements: statements)))
        }
        step(
            .probed(
                ProbeReport(
                    service: "db", source: .client, outcome: clients, askedAt: now.engine - 2, receivedAt: now.engine)))
    }

    func preview(
        _ kind: FailoverIntent.Kind? = nil, _ member: String? = nil, mode: FailoverIntent.Mode = .manual
    ) -> PlanReply {
        core.failover.preview(
            FailoverIntent(service: "db", kind: kind, mode: mode, member: member), by: kim, at: now)
    }

    func plan(_ kind: FailoverIntent.Kind? = nil, _ member: String? = nil) -> Plan {
        guard case .plan(let plan) = preview(kind, member) else { fatalError("no plan: \(preview(kind, member))") }
        return plan
    }

    @discardableResult
    func perform(_ command: OperatorCommand) -> Receipt? {
        commands += 1
        step(.command(CommandID(commands), command, by: kim))
        return replies.last { $0.id == CommandID(commands) }?.receipt
    }

    /// Runs a plan with everything it asks for.
    @discardableResult
    func execute(_ plan: Plan) -> Receipt? { perform(.execute(plan.token, typed: plan.confirmation)) }

    func finish(_ outcome: StepOutcome = .done("exit 0")) {
        guard let order = orders.last else { return }
        step(.stepFinished(order.run, step: order.step, undo: order.undo, outcome))
    }

    /// The primary dies, and the others notice.
    func kill(_ name: String) {
        members[name]?.outcome = .refused("connection refused")
        for other in members.keys where other != name { members[other]?.hears[name] = false }
        clients = .refused("connection refused")
        advance(2)
    }

    var run: Run { core.failover.history(of: "db").first ?? { fatalError("there is no run") }() }
    func view() -> ServiceView { core.failover.view("db", at: now.engine)! }
    func verdict(_ plan: Plan, _ guarded: String) -> GuardResult.Verdict? {
        plan.guards.first { $0.name == guarded }?.verdict
    }
}
