import TestKit
import Testing
import TocsinCore
import TocsinModel

@Suite struct JudgementTests {
    @Test func timeInWhichNothingWasWatchedCountsTowardsNoFor() {
        let world = CoreWorld([CoreWorld.rule(holdFor: 60_000)])
        world.set(9)
        world.advance(30)
        // The process is stopped for ten minutes.
        world.now.engine += 600_000
        world.now.wall += 600_000
        world.advance(1)
        #expect(world.alert.state == .pending)
        world.advance(28)
        #expect(world.alert.state == .pending)
        world.advance(4)
        #expect(world.alert.state == .firing)
    }

    @Test func dataThatVanishesMakesARuleUnknownAndKeepsItsAlerts() {
        let world = CoreWorld()
        world.set(9)
        world.advance(1)
        world.set(nil)
        world.advance(3)
        #expect(world.alert.state == .firing)
        #expect(world.alert.unjudgedSince != nil)
        let verdict = VerdictMaker.verdict(world.core, watched: 1, now: world.now.engine)
        #expect(verdict.severity == .warning)
        world.set(1)
        world.advance(1)
        #expect(world.alert.state == .resolved)
    }

    @Test func lostDataWithoutAlertsIsUnknownAndNeverGreen() {
        let world = CoreWorld()
        world.set(1)
        world.advance(1)
        world.set(nil)
        world.advance(1)
        let verdict = VerdictMaker.verdict(world.core, watched: 1, now: world.now.engine)
        #expect(verdict.severity == .unknown)
        #expect(verdict.sentence.contains("lost their data"))
    }

    @Test func whatDoesNotExistHereIsNotCounted() {
        let world = CoreWorld([CoreWorld.rule(), CoreWorld.rule("Swap", "swap > 5")])
        world.set(1)
        world.advance(1)
        let verdict = VerdictMaker.verdict(world.core, watched: 4_000, now: world.now.engine)
        #expect(verdict.rulesTotal == 1)
        #expect(verdict.sentence(at: world.now.engine) == "no trouble seen in 4 s; 1 of 1 rules judged")
    }

    @Test func pendingShowsAsSuspicion() {
        let world = CoreWorld([CoreWorld.rule(holdFor: 30_000)])
        world.set(9)
        world.advance(1)
        let verdict = VerdictMaker.verdict(world.core, watched: 4_000, now: world.now.engine)
        #expect(verdict.severity == nil)
        #expect(verdict.detail.hasPrefix("suspicion: "))
        #expect(verdict.detail.contains("fires in 30 s"))
    }

    @Test func theWorstUnownedAlertIsTheVerdict() {
        let world = CoreWorld([
            CoreWorld.rule("A", "x > 5", severity: "info"), CoreWorld.rule("B", "x > 6"),
            CoreWorld.rule("C", "x > 7", severity: "critical"),
        ])
        world.set(9)
        world.advance(1)
        func verdict() -> Verdict { VerdictMaker.verdict(world.core, watched: 1, now: world.now.engine) }
        #expect(verdict().severity == .critical)
        let critical = world.core.sorted.map(\.alert).first { $0.severity == .critical }!
        world.perform(.acknowledge([critical.episode], comment: "", duration: nil, sticky: false), by: world.kim)
        #expect(verdict().severity == .warning)
    }

    @Test func withoutARecordNoCommandIsCarriedOut() {
        let world = CoreWorld()
        world.set(9)
        world.advance(1)
        world.journalFails = "the disk is full"
        let receipt = world.acknowledge(world.kim)
        #expect(receipt?.outcome == .refused)
        #expect(receipt?.words.contains("the disk is full") == true)
        #expect(world.alert.acknowledgement == nil)
        world.journalFails = nil
        #expect(world.acknowledge(world.kim)?.outcome == .done)
    }

    @Test func suspectsAndStrangersCannotBeTaken() {
        let world = CoreWorld([CoreWorld.rule(holdFor: 30_000)])
        world.set(9)
        world.advance(1)
        #expect(world.acknowledge(world.kim)?.words.contains("only suspected") == true)
        let stranger = EpisodeID(fingerprint: 1, number: 1)
        let receipt = world.perform(.acknowledge([stranger], comment: "", duration: nil, sticky: false), by: world.kim)
        #expect(receipt?.words.contains("not known") == true)
    }

    /// The same inputs give the same decisions, whatever order hash tables have.
    @Test func decisionsAreReproducible() {
        func transcript() -> [String] {
            let world = CoreWorld([CoreWorld.rule("A", "x > 5"), CoreWorld.rule("B", "x > 6", holdFor: 3_000)])
            var random = SeededRandom(5)
            for _ in 0..<200 {
                for name in 0..<20 {
                    world.set(Double.random(in: 0...10, using: &random), ["__name__": "x", "n": "\(name)"])
                }
                world.advance(1)
            }
            return world.audit.map { "\($0.at) \($0.action) \($0.episode)" }
        }
        #expect(transcript() == transcript())
    }

    @Test func restoredAlertsGoOnWhereTheyWere() {
        let world = CoreWorld([CoreWorld.rule("A", "x > 5"), CoreWorld.rule("B", "x > 6", holdFor: 60_000)])
        world.set(9)
        world.advance(20)
        world.perform(
            .acknowledge(
                world.core.sorted.map(\.alert).filter { $0.name == "A" }.map(\.episode), comment: "mine", duration: nil,
                sticky: false), by: world.kim)
        var kept: [UInt64: Alert] = [:]
        for case .alert(var alert, let key) in world.changes {
            alert.rule = key
            kept[alert.episode.fingerprint] = alert
        }
        // Killed, and started again twenty seconds later.
        let after = CoreWorld([CoreWorld.rule("A", "x > 5"), CoreWorld.rule("B", "x > 6", holdFor: 60_000)])
        after.now = Moment(world.now.engine + 20_000)
        after.step(.restored(kept.values.sorted { $0.labels < $1.labels }))
        after.step(.configured(after.group.keys))
        after.state = GroupState(after.group, restored: after.core.active(at: after.now))
        after.state.evaluatedAt = world.now.engine
        after.set(9)
        after.advance(1)
        let alerts = after.core.sorted.map(\.alert).sorted { $0.name < $1.name }
        #expect(alerts[0].acknowledgement?.comment == "mine")
        #expect(alerts[0].episode.number == 1)
        #expect(alerts[1].state == .pending)
        after.advance(30)
        #expect(after.core.sorted.map(\.alert).first { $0.name == "B" }?.state == .pending)
        after.advance(20)
        #expect(after.core.sorted.map(\.alert).first { $0.name == "B" }?.state == .firing)
    }
}
