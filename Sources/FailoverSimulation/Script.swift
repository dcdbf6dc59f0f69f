import TocsinCore
import TocsinModel

/// Chance that depends on nothing but a seed and names: leaving one thing out of a script does not change the others.
package struct Chance: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(_ seed: UInt64, _ names: UInt64...) {
        state = seed &* 0x9e37_79b9_7f4a_7c15
        for name in names { state = Self.mix(state ^ (name &+ 0x1234_5678_9abc_def1)) }
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        return Self.mix(state)
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// From `low` to `high`, both included.
    package mutating func number(_ low: Int, _ high: Int) -> Int { low + Int(next() % UInt64(high - low + 1)) }

    package mutating func chance(_ percent: Int) -> Bool { number(0, 99) < percent }
}

/// One simulated incident: the service, what happens to it, and what people do.
package struct Script: Sendable, Equatable, CustomStringConvertible {
    package struct Setup: Sendable, Equatable {
        package var members = 2
        /// The last member stands in another site.
        package var twoSites = false
        /// Members tell whether they hear each other.
        package var hearsay = true
        package var fence = true
        package var demoteHasUndo = true
        package var asksForWrites = false
        package var client = true
        /// Drivers go wrong in this percentage of calls.
        package var driverFaults = 10

        package init() {}
    }

    package enum Action: Sendable, Equatable {
        case kill(Int)
        case freeze(Int)
        case thaw(Int)
        /// A dead member comes back: as what it was, or as a standby when it was fenced.
        case revive(Int)
        /// It says the opposite of what it is.
        case lie(Int, Bool)
        /// What it says was true some seconds ago.
        case old(Int, seconds: Int)
        case lag(Int, bytes: Int64?)
        /// The engine's way to a member, and back.
        case cutEngine(Int, Bool)
        /// Whether one member hears another.
        case cutMembers(from: Int, to: Int, Bool)
        case jump(seconds: Int)
        case stall(seconds: Int)
        case crash
        case journalFails(seconds: Int)
        case lose(acting: Bool)
        case maintenance(seconds: Int)
        /// Somebody plans, thinks for so many milliseconds, and runs it.
        case act(FailoverIntent.Kind?, member: Int?, thinks: Int, daring: Bool, mistypes: Bool)
        case abort
        case resume
        case close
    }

    package struct Event: Sendable, Equatable {
        package var at: Int
        package var action: Action
        package init(at: Int, _ action: Action) {
            self.at = at
            self.action = action
        }

        /// When what comes of it has settled, if it leaves no run open.
        var lastsUntil: Int {
            switch action {
            case .resume, .close: 0
            case .act(_, _, let thinks, _, _): at + thinks + 8_000
            case .journalFails(let seconds), .stall(let seconds): at + seconds * 1000 + 8_000
            default: at + 6_000
            }
        }
    }

    package var seed: UInt64
    package var setup: Setup
    package var events: [Event]

    package init(seed: UInt64, setup: Setup, events: [Event]) {
        self.seed = seed
        self.setup = setup
        self.events = events
    }

    /// As a test that can be pasted.
    package var description: String {
        var setup = ""
        let plain = Setup()
        if self.setup.members != plain.members { setup += "    setup.members = \(self.setup.members)\n" }
        for (name, value, normal) in [
            ("twoSites", self.setup.twoSites, plain.twoSites), ("hearsay", self.setup.hearsay, plain.hearsay),
            ("fence", self.setup.fence, plain.fence), ("client", self.setup.client, plain.client),
            ("demoteHasUndo", self.setup.demoteHasUndo, plain.demoteHasUndo),
            ("asksForWrites", self.setup.asksForWrites, plain.asksForWrites),
        ] where value != normal { setup += "    setup.\(name) = \(value)\n" }
        if self.setup.driverFaults != plain.driverFaults {
            setup += "    setup.driverFaults = \(self.setup.driverFaults)\n"
        }
        let lines = events.map { "        .init(at: \($0.at), .\($0.action)),\n" }.joined()
        return """
            @Test func found\(seed)() {
                var setup = Script.Setup()
            \(setup)    let script = Script(seed: \(seed), setup: setup, events: [
            \(lines)    ])
                #expect(Simulation.run(script).violations == [])
            }
            """
    }
}

/// Makes incidents of all kinds from seeds.
package enum ScriptMaker {
    package static func script(_ seed: UInt64) -> Script {
        var chance = Chance(seed, 1)
        var setup = Script.Setup()
        setup.members = chance.number(2, 4)
        setup.twoSites = chance.chance(25)
        setup.hearsay = !chance.chance(25)
        setup.fence = !chance.chance(25)
        setup.demoteHasUndo = !chance.chance(30)
        setup.asksForWrites = chance.chance(40)
        setup.client = !chance.chance(20)
        setup.driverFaults = [0, 10, 40][chance.number(0, 2)]
        var events: [Script.Event] = []
        var at = 4_000 + chance.number(0, 1_000)
        events += trouble(&chance, &at, setup)
        for _ in 0..<chance.number(0, 3) {
            events.append(.init(at: at + chance.number(-2_000, 8_000), noise(&chance, setup)))
        }
        people(&chance, at, setup, &events)
        return Script(seed: seed, setup: setup, events: events.sorted { $0.at < $1.at })
    }

    private static func trouble(_ chance: inout Chance, _ at: inout Int, _ setup: Script.Setup) -> [Script.Event] {
        let other = chance.number(1, setup.members - 1)
        switch chance.number(0, 9) {
        case 0, 1, 2: return [.init(at: at, .kill(0))]
        case 3: return [.init(at: at, .freeze(0)), .init(at: at + chance.number(2_000, 30_000), .thaw(0))]
        case 4: return [.init(at: at, .kill(0)), .init(at: at + chance.number(200, 4_000), .kill(other))]
        case 5:
            return [
                .init(at: at, .cutEngine(0, true)), .init(at: at + chance.number(5_000, 30_000), .cutEngine(0, false)),
            ]
        case 6:
            // One standby loses the primary, the engine too, the others do not.
            return [.init(at: at, .cutEngine(0, true)), .init(at: at, .cutMembers(from: other, to: 0, true))]
        case 7:
            // The smaller side.
            return (0..<setup.members).filter { $0 != other }.map { .init(at: at, .cutEngine($0, true)) }
                + [.init(at: at, .cutMembers(from: other, to: 0, true))]
        default: return []
        }
    }

    private static func noise(_ chance: inout Chance, _ setup: Script.Setup) -> Script.Action {
        let one = chance.number(0, setup.members - 1)
        let other = chance.number(0, setup.members - 1)
        switch chance.number(0, 15) {
        case 0: return .kill(one)
        case 1: return .freeze(one)
        case 2: return .thaw(one)
        case 3: return .revive(one)
        case 4: return setup.asksForWrites ? .lie(one, true) : .lag(one, bytes: 4 << 20)
        case 5: return .old(one, seconds: chance.number(1, 20))
        case 6: return .lag(one, bytes: chance.chance(50) ? nil : Int64(chance.number(0, 8 << 20)))
        case 7: return .cutEngine(one, chance.chance(60))
        case 8: return .cutMembers(from: one, to: other, chance.chance(60))
        case 9: return .jump(seconds: chance.number(-3_600, 3_600))
        case 10: return .stall(seconds: chance.number(3, 9))
        case 11: return .crash
        case 12: return .journalFails(seconds: chance.number(1, 12))
        case 13: return .lose(acting: chance.chance(50))
        case 14: return .maintenance(seconds: chance.number(60, 600))
        default: return .abort
        }
    }

    private static func people(_ chance: inout Chance, _ at: Int, _ setup: Script.Setup, _ events: inout [Script.Event])
    {
        var when = at + chance.number(300, 6_000)
        for _ in 0..<chance.number(2, 4) {
            let kinds: [FailoverIntent.Kind?] = [
                nil, nil, nil, nil, nil, nil, nil, .switchover, .failover, .restart, .rejoin,
            ]
            let kind = kinds[chance.number(0, kinds.count - 1)]
            let named = kind == .restart || kind == .rejoin || chance.chance(20)
            let thinks = chance.chance(4) ? chance.number(60_500, 64_000) : chance.number(50, 4_000)
            events.append(
                .init(
                    at: when,
                    .act(
                        kind, member: named ? chance.number(0, setup.members - 1) : nil, thinks: thinks,
                        daring: chance.chance(80), mistypes: chance.chance(4))))
            if chance.chance(15) { events.append(.init(at: when + thinks + chance.number(50, 3_000), .abort)) }
            if chance.chance(15) { events.append(.init(at: when + thinks + chance.number(20, 4_000), .crash)) }
            if chance.chance(12) {
                events.append(
                    .init(at: when + thinks - chance.number(-1_500, 1_500), .journalFails(seconds: chance.number(1, 6)))
                )
            }
            when += chance.chance(30) ? chance.number(50, 2_000) : chance.number(5_000, 40_000)
        }
        // In the end somebody looks after what was left open.
        events.append(.init(at: when + 35_000, .resume))
        events.append(.init(at: when + 60_000, .close))
        events.append(.init(at: when + 62_000, .close))
    }
}
