import TocsinCore
import TocsinModel

/// What must hold of orders, of their effects, and of how runs end.
extension Checker {
    mutating func ordered(_ order: Order, _ simulation: Simulation, _ report: inout Simulation.Report) {
        let name = "step \(order.step + 1)"
        orderedAt[order.run] = simulation.now
        func wrong(_ words: String) { report.violations.append("\(order.call.words): \(words)") }
        if !ordered.insert("\(order.run.raw)/\(order.step)/\(order.undo)").inserted { wrong("ordered twice") }
        let entries = simulation.journal.entries(of: order.run)
        guard let kept = simulation.journal.runs[order.run] else { return wrong("its run was not on record") }
        if !entries.contains(where: { $0.action == "intent" }) { wrong("the intent was not on record") }
        if order.undo {
            if !entries.contains(where: { $0.action == "\(name) is undone" }) {
                wrong("taking it back was not on record")
            }
            return
        }
        if kept.steps[order.step].state != .started { wrong("its intent was not on record") }
        if !entries.contains(where: { $0.action == "\(name) begins" }) { wrong("its beginning was not on record") }
        for one in kept.plan.guards where one.verdict == .overridable {
            if !entries.contains(where: {
                $0.action == "guard" && $0.detail.hasPrefix("\(one.name) (\(one.rule)) LIFTED")
            }) {
                wrong("an override was not on record")
            }
        }
        for earlier in 0..<order.step {
            let ends = ["done", "failed", "unknown", "seen"].map { "step \(earlier + 1) \($0)" } + ["resumed"]
            if !entries.contains(where: { ends.contains($0.action) }) {
                wrong("what came of step \(earlier + 1) was not on record")
            }
        }
        let since = simulation.now - disturbedAt
        if since > 300, since < Self.holdStill - 100 {
            wrong("given by an engine that had stalled or whose clock had jumped")
        }
        if order.call.arguments.first == "promote" { lastPromotion = simulation.now }
    }

    /// A promotion has taken effect: nobody else may be able to write.
    mutating func happened(_ call: StepCall, _ run: RunID, _ simulation: Simulation, _ report: inout Simulation.Report)
    {
        guard ["promote", "undemote"].contains(call.arguments[0]),
            let index = simulation.world.index(call.arguments[1]),
            simulation.world.nodes[index].writes
        else { return }
        for (other, node) in simulation.world.nodes.enumerated() where other != index && node.mayWrite {
            if isExcused(other, simulation, since: orderedAt[run] ?? simulation.now) { continue }
            report.violations.append("\(call.words): two writers, \(node.name) (\(node.life)) and \(call.arguments[1])")
        }
    }

    /// Somebody typed that this member is off, which was not true, and the engine could not see that it is back.
    func isExcused(_ index: Int, _ simulation: Simulation, since: Int) -> Bool {
        let word = "\(SimulatedService.name(index)) IS OFF"
        guard simulation.core.failover.runs.values.contains(where: { $0.overrides.contains(word) }) else {
            return false
        }
        let changed = simulation.script.events.contains { event in
            guard event.at <= simulation.now, since - event.at < 2_500 else { return false }
            switch event.action {
            case .thaw(index), .revive(index), .cutEngine(index, _): return true
            default: return false
            }
        }
        return changed || simulation.world.nodes[index].life == .frozen || simulation.world.engineCut[index]
    }

    // MARK: Runs

    mutating func watch(_ simulation: Simulation, _ report: inout Simulation.Report) {
        var active = 0
        for (id, run) in simulation.core.failover.runs {
            if run.state.isActive { active += 1 }
            guard states[id] != run.state else { continue }
            states[id] = run.state
            if run.state == .verified { verified(run, simulation, &report) }
        }
        if active > 1 { report.violations.append("two runs were under way at once") }
    }

    func verified(_ run: Run, _ simulation: Simulation, _ report: inout Simulation.Report) {
        let nodes = simulation.world.nodes
        guard run.plan.kind == .switchover || run.plan.kind == .failover, !nodes.contains(where: \.lies) else { return }
        guard let winner = simulation.world.index(run.plan.winner ?? "") else { return }
        // What happened in the last second may not have been seen by anybody.
        guard simulation.script.events.allSatisfy({ simulation.now - $0.at > 1_500 || $0.at > simulation.now }) else {
            return
        }
        if !nodes[winner].isPrimary {
            report.violations.append("run \(run.id.short) was called verified, but \(nodes[winner].name) is no primary")
        }
        if nodes.indices.contains(where: {
            $0 != winner && nodes[$0].writes && !isExcused($0, simulation, since: simulation.now)
        }) {
            report.violations.append("run \(run.id.short) was called verified beside another writer")
        }
        if setup.client, !simulation.world.clientsServed {
            report.violations.append("run \(run.id.short) was called verified, but clients are not served")
        }
    }

    /// A person can always close what is left unknown.
    func close(_ run: Run, _ core: inout MonitorCore, _ now: Moment, _ report: inout Simulation.Report) {
        let decision = core.step(.command(CommandID(.max), .close(run.id, reason: "over"), by: .engine), at: now)
        _ = core.step(.committed(decision.sequence), at: now)
        if core.failover.run(run.id)?.state != .closed {
            report.violations.append("run \(run.id.short) could not be closed: \(run.verdict)")
        }
    }

    mutating func end(_ simulation: Simulation, _ report: inout Simulation.Report) {
        guard report.violations.isEmpty else { return }
        var core = simulation.core
        let now = Simulation.epoch + Milliseconds(simulation.now)
        for run in core.failover.history(of: "db").sorted(by: { $0.id < $1.id }) {
            report.ends[run.state.rawValue, default: 0] += 1
            if run.state.isActive { report.violations.append("run \(run.id.short) never ended: \(run.verdict)") }
            if run.state == .unknown { close(run, &core, Moment(now), &report) }
            let settled = run.endedAt.map { now - $0 > 5_000 } ?? false
            if settled, simulation.now - simulation.journal.failsUntil > 5_000,
                simulation.journal.runs[run.id]?.state != run.state
            {
                report.violations.append("how run \(run.id.short) ended is not on record")
            }
        }
        guard report.violations.isEmpty else { return }
        let intent = FailoverIntent(service: "db", kind: .switchover)
        if case .plan(let plan) = core.failover.preview(intent, by: .engine, at: Moment(now)),
            plan.refusals.contains(where: { $0.name == "no other run" })
        {
            report.violations.append("the service is still held although no run is open")
        }
    }
}
