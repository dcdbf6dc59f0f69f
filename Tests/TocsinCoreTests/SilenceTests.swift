import Testing
import TocsinCore
import TocsinModel

/// Silences after the house's alert semantics, by their numbers, and tokens.
@Suite struct SilenceTests {
    private func firing() -> CoreWorld {
        let world = CoreWorld()
        world.set(9)
        world.advance(1)
        return world
    }

    private func request(
        _ matchers: [LabelMatcher] = [LabelMatcher("alertname", .equal, "Hot")], for seconds: Milliseconds = 60,
        id: SilenceID? = nil, startsAt: Milliseconds? = nil
    ) -> OperatorCommand {
        .silence(
            SilenceRequest(id: id, matchers: matchers, startsAt: startsAt, duration: seconds * 1_000, comment: "moving")
        )
    }

    private func hides(_ world: CoreWorld) -> Bool {
        world.core.sorted.contains { !world.core.silences(of: $0, at: world.now.engine).isEmpty }
    }

    @Test func s37_whatMatchesEverythingOrCannotBeReadIsRefused() {
        let world = firing()
        for matchers in [
            [], [LabelMatcher("none", .matches, ".*")], [LabelMatcher("none", .equal, "")],
            [LabelMatcher("a", .matches, "(")], [LabelMatcher("1a", .equal, "x")],
        ] { #expect(world.perform(request(matchers), by: world.kim)?.outcome == .refused) }
        // Anchored at both ends.
        #expect(world.perform(request([LabelMatcher("alertname", .matches, "Ho")]), by: world.kim)?.outcome == .done)
        #expect(!hides(world))
        #expect(world.perform(request([LabelMatcher("alertname", .matches, "Ho.")]), by: world.kim)?.outcome == .done)
        #expect(hides(world))
    }

    @Test func s38_itAppliesFromItsStartUpToItsEndByTheEnginesClock() throws {
        let world = firing()
        let receipt = try #require(world.perform(request(for: 10, startsAt: world.now.wall + 5_000), by: world.kim))
        #expect(receipt.outcome == .done && receipt.silence != nil)
        world.advance(4)
        #expect(!hides(world))
        world.advance(1)
        #expect(hides(world))
        // A step of the wall clock ends nothing.
        world.advance(9, wallStep: 3_600_000)
        #expect(hides(world))
        world.advance(1)
        #expect(!hides(world))
    }

    @Test func s38_otherMatchersMakeANewOneAndExpireTheOld() throws {
        let world = firing()
        let first = try #require(world.perform(request(), by: world.kim)?.silence)
        let longer = try #require(world.perform(request(for: 600, id: first), by: world.ann))
        #expect(longer.silence == first)
        let other = try #require(
            world.perform(request([LabelMatcher("alertname", .matches, "Ho.+")], id: first), by: world.ann))
        #expect(other.outcome == .done && other.silence != first)
        #expect(world.core.silences[first]?.state(at: world.now.engine) == .expired)
        #expect(hides(world))
    }

    @Test func s39_aSilencedAlertStaysAndIsNobodysTrouble() {
        let world = firing()
        _ = world.perform(request(), by: world.kim)
        let verdict = VerdictMaker.verdict(world.core, watched: 60_000, now: world.now.engine)
        #expect(verdict.severity == .warning && verdict.allOwned)
        #expect(verdict.detail.contains("silenced by kim"))
        #expect(world.alert.state == .firing)
    }

    @Test func s40_theEndOfASilenceSaysWhatStillFires() {
        let world = firing()
        _ = world.perform(request(for: 5), by: world.kim)
        world.audit = []
        world.advance(6)
        #expect(world.audit.contains { $0.action == "silence ended" && $0.detail == "1 alerts it hid still fire" })
        world.advance(6)
        #expect(world.audit.count { $0.action == "silence ended" } == 1)
    }

    @Test func oneThatIsExpiredByHandHidesNothingMore() throws {
        let world = firing()
        let id = try #require(world.perform(request(), by: world.kim)?.silence)
        #expect(world.perform(.expireSilence(id), by: world.ann)?.outcome == .done)
        #expect(!hides(world))
        #expect(world.perform(.expireSilence(id), by: world.ann)?.outcome == .refused)
        #expect(world.perform(.expireSilence(SilenceID("none")), by: world.ann)?.outcome == .refused)
    }

    @Test func theyComeBackAfterARestartAndMatchWhatFiresLater() throws {
        let world = firing()
        let id = try #require(world.perform(request(), by: world.kim)?.silence)
        let kept = try #require(world.core.silences[id])
        let again = CoreWorld()
        again.step(.restoredGrants([kept], []))
        again.set(9)
        again.advance(1)
        #expect(hides(again))
    }

    @Test func whatCannotBeRecordedHidesNothing() {
        let world = firing()
        world.journalFails = "the disk is full"
        #expect(world.perform(request(), by: world.kim)?.outcome == .refused)
        #expect(!hides(world))
    }

    @Test func tokensAreMadeOnceAndRevoked() {
        let world = CoreWorld()
        let token = AccessToken(
            name: "grafana", hash: SHA256.hex(Array("secret".utf8)), access: Access(.viewer), createdBy: .engine,
            createdAt: 0, expiresAt: nil)
        #expect(world.perform(.addToken(token), by: world.kim)?.outcome == .done)
        #expect(world.core.allTokens.map(\.createdBy) == [world.kim])
        #expect(world.perform(.addToken(token), by: world.kim)?.outcome == .refused)
        #expect(world.perform(.revokeToken(name: "grafana"), by: world.ann)?.outcome == .done)
        #expect(world.core.allTokens.isEmpty)
        #expect(world.perform(.revokeToken(name: "grafana"), by: world.ann)?.outcome == .refused)
        var odd = token
        odd.hash = "secret"
        #expect(world.perform(.addToken(odd), by: world.kim)?.outcome == .refused)
        #expect(world.audit.map(\.action).contains("token created"))
        #expect(!world.audit.contains { $0.detail.contains(token.hash) })
    }
}
