import TestKit
import Testing
import TocsinCore
import TocsinModel

/// The sentences of the house's alert semantics, by their numbers.
@Suite struct SemanticsTests {
    @Test func s1_firesAtTheFirstEvaluationAtWhichForHasPassed() {
        let world = CoreWorld([CoreWorld.rule(holdFor: 10_000)])
        world.set(9)
        world.advance(10)
        #expect(world.alert.state == .pending)
        world.advance(1)
        #expect(world.alert.state == .firing)
        #expect(world.alert.firingSince! - world.alert.activeSince == 10_000)
        let atOnce = CoreWorld()
        atOnce.set(9)
        atOnce.advance(1)
        #expect(atOnce.alert.state == .firing)
    }

    @Test func s2_oneFalseEvaluationClearsAPendingAlert() {
        let world = CoreWorld([CoreWorld.rule(holdFor: 10_000)])
        world.set(9)
        world.advance(9)
        world.set(1)
        world.advance(1)
        #expect(world.alert.state == .inactive)
        world.set(9)
        world.advance(10)
        #expect(world.alert.state == .pending)
        world.advance(1)
        #expect(world.alert.state == .firing)
        #expect(world.alert.episode.number == 1)
    }

    @Test func s3_keepFiringForHoldsAndOneTrueEvaluationClearsTheMark() {
        let world = CoreWorld([CoreWorld.rule(keep: 10_000)])
        world.set(9)
        world.advance(1)
        world.set(1)
        world.advance(9)
        #expect(world.alert.state == .firing)
        world.set(9)
        world.advance(1)
        world.set(1)
        world.advance(10)
        #expect(world.alert.state == .firing)
        world.advance(1)
        #expect(world.alert.state == .resolved)
    }

    @Test func s4_aPendingAlertIsNeverKept() {
        let world = CoreWorld([CoreWorld.rule(holdFor: 5_000, keep: 60_000)])
        world.set(9)
        world.advance(2)
        world.set(1)
        world.advance(1)
        #expect(world.alert.state == .inactive)
    }

    @Test func s5_bothStartsAreKeptApart() {
        let world = CoreWorld([CoreWorld.rule(holdFor: 3_000)])
        world.set(9)
        world.advance(8)
        #expect(world.alert.firingSince == world.alert.activeSince + 3_000)
    }

    @Test func s6_aResolvedAlertKeepsItsStartAndGetsAnEnd() {
        let world = CoreWorld()
        world.set(9)
        world.advance(5)
        let start = world.alert.firingSince
        world.set(1)
        world.advance(1)
        #expect(world.alert.state == .resolved)
        #expect(world.alert.firingSince == start)
        #expect(world.alert.resolvedAt == world.now.engine)
    }

    @Test func s7_firingAgainIsANewEpisodeOfTheSameFingerprint() {
        let world = CoreWorld()
        world.set(9)
        world.advance(1)
        let first = world.alert.episode
        world.set(1)
        world.advance(1)
        world.set(9)
        world.advance(1)
        #expect(world.alert.episode.fingerprint == first.fingerprint)
        #expect(world.alert.episode.number == first.number + 1)
    }

    @Test func s8_anEvaluationErrorChangesNoAlertAndIsCounted() {
        // Two series on the "one" side make the expression fail.
        let world = CoreWorld([CoreWorld.rule("Hot", "x * on () y > 5")])
        world.set(9)
        world.set(1, ["__name__": "y"])
        world.advance(1)
        #expect(world.alert.state == .firing)
        world.set(1, ["__name__": "y", "twice": "yes"])
        world.advance(3)
        #expect(world.alert.state == .firing)
        guard case .failing(let reason, let times)? = world.core.judgementsInOrder.first?.judgement else {
            Issue.record("the rule is not marked as failing")
            return
        }
        #expect(times == 3)
        #expect(reason.contains("duplicate series"))
    }

    @Test func s9_equalLabelSetsAreAnError() {
        let world = CoreWorld([CoreWorld.rule("Hot", "{job=\"j\"} > 5")])
        world.set(9, ["__name__": "a", "job": "j"])
        world.set(9, ["__name__": "b", "job": "j"])
        world.advance(1)
        #expect(world.core.sorted.isEmpty)
        guard case .failing? = world.core.judgementsInOrder.first?.judgement else {
            Issue.record("no error")
            return
        }
    }

    @Test func s10_reloadKeepsUnchangedRulesAndResolvesRemovedOnes() {
        let world = CoreWorld([CoreWorld.rule("Hot"), CoreWorld.rule("Gone")])
        world.set(9)
        world.advance(1)
        let kept = RuleGroup(name: "g", file: "f", interval: 1_000, rules: [.alerting(CoreWorld.rule("Hot"))])
        world.step(.configured(kept.keys))
        let alerts = world.core.sorted.map(\.alert).sorted { $0.name < $1.name }
        #expect(alerts.map(\.name) == ["Gone", "Hot"])
        #expect(alerts[0].state == .resolved)
        #expect(alerts[0].resolvedReason == "rule removed")
        #expect(alerts[1].state == .firing)
        #expect(world.core.active(at: world.now).values.joined().map { $0.labels["alertname"] } == ["Hot"])
        let changed = RuleGroup(
            name: "g", file: "f", interval: 1_000, rules: [.alerting(CoreWorld.rule("Hot", "x > 6"))])
        world.step(.configured(changed.keys))
        #expect(world.core.sorted.map(\.alert).first { $0.name == "Hot" }?.state == .resolved)
    }

    @Test func s20_anAcknowledgementNamesItsOwnerAndHidesNothing() {
        let world = CoreWorld()
        world.set(9)
        world.advance(1)
        #expect(world.acknowledge(world.kim, "growing the log", for: 3_600_000)?.outcome == .done)
        world.advance(5)
        #expect(world.alert.state == .firing)
        #expect(world.alert.acknowledgement?.by == world.kim)
        #expect(world.alert.acknowledgement?.comment == "growing the log")
        #expect(
            world.audit.contains {
                $0.action == "acknowledged" && $0.by == world.kim && $0.detail.contains("growing the log")
            })
        #expect(VerdictMaker.verdict(world.core, watched: 1, now: world.now.engine).allOwned)
    }

    @Test func s21_itEndsWithTheAlertAndWhenSeverityRisesUnlessSticky() {
        for sticky in [false, true] {
            let world = CoreWorld([
                CoreWorld.rule("Hot", "x > 5"), CoreWorld.rule("Hot", "x > 50", severity: "critical"),
            ])
            world.set(9)
            world.advance(1)
            world.acknowledge(world.kim, sticky: sticky)
            world.set(90)
            world.advance(1)
            let warning = world.core.sorted.map(\.alert).first { $0.severity == .warning }
            #expect((warning?.acknowledgement != nil) == sticky)
            #expect(world.actions.contains("acknowledgement ended") == !sticky)
            world.set(1)
            world.advance(1)
            #expect(world.core.sorted.allSatisfy { $0.alert.acknowledgement == nil })
        }
    }

    @Test func s22_expiryEndsStateAndCommentTogether() {
        let world = CoreWorld()
        world.set(9)
        world.advance(1)
        world.acknowledge(world.kim, "for a while", for: 10_000)
        world.advance(9)
        #expect(world.alert.acknowledgement != nil)
        world.advance(1)
        #expect(world.alert.acknowledgement == nil)
        #expect(world.actions.contains("acknowledgement expired"))
        #expect(!VerdictMaker.verdict(world.core, watched: 1, now: world.now.engine).allOwned)
    }

    @Test func s24_theKeyCarriesTheEpisode() {
        let world = CoreWorld()
        world.set(9)
        world.advance(1)
        let seen = world.alert.episode
        world.set(1)
        world.advance(1)
        let late = world.perform(.acknowledge([seen], comment: "", duration: nil, sticky: false), by: world.kim)
        #expect(late?.outcome == .refused)
        #expect(late?.words.contains("resolved before") == true)
        world.set(9)
        world.advance(1)
        let old = world.perform(.acknowledge([seen], comment: "", duration: nil, sticky: false), by: world.kim)
        #expect(old?.words.contains("began anew") == true)
        #expect(world.alert.acknowledgement == nil)
    }

    @Test func s25_theSecondOperatorIsToldWhoWasFirst() {
        let world = CoreWorld()
        world.set(9)
        world.advance(1)
        #expect(world.acknowledge(world.kim)?.outcome == .done)
        let second = world.acknowledge(world.ann)
        #expect(second?.outcome == .refused)
        #expect(second?.words.contains("kim") == true)
        #expect(world.alert.acknowledgement?.by == world.kim)
    }

    @Test func s25_alsoWhileTheFirstIsStillBeingWritten() {
        let world = CoreWorld()
        world.set(9)
        world.advance(1)
        let command = OperatorCommand.acknowledge([world.alert.episode], comment: "", duration: nil, sticky: false)
        let first = world.core.step(.command(CommandID(71), command, by: world.kim), at: world.now)
        #expect(first.replies.isEmpty)
        let second = world.core.step(.command(CommandID(72), command, by: world.ann), at: world.now)
        #expect(second.replies.first?.receipt.words.contains("kim") == true)
        let repeated = world.core.step(.command(CommandID(71), command, by: world.kim), at: world.now)
        #expect(repeated.replies.isEmpty && !repeated.needsCommit)
        let done = world.core.step(.committed(first.sequence), at: world.now)
        #expect(done.replies.map(\.id) == [CommandID(71)])
        #expect(world.core.sorted.first?.alert.acknowledgement?.by == world.kim)
        let again = world.core.step(.command(CommandID(71), command, by: world.kim), at: world.now)
        #expect(again.replies.first?.receipt.outcome == .done)
        #expect(!again.needsCommit)
    }

    @Test func s26_givingBackMakesItNobodysFromNow() {
        let world = CoreWorld()
        world.set(9)
        world.advance(1)
        world.acknowledge(world.kim)
        #expect(world.perform(.unacknowledge([world.alert.episode]), by: world.ann)?.outcome == .done)
        #expect(world.alert.acknowledgement == nil)
        #expect(world.perform(.unacknowledge([world.alert.episode]), by: world.ann)?.outcome == .refused)
        #expect(world.actions.suffix(2) == ["unacknowledged", "unacknowledge refused"])
    }

    @Test func s27_theFingerprintIsAFunctionOfTheSortedLabels() {
        let a = Labels([("b", "2"), ("a", "1")])
        let b = Labels([("a", "1"), ("b", "2")])
        #expect(a.fingerprint == b.fingerprint)
        // The value client_golang's model gives for {a="1", b="2"}: FNV-1a with 0xFF after each name and value.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in Array("a".utf8) + [255] + Array("1".utf8) + [255] + Array("b".utf8) + [255] + Array("2".utf8) + [
            255
        ] {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        #expect(a.fingerprint == hash)
    }

    @Test func s28_emptyLabelsAreAbsentOnes() {
        #expect(Labels([("a", "1"), ("b", "")]) == Labels([("a", "1")]))
    }

    @Test func s41_timesAreUTCMilliseconds() {
        let world = CoreWorld()
        world.set(9)
        world.advance(1)
        #expect(world.audit.first?.at == world.now.wall)
    }

    @Test(arguments: [3_600_000, -3_600_000] as [Milliseconds])
    func s42_aStepOfTheWallClockDoesNothing(step: Milliseconds) {
        var line = TimeLine()
        let before = line.moment((wall: 1_000_000, boot: 500_000))
        let after = line.moment((wall: 1_001_000 + step, boot: 501_000))
        #expect(after.engine - before.engine == 1_000)
        #expect(after.wall == 1_001_000 + step)
        let world = CoreWorld([CoreWorld.rule("A", holdFor: 60_000), CoreWorld.rule("B", "x > 4")])
        world.set(9)
        world.advance(5)
        let firing = world.core.sorted.first { $0.alert.name == "B" }!.alert.episode
        world.perform(.acknowledge([firing], comment: "", duration: 60_000, sticky: false), by: world.kim)
        world.advance(1, wallStep: step)
        world.advance(5)
        #expect(world.core.sorted.first { $0.alert.name == "A" }?.alert.state == .pending)
        #expect(world.core.alert(firing)?.acknowledgement != nil)
    }
}
