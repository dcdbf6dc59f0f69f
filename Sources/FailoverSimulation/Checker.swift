import TocsinCore
import TocsinModel

/// Watches a simulation with its own eyes: from what was delivered to the engine and what is true in the world, never
/// from what the core says it knows.
struct Checker {
    /// What was last delivered about a member.
    struct Known {
        /// The last question came back with nothing.
        var isLate = false
        var heardAt = -1_000_000
        /// When what it said was true.
        var truth = -1_000_000
        var answered = false
        var refusals = 0
        var role: MemberRole?
        var lag: Int64?
        var writable: Bool?
        var hears: [(about: String, hears: Bool)] = []
    }

    static let fresh = 2_800
    static let holdStill = 30_000

    var acting = true
    let setup: Script.Setup
    var known: [Known]
    var disturbedAt = -1_000_000
    var previews: [PlanToken: (at: Int, view: [String])] = [:]
    var doubts: [CommandID: [String]] = [:]
    var ordered: Set<String> = []
    var orderedAt: [RunID: Int] = [:]
    var lastPromotion: Int?
    var maintenanceUntil = 0
    var states: [RunID: RunState] = [:]
    var confirmed: [CommandID: Plan] = [:]

    init(_ setup: Script.Setup) {
        self.setup = setup
        known = Array(repeating: Known(), count: setup.members)
    }

    // MARK: What the engine has been told

    mutating func delivered(_ report: ProbeReport, _ now: Int) {
        guard case .member(let name) = report.source, let index = Int(name.dropFirst()) else { return }
        var one = known[index]
        one.isLate = false
        switch report.outcome {
        case .answered:
            one.answered = true
            one.refusals = 0
            one.heardAt = now
            one.truth = Int(report.truth - Simulation.epoch)
            one.role = nil
            one.lag = nil
            one.hears = []
        case .refused, .unwell:
            one.answered = false
            one.refusals += 1
        case .silent, .unseen:
            // One late answer makes nothing old that is fresh.
            one.isLate = true
            one.refusals = 0
        }
        one.writable = nil
        for statement in report.statements {
            switch statement {
            case .role(let role): one.role = role
            case .lagBytes(let lag): one.lag = lag
            case .writable(let takes): one.writable = takes
            case .hears(let other, let hears, _): one.hears.append((other, hears))
            default: break
            }
        }
        known[index] = one
    }

    mutating func jumped(_ now: Int) { disturbedAt = now }
    mutating func stalled(until: Int) { disturbedAt = until }
    /// A new engine has seen nothing yet, of the world or of its own stalls.
    mutating func crashed() {
        known = Array(repeating: Known(), count: setup.members)
        disturbedAt = -1_000_000
        previews = [:]
        doubts = [:]
    }

    func says(_ index: Int, _ now: Int) -> MemberRole? {
        let one = known[index]
        return one.answered && now - one.truth <= Self.fresh ? one.role : nil
    }

    func hearsay(about name: String, _ now: Int, punctual: Bool = false) -> [Bool] {
        known.filter { $0.answered && !(punctual && $0.isLate) && now - $0.truth <= Self.fresh }.flatMap(\.hears).filter
        { $0.about == name }.map(\.hears)
    }

    func view() -> [String] {
        known.enumerated().map { index, one in
            one.isLate
                ? "\(index) ?"
                : one.answered
                    ? "\(index) \(one.role?.rawValue ?? "-")" : one.refusals > 0 ? "\(index) refuses" : "\(index) ?"
        }
    }

    // MARK: Plans and confirmations

    mutating func previewed(_ plan: Plan, _ now: Int) { previews[plan.token] = (now, view()) }

    /// Notes every reason why this plan must not be run now.
    mutating func confirming(_ plan: Plan, _ typed: [String], _ id: CommandID, _ now: Int) {
        var doubts: [String] = []
        if let preview = previews[plan.token] {
            if now - preview.at > 60_000 { doubts.append("the plan was more than a minute old") }
            let changed = zip(preview.view, view()).contains { a, b in a != b && !a.hasSuffix("?") && !b.hasSuffix("?")
            }
            if changed { doubts.append("the view had changed since the plan was made") }
        }
        if typed.first != "sim/db" { doubts.append("the name was not typed") }
        if now - disturbedAt < Self.holdStill { doubts.append("the engine had stalled or its clock had jumped") }
        if !acting { doubts.append("this was not the acting engine") }
        let lifted = typed.contains("OVERRIDE")
        if now < maintenanceUntil, !lifted { doubts.append("the service was in maintenance") }
        let heard = known.count { $0.answered && now - $0.heardAt <= Self.fresh }
        if 2 * (heard + 1) <= setup.members + 1 { doubts.append("only a minority was heard") }
        switch plan.kind {
        case .switchover, .failover: doubts += moving(plan, typed, lifted, now)
        case .restart:
            let others = known.indices.filter { SimulatedService.name($0) != plan.winner && says($0, now) != nil }
            if others.isEmpty, !lifted { doubts.append("the last healthy member was restarted") }
        case .rejoin:
            if let member = index(plan.winner), says(member, now) == .standby, !known[member].isLate {
                doubts.append("a standby in good health was set up anew")
            }
        }
        self.doubts[id] = doubts
        confirmed[id] = plan
    }

    func index(_ name: String?) -> Int? { name.flatMap { Int($0.dropFirst()) } }

    func moving(_ plan: Plan, _ typed: [String], _ lifted: Bool, _ now: Int) -> [String] {
        var doubts: [String] = []
        if let lastPromotion, now - lastPromotion < 60_000, !lifted { doubts.append("it was still cooling down") }
        guard let winner = index(plan.winner) else { return ["there is no winner"] }
        if !known[winner].answered && known[winner].refusals > 0 { doubts.append("the candidate was down") }
        if now - known[winner].truth > Self.fresh { doubts.append("nothing fresh was known of the candidate") }
        if known[winner].answered, known[winner].role != .standby { doubts.append("the candidate was no standby") }
        if known[winner].answered, (known[winner].lag ?? .max) > 1 << 20, !lifted {
            doubts.append("the candidate lacked too much")
        }
        guard let loser = index(plan.loser) else { return doubts }
        let site = { (index: Int) in setup.twoSites && index == setup.members - 1 ? "us2" : "eu1" }
        if site(winner) != site(loser), !typed.contains(site(winner)) { doubts.append("it crossed sites unasked") }
        let name = SimulatedService.name(loser)
        let others = hearsay(about: name, now)
        if plan.kind == .switchover {
            if says(loser, now) != .primary { doubts.append("nothing fresh was known of the primary") }
            return doubts
        }
        if says(loser, now) == .primary, !known[loser].isLate { doubts.append("the primary was well") }
        if says(loser, now) != .standby || known[loser].isLate {
            if known[loser].refusals < 2, !others.contains(false) {
                doubts.append("nobody else knew that the primary was gone")
            }
            if hearsay(about: name, now, punctual: true).contains(true) {
                doubts.append("somebody still heard the primary")
            }
            if 1 + others.filter({ !$0 }).count < 2, !lifted { doubts.append("only one observer knew") }
        }
        let proven = known[loser].refusals >= 2 || known[loser].writable == false || says(loser, now) == .standby
        if !setup.fence, !proven, !typed.contains("\(name) IS OFF") {
            doubts.append("the old primary was not shut out")
        }
        return doubts
    }

    mutating func replied(_ reply: Reply, _ simulation: Simulation, _ report: inout Simulation.Report) {
        if reply.receipt.words.contains("in maintenance for") {
            maintenanceUntil =
                simulation.core.failover.view("db", at: 0)?.maintenance.map { Int($0.until - Simulation.epoch) } ?? 0
        }
        guard let plan = confirmed.removeValue(forKey: reply.id) else { return }
        let doubts = doubts.removeValue(forKey: reply.id) ?? []
        guard reply.receipt.outcome == .done else {
            report.refusals += 1
            return
        }
        report.runs += 1
        for doubt in doubts {
            report.violations.append("run \(plan.token.short) (\(plan.kind)) began although \(doubt)")
        }
    }
}
