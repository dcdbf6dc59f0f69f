import TocsinModel

/// The part of the core that knows services, makes plans and carries runs from step to step.
///
/// Like the core it is a value that turns inputs into decisions: it reads no clock and does nothing itself.
package struct FailoverMachine: Sendable {
    var states: [ServiceState] = []
    var plans: [StoredPlan] = []
    /// Runs by id: those that are open, and the last ones of each service.
    package internal(set) var runs: [RunID: Run] = [:]
    var progress: [RunID: RunProgress] = [:]
    /// What services were like before this engine started.
    var memories: [ServiceMemory] = []
    /// Until when this engine holds still, and why.
    var tilt: (until: Milliseconds, why: String)?
    private var last: Moment?
    private var made: UInt64 = 0
    /// What a test has switched off.
    package var disabled: Set<Safeguard> = []
    /// No run begins any more: the engine is about to end.
    var isDraining = false

    /// How long this engine holds still after a stall or a clock jump.
    package static let holdStill: Milliseconds = 30_000
    /// A plan can be run for so long.
    package static let planLife: Milliseconds = 60_000
    /// A clock that jumped, or an engine that is late, by so much cannot be trusted for a while.
    private static let jump: Milliseconds = 2_000

    package init() {}

    func isOn(_ safeguard: Safeguard) -> Bool { disabled.isEmpty || !disabled.contains(safeguard) }

    func index(_ service: String) -> Int? { states.firstIndex { $0.spec.name == service } }

    func state(_ service: String) -> ServiceState? { index(service).map { states[$0] } }

    /// A service as pages show it.
    package func view(_ service: String, at now: Milliseconds) -> ServiceView? { state(service)?.view(now) }

    /// All services, in the order of the configuration.
    package func views(at now: Milliseconds) -> [ServiceView] { states.map { $0.view(now) } }

    /// What of a service is news when it changes: everything but ages and numbers.
    package struct Outline: Sendable, Equatable {
        var situation: Situation
        var members: [MemberCondition]
        var roles: [MemberRole?]
        var client: MemberCondition?
        var run: RunState?
        var step: Int?
        var good: Int?
    }

    package func outline(_ service: String) -> Outline? {
        state(service).map { state in
            let run = state.run.flatMap { runs[$0] }
            return Outline(
                situation: state.situation, members: state.members.map(\.view.condition),
                roles: state.members.map(\.view.role?.value), client: state.client?.condition, run: run?.state,
                step: run?.current, good: state.run.flatMap { progress[$0]?.good })
        }
    }

    package func run(_ id: RunID) -> Run? { runs[id] }

    /// Runs of a service, newest first.
    package func history(of service: String) -> [Run] {
        runs.values.filter { $0.plan.service == service }.sorted { ($1.startedAt, $1.id) < ($0.startedAt, $0.id) }
    }

    /// Runs that may still do something.
    package var activeRuns: [Run] { runs.values.filter(\.state.isActive).sorted { $0.id < $1.id } }

    /// True while a service is watched closely: a run is under way.
    package func isHurried(_ service: String) -> Bool {
        runs.values.contains { $0.plan.service == service && $0.state.isActive }
    }

    // MARK: Configuration

    mutating func configure(_ specs: [ServiceSpec], _ now: Milliseconds) {
        states = specs.map { spec in
            // What is already known of an unchanged set of members is kept.
            if var old = state(spec.name), old.spec.members == spec.members, old.spec.client == spec.client {
                old.spec = spec
                return old
            }
            var fresh = ServiceState(spec, now: now)
            if let memory = memories.first(where: { $0.name == spec.name }) { fresh.adopt(memory) }
            fresh.run = history(of: spec.name).first?.id
            return fresh
        }
    }

    mutating func restore(_ kept: [ServiceMemory], _ restored: [Run], _ now: Moment, _ decision: inout Decision) {
        memories = kept
        for index in states.indices {
            if let memory = kept.first(where: { $0.name == states[index].spec.name }) { states[index].adopt(memory) }
        }
        for run in restored.sorted(by: { $0.id < $1.id }) { takeUp(run, now, &decision) }
        for index in states.indices where states[index].run == nil {
            states[index].run = history(of: states[index].spec.name).first?.id
        }
    }

    /// This engine may act on a service, or why it may not.
    mutating func stand(_ service: String, watchOnly: String?) {
        if let index = index(service) { states[index].watchOnly = watchOnly }
    }

    // MARK: What is seen

    mutating func observe(_ report: ProbeReport, _ now: Moment, _ decision: inout Decision) {
        passTime(now)
        guard let index = index(report.service) else { return }
        let before = states[index].lastPrimary
        states[index].take(report, now: now.engine)
        if let primary = states[index].lastPrimary, primary != before {
            remember(index, &decision)
            let was = before.map { ", it was \($0)" } ?? ""
            decision.audit.append(note("primary seen", .engine, states[index], now, "\(primary) is primary\(was)"))
        }
        follow(now, &decision)
        decision.wakeAt = wakeAt(after: now.engine)
    }

    mutating func tick(_ now: Moment, _ decision: inout Decision) {
        guard !states.isEmpty || !runs.isEmpty else { return }
        passTime(now)
        for index in states.indices {
            states[index].tick(now.engine)
            if let maintenance = states[index].maintenance, maintenance.until <= now.engine {
                states[index].maintenance = nil
                remember(index, &decision)
                decision.audit.append(note("maintenance ended", .engine, states[index], now, "its time is over"))
            }
        }
        follow(now, &decision)
        decision.wakeAt = wakeAt(after: now.engine)
    }

    private func wakeAt(after now: Milliseconds) -> Milliseconds? {
        states.compactMap(\.wakeAt).filter { $0 > now }.min()
    }

    /// Runs go on and plans die with what is seen.
    private mutating func follow(_ now: Moment, _ decision: inout Decision) {
        for id in runs.keys.sorted() {
            // One that has ended may still wait for its end to be recorded.
            guard runs[id]?.state.holdsService == true || progress[id]?.retryAt != nil else { continue }
            advance(id, now, &decision)
        }
        reviewPlans(now.engine)
    }

    /// Notices when this engine itself was late or its clock jumped: then what looks like silence may be our own.
    mutating func passTime(_ now: Moment) {
        defer { last = Moment(engine: max(now.engine, last?.engine ?? now.engine), wall: now.wall) }
        guard let last else { return }
        let late = now.engine - last.engine
        let rhythm = states.map(\.spec.interval).min() ?? 1_000
        if late >= rhythm + Self.jump {
            for index in states.indices { states[index].forgive(late - rhythm) }
            tilt = (now.engine + Self.holdStill, "this engine itself stood still for \(Words.duration(late))")
        } else if (now.wall - now.engine) - (last.wall - last.engine) >= Self.jump
            || (last.wall - last.engine) - (now.wall - now.engine) >= Self.jump
        {
            tilt = (now.engine + Self.holdStill, "the clock of this host jumped")
        }
    }

    // MARK: Helpers

    mutating func nextToken(_ now: Moment) -> UInt64 {
        made += 1
        // SplitMix64: short names that do not resemble each other, the same in every replay.
        var z = UInt64(bitPattern: now.wall) &* 0x9e37_79b9_7f4a_7c15 &+ made &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    func remember(_ index: Int, _ decision: inout Decision) {
        let state = states[index]
        decision.changes.append(
            .service(
                ServiceMemory(
                    name: state.spec.name, lastPrimary: state.lastPrimary, maintenance: state.maintenance)))
    }

    func note(
        _ action: String, _ by: Operator, _ state: ServiceState, _ now: Moment, _ detail: String
    ) -> AuditEntry {
        AuditEntry(at: now.wall, by: by, action: action, target: state.spec.title, detail: detail)
    }
}

extension ServiceState {
    mutating func adopt(_ memory: ServiceMemory) {
        lastPrimary = lastPrimary ?? memory.lastPrimary
        maintenance = maintenance ?? memory.maintenance
    }
}
