import Testing
import TocsinCore
import TocsinModel

/// When a failover may begin: what counts as evidence, whom it may choose, and the guards before it.
@Suite struct FailoverGuardTests {
    /// S7, S8: nothing runs without the name, and never after a minute or another view.
    @Test func aPlanIsConfirmedByNameAndDiesWithItsView() {
        let world = FailoverWorld()
        world.kill("a")
        let plan = world.plan()
        #expect(world.perform(.execute(plan.token, typed: ["prod/other"]))?.outcome == .refused)
        #expect(world.perform(.execute(plan.token, typed: []))?.outcome == .refused)
        #expect(world.orders.isEmpty)
        world.members["c"]?.outcome = .refused("connection refused")
        world.advance(1)
        let late = world.perform(.execute(plan.token, typed: plan.confirmation))
        #expect(late?.outcome == .refused && late?.words.contains("c refuses connections") == true)
        let second = world.plan()
        world.advance(61)
        #expect(world.core.failover.plan(second.token)?.dead == "a minute has passed since it was made")
        #expect(world.perform(.execute(second.token, typed: second.confirmation))?.outcome == .refused)
        #expect(world.orders.isEmpty)
    }

    /// S1: a fact's age counts from when its origin stated it.
    @Test func anOldWordIsNotFreshHoweverOftenItIsFetched() {
        let world = FailoverWorld()
        world.members["b"]?.old = 5_000
        world.members["c"]?.old = 5_000
        world.advance(2)
        let plan = world.plan()
        #expect(plan.refusals.contains { $0.rule == "S1" && $0.reason.contains("of itself is 5") })
    }

    /// S1: a silent primary passes only through fresh independent evidence.
    @Test func silenceAloneIsNoEvidence() {
        let world = FailoverWorld()
        world.members["a"]?.outcome = .silent("no answer within 800 ms")
        world.advance(3)
        #expect(world.view().situation == .primaryLost("a"))
        #expect(world.plan().refusals.contains { $0.rule == "S1" && $0.reason.contains("only this engine says") })
        world.members["b"]?.hears["a"] = false
        world.advance(1)
        #expect(world.plan().refusals.isEmpty)
        // S22: somebody still hears it: a person must look.
        world.members["c"]?.hears["a"] = true
        world.advance(1)
        guard case .unclear(let why) = world.view().situation else {
            Issue.record("\(world.view().situation)")
            return
        }
        #expect(why.contains("c still hears a"))
        #expect(world.plan(.failover).refusals.contains { $0.rule == "S22" })
    }

    /// S2: a refusal alone is one observer; the second word lifts it, on record.
    @Test func oneObserverNeedsASecondWord() {
        let world = FailoverWorld()
        world.members["a"]?.outcome = .refused("connection refused")
        world.advance(2)
        let plan = world.plan()
        #expect(plan.confirmation == ["prod/db", "OVERRIDE"])
        #expect(world.perform(.execute(plan.token, typed: ["prod/db"]))?.outcome == .refused)
        #expect(world.execute(plan)?.outcome == .done)
        #expect(
            world.audit.contains { $0.action == "guard" && $0.detail.contains("LIFTED by kim, who typed “OVERRIDE”") })
    }

    /// S3: the smaller side does nothing.
    @Test func aMinorityOnlyWatches() {
        let world = FailoverWorld()
        for name in ["a", "c"] { world.members[name]?.outcome = .silent("no answer") }
        world.members["b"]?.hears = ["a": false]
        world.advance(4)
        #expect(world.verdict(world.plan(.failover), "a majority is heard") == .hard)
    }

    /// S5: unknown lag counts as too far, and the loss is told in bytes.
    @Test func lagIsLimitedInBytesAndSeconds() {
        let world = FailoverWorld()
        world.members["b"]?.lag = 8 << 20
        world.members["c"]?.lag = nil
        world.kill("a")
        #expect(world.verdict(world.plan(.failover, "b"), "candidate in reach") == .overridable)
        #expect(world.plan(.failover, "b").losses.contains("8.0 MiB"))
        let unknown = world.plan(.failover, "c")
        #expect(world.verdict(unknown, "candidate in reach") == .overridable)
        #expect(unknown.losses.contains("unknown"))
        // Behind by a few bytes for long is too far too.
        world.members["b"]?.lag = 10
        world.advance(8)
        #expect(world.plan(.failover, "b").guards.contains { $0.rule == "S5" && $0.reason.contains("too far behind") })
    }

    /// S6: another site is asked for by its name.
    @Test func crossingSitesNeedsTheSitesName() {
        let world = FailoverWorld()
        world.kill("a")
        #expect(world.plan(.failover, "c").confirmation == ["prod/db", "us2"])
    }

    /// S4: without a way to fence, somebody must say that it is off; a fence that did not work promotes nobody.
    @Test func nobodyIsPromotedBesideAPrimaryThatMayWrite() {
        let world = FailoverWorld { exec, _ in exec.steps[.fence] = nil }
        world.members["a"]?.outcome = .silent("no answer")
        for name in ["b", "c"] { world.members[name]?.hears["a"] = false }
        world.advance(4)
        #expect(world.plan().confirmation == ["prod/db", "a IS OFF"])

        let fenced = FailoverWorld()
        fenced.members["a"]?.outcome = .silent("no answer")
        for name in ["b", "c"] { fenced.members[name]?.hears["a"] = false }
        fenced.advance(4)
        fenced.execute(fenced.plan())
        // It says that it worked, and nothing shows it.
        fenced.finish()
        fenced.advance(20)
        #expect(fenced.run.state == .failed && fenced.run.verdict.contains("nothing proves that a takes no writes"))
        #expect(!fenced.orders.contains { $0.call.words.hasPrefix("promote") })
    }

    /// S11, S16, S21, S23, S24.
    @Test func theOtherGuards() {
        let world = FailoverWorld()
        #expect(world.perform(.maintain(service: "db", duration: 600_000, reason: "disks"))?.outcome == .done)
        #expect(world.verdict(world.plan(), "no maintenance") == .overridable)
        world.advance(601)
        #expect(world.view().maintenance == nil)
        for name in ["b", "c"] { world.members[name]?.outcome = .refused("connection refused") }
        world.advance(2)
        let alone = world.plan(.restart, "a")
        #expect(world.verdict(alone, "not the last one") == .overridable)
        let other = FailoverWorld()
        other.now.engine += 4_000
        other.now.wall += 4_000
        other.advance(1)
        #expect(other.verdict(other.plan(), "own clock and rhythm") == .hard)
        let jumped = FailoverWorld()
        jumped.now.wall += 3_600_000
        jumped.advance(1)
        #expect(jumped.verdict(jumped.plan(), "own clock and rhythm") == .hard)
        jumped.advance(31)
        #expect(jumped.verdict(jumped.plan(), "own clock and rhythm") == .passed)
        for mode in [FailoverIntent.Mode.assisted, .automatic, .scheduled] {
            guard case .refused(let words) = jumped.preview(mode: mode) else {
                Issue.record("\(mode) was planned")
                continue
            }
            #expect(words.contains("not there yet"))
        }
        guard case .plan(let drill) = jumped.preview(mode: .rehearsal) else { return }
        #expect(drill.kind == .switchover && drill.mode == .rehearsal)
    }

    @Test func suspicionGrowsWithTheSilenceAndIsToldWithinThreeIntervals() {
        var phi = PhiAccrual(interval: 1_000)
        for beat in 0..<20 { phi.beat(at: Milliseconds(beat) * 1_000) }
        #expect(phi.phi(at: 19_500) < 1)
        #expect(phi.phi(at: 20_200) < phi.phi(at: 20_400))
        #expect(phi.phi(at: 20_700) > PhiAccrual.threshold)
        // An irregular peer is told a little later, but within three intervals.
        var irregular = PhiAccrual(interval: 1_000)
        var at: Milliseconds = 0
        for beat in 0..<40 {
            at += beat % 2 == 0 ? 200 : 1_800
            irregular.beat(at: at)
        }
        #expect(irregular.phi(at: at + 1_200) < PhiAccrual.threshold)
        #expect(irregular.phi(at: at + 3_000) >= PhiAccrual.threshold)
        #expect(irregular.suspectedAt.map { $0 <= at + 3_000 } == true)
    }
}
