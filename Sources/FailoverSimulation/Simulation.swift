import HeapModule
import TocsinCore
import TocsinModel

/// Runs one script against the real core in a simulated world. No clock, no task, no thread: the same script gives the
/// same transcript, in every process.
package struct Simulation {
    /// What came of a script.
    package struct Report: Sendable, Equatable {
        package var violations: [String] = []
        /// How the runs ended.
        package var ends: [String: Int] = [:]
        package var runs = 0
        package var orders = 0
        package var steps = 0
        package var refusals = 0
        package var crashes = 0
        /// A digest of everything that happened, in order.
        package var transcript: UInt64 = 0xcbf2_9ce4_8422_2325
        /// What happened, in words, when it was asked for.
        package var log: [String] = []
    }

    enum Happening {
        case script(Script.Action)
        case ask(Int, engine: Int)
        case askClient(engine: Int)
        case tick(engine: Int)
        case wake(engine: Int)
        case report(ProbeReport, engine: Int)
        case commit(UInt64, [Change], [AuditEntry], engine: Int)
        case effect(StepCall, RunID)
        case answer(Order, StepOutcome, engine: Int)
        case confirm(Plan, typed: [String], engine: Int)
        case beat
        case restart
    }

    private struct Entry: Comparable {
        var at: Int
        var order: Int
        var what: Happening
        static func < (a: Entry, b: Entry) -> Bool { (a.at, a.order) < (b.at, b.order) }
        static func == (a: Entry, b: Entry) -> Bool { a.at == b.at && a.order == b.order }
    }

    static let epoch: Milliseconds = 1_800_000_000_000
    let script: Script
    var world: SimulatedService
    var journal = SimulatedJournal()
    var checker: Checker
    var core = MonitorCore()
    var report = Report()
    let disabled: Set<Safeguard>
    private var queue = Heap<Entry>()
    var order = 0
    var now = 0
    /// Counts the lives of the engine: what was meant for an earlier one goes astray.
    var engine = 0
    var isUp = true
    var isStalledUntil = 0
    var wallJump = 0
    var commands: UInt64 = 0
    var orders = 0
    var nextWake = 0
    var lastCommit = 0
    var acting = true
    var isLogged = false
    let people = [Operator(name: "kim", uid: 1000), Operator(name: "ann", uid: 1001)]

    /// Plays a script to its end.
    ///
    /// - Parameter disabled: safeguards that are switched off, to see that it is noticed.
    package static func run(_ script: Script, disabled: Set<Safeguard> = [], logged: Bool = false) -> Report {
        var simulation = Simulation(script, disabled)
        simulation.isLogged = logged
        return simulation.play()
    }

    private init(_ script: Script, _ disabled: Set<Safeguard>) {
        self.script = script
        self.disabled = disabled
        world = SimulatedService(script.setup)
        checker = Checker(script.setup)
    }

    mutating func play() -> Report {
        start()
        plan(0, .beat)
        for event in script.events { plan(max(0, event.at), .script(event.action)) }
        let quiet = script.events.map(\.lastsUntil).max() ?? 0
        let end = (script.events.map(\.at).max() ?? 0) + 5_000
        while let next = queue.popMin(), report.violations.isEmpty {
            // Whatever is under way gets the time its deadlines allow.
            if next.at > end, core.failover.activeRuns.isEmpty || next.at > end + 120_000 { break }
            // Nothing is left open and nobody comes any more but to look after it.
            if next.at > quiet, isUp, open.isEmpty { break }
            now = next.at
            happen(next.what)
        }
        checker.end(self, &report)
        return report
    }

    mutating func plan(_ at: Int, _ what: Happening) {
        order += 1
        queue.insert(Entry(at: max(now, at), order: order, what: what))
    }

    var moment: Moment {
        Moment(engine: Self.epoch + Milliseconds(now), wall: Self.epoch + Milliseconds(now + wallJump))
    }

    mutating func start() {
        engine += 1
        nextWake = 0
        isUp = true
        core = MonitorCore()
        core.failover.disabled = disabled
        step(.services([world.spec]))
        let runs = journal.runs.values.sorted { $0.id < $1.id }
        step(.restoredRuns(journal.services.values.sorted { $0.name < $1.name }, runs))
        step(.standing(service: "db", watchOnly: acting ? nil : "another engine acts"))
        for index in world.nodes.indices { plan(now + 100 * index, .ask(index, engine: engine)) }
        if script.setup.client { plan(now + 50, .askClient(engine: engine)) }
        plan(now + 1_000, .tick(engine: engine))
    }

    // MARK: Happenings

    mutating func happen(_ what: Happening) {
        switch what {
        case .script(let action): obey(action)
        case .ask(let index, let life): if isCurrent(life) { ask(index) }
        case .askClient(let life): if isCurrent(life) { askClient() }
        case .tick(let life):
            guard isCurrent(life) else { return }
            if now < isStalledUntil { return plan(isStalledUntil, what) }
            step(.tick)
            plan(max(now + 1_000, isStalledUntil), .tick(engine: life))
        case .wake(let life): if isCurrent(life), nextWake == now, now >= isStalledUntil { step(.tick) }
        case .report(let report, let life):
            guard isCurrent(life) else { return }
            var report = report
            if now < isStalledUntil { return plan(isStalledUntil, .report(report, engine: life)) }
            report.receivedAt = moment.engine
            checker.delivered(report, now)
            step(.probed(report))
        case .commit(let number, let changes, let audit, let life):
            if now < isStalledUntil { return plan(isStalledUntil, what) }
            commit(number, changes, audit, life)
        case .effect(let call, let run): carryOut(call, run)
        case .answer(let order, let outcome, let life):
            guard isCurrent(life) else { return }
            if now < isStalledUntil { return plan(isStalledUntil, what) }
            note("answer \(order.step) \(outcome)")
            step(.stepFinished(order.run, step: order.step, undo: order.undo, outcome))
        case .confirm(let plan, let typed, let life): confirm(plan, typed, life)
        case .beat:
            world.beat(now)
            plan(now + 1_000, .beat)
        case .restart:
            checker.crashed()
            start()
            note("engine up")
        }
    }

    func isCurrent(_ life: Int) -> Bool { isUp && life == engine }

    mutating func carryOut(_ call: StepCall, _ run: RunID) {
        world.carryOut(call)
        checker.happened(call, run, self, &report)
        note("effect \(call.words)")
    }

    mutating func ask(_ index: Int) {
        var chance = Chance(script.seed, 2, UInt64(index), UInt64(now))
        let asked = Int(moment.engine)
        let life = engine
        let hurried = core.failover.isHurried("db")
        if let (outcome, statements, age) = world.answer(index, now) {
            let latency = chance.number(1, 30)
            let report = ProbeReport(
                service: "db", source: .member(world.nodes[index].name), outcome: outcome, askedAt: moment.engine,
                receivedAt: moment.engine + Milliseconds(latency),
                statedAt: age > 0 ? Milliseconds(asked - age) : nil, statements: statements)
            plan(now + latency, .report(report, engine: life))
        } else {
            let report = ProbeReport(
                service: "db", source: .member(world.nodes[index].name), outcome: .silent("no answer within 800 ms"),
                askedAt: moment.engine, receivedAt: moment.engine + 800)
            plan(now + 800, .report(report, engine: life))
        }
        plan(max(now + (hurried ? 500 : 1_000), isStalledUntil), .ask(index, engine: life))
    }

    mutating func askClient() {
        let served = world.clientsServed
        let report = ProbeReport(
            service: "db", source: .client, outcome: served ? .answered : .refused("connection refused"),
            askedAt: moment.engine, receivedAt: moment.engine + 2)
        plan(now + 2, .report(report, engine: engine))
        plan(max(now + (core.failover.isHurried("db") ? 250 : 1_000), isStalledUntil), .askClient(engine: engine))
    }

    // MARK: The engine

    mutating func step(_ input: Input) {
        report.steps += 1
        let decision = core.step(input, at: moment)
        if decision.needsCommit {
            var chance = Chance(script.seed, 3, UInt64(decision.sequence), UInt64(engine))
            // One writer writes in order.
            lastCommit = max(lastCommit, now + chance.number(1, 40))
            plan(
                lastCommit,
                .commit(decision.sequence, decision.changes, decision.audit, engine: engine))
        }
        for reply in decision.replies { checker.replied(reply, self, &report) }
        for order in decision.act { perform(order) }
        if let at = decision.wakeAt { wake(Int(at - Self.epoch) + 2) }
        checker.watch(self, &report)
    }

    /// One wake-up is enough: it comes at the first time that was asked for, and then asks anew.
    mutating func wake(_ at: Int) {
        guard nextWake <= now || at < nextWake else { return }
        nextWake = at
        plan(at, .wake(engine: engine))
    }

    mutating func commit(_ number: UInt64, _ changes: [Change], _ audit: [AuditEntry], _ life: Int) {
        guard isUp || life == engine else { return }
        // The engine may have died while the write was under way: then it is there, or it is not.
        if life != engine || !isUp {
            var chance = Chance(script.seed, 4, number)
            if chance.chance(50) { journal.commit(changes, audit) }
            return
        }
        if now < journal.failsUntil { return step(.commitFailed(number, "the disk is full")) }
        journal.commit(changes, audit)
        for entry in audit { note("\(entry.action) \(entry.detail)") }
        step(.committed(number))
    }

    mutating func perform(_ order: Order) {
        orders += 1
        report.orders += 1
        checker.ordered(order, self, &report)
        note("order \(order.step) \(order.call.words)")
        var chance = Chance(script.seed, 5, UInt64(orders))
        let took = chance.number(20, 900)
        let life = engine
        func effect(_ at: Int) { plan(at, .effect(order.call, order.run)) }
        func answer(_ at: Int, _ outcome: StepOutcome) { plan(at, .answer(order, outcome, engine: life)) }
        guard chance.chance(script.setup.driverFaults) else {
            effect(now + took)
            return answer(now + took + chance.number(1, 50), .done("exit 0"))
        }
        switch chance.number(0, 6) {
        case 0: answer(now + took, .failed("exit 1"))
        case 1:
            effect(now + took)
            answer(now + took + 5, .failed("exit 1"))
        case 2:
            // Fencing somebody who is dead already has its effect without anything being done.
            if order.call.arguments[0] == "fence", let index = world.index(order.call.arguments[1]),
                world.nodes[index].life == .dead
            {
                effect(now + took)
            }
            answer(now + took, .done("exit 0"))
        case 3: answer(now + 5_000, .unknown("no answer within 5 s"))
        case 4:
            effect(now + chance.number(4_000, 9_000))
            answer(now + 5_000, .unknown("no answer within 5 s"))
        case 5:
            effect(now + took)
            answer(now + took + 5, .done("exit 0"))
            answer(now + took + chance.number(10, 3_000), .done("exit 0"))
        default: effect(now + took)
        }
    }

    mutating func note(_ text: String) {
        if isLogged { report.log.append("\(now) \(text)") }
        for byte in text.utf8 { report.transcript = (report.transcript ^ UInt64(byte)) &* 0x100_0000_01b3 }
        report.transcript = (report.transcript ^ UInt64(now)) &* 0x100_0000_01b3
    }
}
