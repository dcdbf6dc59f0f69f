import Testing
import TocsinCore
import TocsinModel

/// A failover under way: from the recorded intent to what is seen in the end.
@Suite struct FailoverRunTests {
    @Test func aFailoverGoesFromIntentToVerified() {
        let world = FailoverWorld()
        world.kill("a")
        #expect(world.view().situation == .primaryLost("a"))
        let plan = world.plan()
        #expect(plan.kind == .failover && plan.loser == "a" && plan.winner == "b")
        #expect(plan.steps.map(\.role) == [.fence, .prove, .promote, .repoint, .verify])
        #expect(plan.steps.compactMap(\.call?.words) == ["fence a", "promote b", "repoint b"])
        #expect(plan.pointOfNoReturn == 3 && plan.refusals.isEmpty && plan.confirmation == ["prod/db"])
        #expect(world.execute(plan)?.outcome == .done)
        #expect(world.orders.map(\.call.words) == ["fence a"])
        world.finish()
        #expect(world.orders.last?.call.words == "promote b", "fencing is proven: a refuses connections")
        world.members["b"]?.role = .primary
        world.finish()
        world.clients = .answered
        world.finish()
        world.advance(2)
        #expect(world.run.state == .running, "three looks, not two")
        world.advance(2)
        #expect(world.run.state == .verified)
        #expect(world.run.timings.outage != nil && world.run.timings.detection != nil)
        #expect(world.audit.map(\.action).contains("run verified"))
        #expect(world.view().situation == .normal(primary: "b"))
    }

    /// S12: an unknown outcome is watched; promote never follows an unknown fence.
    @Test func anUnknownFenceStopsEverything() {
        let world = FailoverWorld()
        world.kill("a")
        world.execute(world.plan())
        world.finish(.unknown("no answer within 5 s"))
        #expect(world.run.state == .unknown && world.orders.count == 1)
        world.advance(10)
        #expect(world.run.state == .unknown && world.orders.count == 1)
        // S10: it holds the service until somebody has looked.
        #expect(world.verdict(world.plan(), "no other run") == .hard)
        // Its effect is seen (a refuses connections), so a person may let it go on.
        #expect(world.perform(.resume(world.run.id))?.outcome == .done)
        #expect(world.orders.last?.call.words == "promote b")
    }

    @Test func aSilentDriverIsUnknownAtItsDeadline() {
        let world = FailoverWorld()
        world.kill("a")
        world.execute(world.plan())
        world.advance(8)
        #expect(world.run.state == .unknown && world.run.steps[0].state == .unknown)
        // A late answer changes nothing, and is on record.
        world.finish()
        #expect(world.run.state == .unknown && world.audit.contains { $0.action == "late answer" })
    }

    /// Before the way back ends a failure is taken back; the wrong node winning is not success (S13, S14).
    @Test func aFailedSwitchoverIsTakenBack() {
        let world = FailoverWorld()
        let plan = world.plan()
        #expect(
            plan.kind == .switchover
                && plan.steps.map(\.role) == [.demote, .prove, .catchUp, .promote, .repoint, .verify])
        world.execute(plan)
        world.members["a"]?.role = .standby
        world.finish()
        world.members["b"]?.lag = 500
        world.advance(32)
        #expect(world.orders.last?.call.words == "undemote a" && world.orders.last?.undo == true)
        world.members["a"]?.role = .primary
        world.finish(.done("a is primary"))
        #expect(world.run.state == .failed && world.run.steps[0].state == .undone)
        #expect(!world.orders.contains { $0.call.words == "promote b" })
    }

    @Test func anotherWinnerThanAskedIsNotVerified() {
        let world = FailoverWorld()
        world.kill("a")
        world.execute(world.plan())
        world.finish()
        world.members["c"]?.role = .primary
        world.finish()
        world.clients = .answered
        world.finish()
        world.advance(70)
        #expect(world.run.state == .unknown && world.run.verdict.contains("c is primary, not b"))
        #expect(world.perform(.close(world.run.id, reason: ""))?.outcome == .refused)
        #expect(world.perform(.close(world.run.id, reason: "c it is"))?.outcome == .done)
        #expect(world.run.state == .closed)
    }

    /// S17: without a record nothing is done; a run stops until it can be recorded.
    @Test func nothingIsDoneUnrecorded() {
        let world = FailoverWorld()
        world.kill("a")
        world.journalFails = "the disk is full"
        let refused = world.execute(world.plan())
        #expect(refused?.outcome == .refused && refused?.words.contains("disk is full") == true)
        #expect(world.orders.isEmpty && world.core.failover.history(of: "db").isEmpty)
        world.journalFails = nil
        world.execute(world.plan())
        world.journalFails = "the disk is full"
        world.finish()
        #expect(world.orders.count == 1 && world.run.verdict.contains("until it can be recorded"))
        world.journalFails = nil
        world.advance(4)
        #expect(world.orders.last?.call.words == "promote b")
        #expect(
            world.audit.filter { $0.action == "step 1 done" }.count >= 2, "what could not be recorded is recorded later"
        )
    }

    /// A step that was under way when the engine died is unknown, and waits for a person.
    @Test func nothingIsRepeatedAfterACrash() {
        let world = FailoverWorld()
        world.kill("a")
        world.execute(world.plan())
        let before = world.orders.count
        world.start()
        #expect(world.run.state == .unknown && world.run.steps[0].state == .unknown)
        world.advance(30)
        #expect(world.orders.count == before)
        #expect(world.run.verdict.contains("the engine ended during step 1 (shut a out)"))
    }

    @Test func anOperatorStopsBeforeThePointOfNoReturnOnly() {
        let world = FailoverWorld()
        world.execute(world.plan())
        #expect(world.perform(.abort(world.run.id))?.outcome == .done)
        world.members["a"]?.role = .standby
        world.finish()
        #expect(world.orders.last?.call.words == "undemote a")
        world.members["a"]?.role = .primary
        world.finish()
        #expect(world.run.state == .failed && world.run.verdict.contains("stopped by kim"))
        let past = FailoverWorld()
        past.kill("a")
        past.execute(past.plan())
        past.finish()
        #expect(past.perform(.abort(past.run.id))?.words.contains("past the last safe stop") == true)
    }
}
