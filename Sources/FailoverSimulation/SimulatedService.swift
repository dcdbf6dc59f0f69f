import TocsinCore
import TocsinModel

/// The truth: members, networks, and where clients are pointed.
struct SimulatedService {
    struct Node {
        enum Life { case running, frozen, dead }

        let name: String
        let site: String
        var life = Life.running
        var isPrimary: Bool
        /// It cannot come back as a primary by itself.
        var isFenced = false
        var lies = false
        var statesOldTruth = 0
        var lag: Int64? = 0
        /// When it last heard each other member.
        var heard: [Int]

        /// It takes writes now.
        var writes: Bool { life == .running && isPrimary }
        /// It takes writes now, or will when it goes on.
        var mayWrite: Bool { life != .dead && isPrimary }
    }

    var nodes: [Node]
    /// The engine's way to each member is cut.
    var engineCut: [Bool]
    /// `memberCut[a][b]`: a does not hear b.
    var memberCut: [[Bool]]
    /// Where clients are pointed.
    var target = 0
    let setup: Script.Setup

    init(_ setup: Script.Setup) {
        self.setup = setup
        let count = setup.members
        nodes = (0..<count).map { index in
            Node(
                name: Self.name(index), site: setup.twoSites && index == count - 1 ? "us2" : "eu1",
                isPrimary: index == 0, heard: Array(repeating: 0, count: count))
        }
        engineCut = Array(repeating: false, count: count)
        memberCut = Array(repeating: Array(repeating: false, count: count), count: count)
    }

    static func name(_ index: Int) -> String { "n\(index)" }

    func index(_ name: String) -> Int? { nodes.firstIndex { $0.name == name } }

    /// Members hear each other once a second.
    mutating func beat(_ now: Int) {
        for a in nodes.indices where nodes[a].life == .running {
            for b in nodes.indices where b != a && nodes[b].life == .running && !memberCut[a][b] {
                nodes[a].heard[b] = now
            }
        }
    }

    var clientsServed: Bool { nodes[target].writes }

    /// What a member answers when it is asked now; nil for silence.
    func answer(_ index: Int, _ now: Int) -> (
        outcome: ProbeReport.Outcome, statements: [ProbeReport.Statement], age: Int
    )? {
        let node = nodes[index]
        guard !engineCut[index], node.life != .frozen else { return nil }
        if node.life == .dead {
            return (.refused("connection refused"), setup.asksForWrites ? [.writable(false)] : [], 0)
        }
        let says = node.lies ? !node.isPrimary : node.isPrimary
        var statements: [ProbeReport.Statement] = [.role(says ? .primary : .standby)]
        if !says, let lag = node.lag { statements.append(.lagBytes(lag)) }
        if setup.asksForWrites { statements.append(.writable(node.writes)) }
        if setup.hearsay {
            for other in nodes.indices where other != index {
                let silence = now - node.heard[other]
                statements.append(
                    .hears(nodes[other].name, silence < 1_800, silentFor: silence < 1_800 ? nil : Int64(silence)))
            }
        }
        return (.answered, statements, node.statesOldTruth * 1000)
    }

    var spec: ServiceSpec {
        var exec = ExecService()
        exec.service = "db"
        exec.environment = "sim"
        if setup.fence { exec.steps[.fence] = [.init(["fence", "{loser}"], deadline: 5_000)] }
        exec.steps[.demote] = [
            .init(["demote", "{loser}"], undo: setup.demoteHasUndo ? ["undemote", "{loser}"] : nil, deadline: 5_000)
        ]
        exec.steps[.promote] = [.init(["promote", "{winner}"], deadline: 5_000)]
        if setup.client { exec.steps[.repoint] = [.init(["repoint", "{winner}"], deadline: 5_000)] }
        exec.steps[.restart] = [.init(["restart", "{member}"], deadline: 5_000)]
        exec.steps[.rejoin] = [.init(["rejoin", "{member}"], deadline: 5_000)]
        var limits = ServiceSpec.Limits()
        limits.verification = 20_000
        limits.coolDown = 60_000
        return ServiceSpec(
            name: "db", environment: "sim", kind: "exec",
            members: nodes.map { ServiceSpec.Member(name: $0.name, address: "\($0.name):1", site: $0.site) },
            client: setup.client ? "vip:1" : nil, asksForWrites: setup.asksForWrites, limits: limits,
            planner: ExecPlanner(exec))
    }

    /// What a call does to the world.
    mutating func carryOut(_ call: StepCall) {
        guard call.arguments.count == 2, let index = index(call.arguments[1]) else { return }
        switch call.arguments[0] {
        case "fence":
            nodes[index].life = .dead
            nodes[index].isFenced = true
        case "demote": if nodes[index].life == .running { nodes[index].isPrimary = false }
        case "undemote", "promote": if nodes[index].life == .running { nodes[index].isPrimary = true }
        case "repoint": target = index
        case "restart": if nodes[index].life != .dead { nodes[index].life = .running }
        case "rejoin":
            nodes[index].life = .running
            nodes[index].isPrimary = false
            nodes[index].lag = 0
        default: break
        }
    }
}
