import TocsinCore
import TocsinModel

/// What the script makes happen: to the world, to the engine, and by people.
extension Simulation {
    mutating func obey(_ action: Script.Action) {
        note("\(action)")
        switch action {
        case .kill(let index): world.nodes[index].life = .dead
        case .freeze(let index): if world.nodes[index].life == .running { world.nodes[index].life = .frozen }
        case .thaw(let index): if world.nodes[index].life == .frozen { world.nodes[index].life = .running }
        case .revive(let index): revive(index)
        case .lie(let index, let lies): world.nodes[index].lies = lies
        case .old(let index, let seconds): world.nodes[index].statesOldTruth = seconds
        case .lag(let index, let bytes): world.nodes[index].lag = bytes
        case .cutEngine(let index, let cut): world.engineCut[index] = cut
        case .cutMembers(let from, let to, let cut): world.memberCut[from][to] = cut
        case .jump(let seconds):
            wallJump += seconds * 1000
            // One that begins after the jump has not seen it.
            if abs(seconds) >= 2, isUp { checker.jumped(now) }
        case .stall(let seconds):
            guard isUp else { return }
            isStalledUntil = now + seconds * 1000
            checker.stalled(until: isStalledUntil)
        case .crash: crash()
        case .journalFails(let seconds): journal.failsUntil = now + seconds * 1000
        case .lose(let acting):
            self.acting = acting
            checker.acting = acting
            if isUp { step(.standing(service: "db", watchOnly: acting ? nil : "another engine acts")) }
        case .maintenance(let seconds):
            command(.maintain(service: "db", duration: Milliseconds(seconds) * 1000, reason: "disks"), people[1])
        case .act(let kind, let member, let thinks, let daring, let mistypes):
            preview(kind, member, thinks, daring, mistypes)
        case .abort: for run in core.failover.activeRuns { command(.abort(run.id), people[1]) }
        case .resume: for run in open where run.state == .unknown { command(.resume(run.id), people[0]) }
        case .close:
            for run in open where run.state == .unknown { command(.close(run.id, reason: "looked at it"), people[0]) }
        }
    }

    var open: [Run] { core.failover.history(of: "db").filter(\.state.holdsService).sorted { $0.id < $1.id } }

    mutating func revive(_ index: Int) {
        guard world.nodes[index].life == .dead else { return }
        // Where nothing fences (no step, or a demotion only) nothing keeps a dead primary from coming back as one; then a
        // second writer is not our doing.
        let demoted = core.failover.activeRuns.contains { $0.plan.kind == .switchover }
        let comesBackAsStandby = !script.setup.fence || world.nodes[index].isFenced || demoted
        world.nodes[index].life = .running
        if comesBackAsStandby { world.nodes[index].isPrimary = false }
    }

    mutating func crash() {
        guard isUp else { return }
        isUp = false
        report.crashes += 1
        checker.crashed()
        var chance = Chance(script.seed, 6, UInt64(now))
        plan(max(now + chance.number(200, 4_000), isStalledUntil), .restart)
    }

    mutating func command(_ command: OperatorCommand, _ by: Operator) {
        guard isUp else { return }
        commands += 1
        step(.command(CommandID(commands), command, by: by))
    }

    mutating func preview(
        _ kind: FailoverIntent.Kind?, _ member: Int?, _ thinks: Int, _ daring: Bool, _ mistypes: Bool
    ) {
        guard isUp, now >= isStalledUntil else { return }
        let intent = FailoverIntent(service: "db", kind: kind, member: member.map { SimulatedService.name($0) })
        let by = people[thinks % 2]
        guard case .plan(let plan) = core.failover.preview(intent, by: by, at: moment) else {
            report.refusals += 1
            return
        }
        checker.previewed(plan, now)
        var typed = plan.confirmation
        if !daring, typed.count > 1 {
            report.refusals += 1
            return
        }
        if mistypes { typed[0] += "x" }
        self.plan(now + thinks, .confirm(plan, typed: typed, engine: engine))
    }

    mutating func confirm(_ plan: Plan, _ typed: [String], _ life: Int) {
        guard isCurrent(life), now >= isStalledUntil else { return }
        commands += 1
        checker.confirming(plan, typed, CommandID(commands), now)
        step(.command(CommandID(commands), .execute(plan.token, typed: typed), by: plan.by))
    }
}
