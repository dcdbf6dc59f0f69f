import TocsinCore
import TocsinModel

/// Builds the pages about services, plans and runs.
struct ServicesBuilder {
    private let failover: FailoverMachine
    private let now: Milliseconds

    init(_ failover: FailoverMachine, _ now: Milliseconds) {
        self.failover = failover
        self.now = now
    }

    func page(selected: String?) -> ServicesPage {
        let services = failover.views(at: now)
        let chosen = services.first { $0.name == selected }?.name ?? services.first?.name
        return ServicesPage(
            services: services, lastRuns: services.compactMap { $0.run.flatMap { failover.run($0) } },
            history: chosen.map { Array(failover.history(of: $0).prefix(50)) } ?? [], selected: chosen)
    }

    func plan(_ token: PlanToken) -> PlanPage {
        let plan = failover.plan(token)
        return PlanPage(plan: plan, service: plan.flatMap { failover.view($0.service, at: now) })
    }

    func run(_ id: RunID) -> RunPage {
        let run = failover.run(id)
        return RunPage(run: run, service: run.flatMap { failover.view($0.plan.service, at: now) })
    }

    /// A service in one line.
    static func line(_ view: ServiceView) -> ServiceLine {
        let members = view.members.map { member -> String in
            let what: String
            switch member.condition {
            case .answers: what = member.role.map { $0.value == .primary ? "P" : "s" } ?? "?"
            case .refuses, .unwell: what = "x"
            case .silent, .unseen, .unknown: what = "?"
            }
            return "\(member.name) \(what)"
        }
        return ServiceLine(
            name: view.name, severity: view.severity, sentence: view.sentence, since: view.since,
            members: members.joined(separator: "  "))
    }
}
