import Synchronization
import Testing
import TimeSeries
import TocsinCore
import TocsinEngine
import TocsinModel

private let hot = """
    groups:
      - name: g
        interval: 1s
        rules:
          - {alert: Hot, expr: temperature > 5, for: 5s, labels: {severity: critical}}
    """

@Suite struct EngineTests {
    private let temperature: Labels = ["__name__": "temperature"]

    @Test func fromSampleToAcknowledgementToRestart() async throws {
        let journal = MemoryJournal()
        let world = try EngineWorld(hot)
        await world.engine.open(journal, aliveUntil: nil, notices: [])
        world.host.set(9, temperature)
        await world.turn(4)
        #expect(try await world.alerts().map(\.state) == [.pending])
        await world.turn(4)
        let alert = try #require(try await world.alerts().first)
        #expect(alert.state == .firing)
        #expect(try await world.page().head.counts.critical == 1)
        let receipt = try await world.kim.perform(
            CommandID(1), .acknowledge([alert.episode], comment: "on it", duration: nil, sticky: false))
        #expect(receipt.outcome == .done)
        #expect(try await world.page().head.counts.acknowledged == 1)
        #expect(journal.state.withLock { $0.audit.map(\.action) } == ["started", "fired", "acknowledged"])

        // Killed; another engine begins with the same journal.
        let after = try EngineWorld(hot)
        after.clock.advance(30_000)
        await after.engine.open(journal, aliveUntil: after.clock.now().wall - 20_000, notices: [])
        after.host.set(9, temperature)
        await after.turn(1)
        let restored = try #require(try await after.alerts().first)
        #expect(restored.state == .firing)
        #expect(restored.episode == alert.episode)
        #expect(restored.acknowledgement?.by.name == "kim")
        #expect(restored.acknowledgement?.comment == "on it")
        after.host.set(1, temperature)
        await after.turn(2)
        #expect(try await after.alerts().map(\.state) == [.resolved])
    }

    @Test func aJournalThatFailsMutesNothingAndLetsNothingThrough() async throws {
        let journal = MemoryJournal()
        let world = try EngineWorld(hot)
        await world.engine.open(journal, aliveUntil: nil, notices: [])
        journal.state.withLock { $0.fails = "the disk is full" }
        world.host.set(9, temperature)
        await world.turn(8)
        let alert = try #require(try await world.alerts().first)
        #expect(alert.state == .firing)
        let receipt = try await world.kim.perform(
            CommandID(1), .acknowledge([alert.episode], comment: "", duration: nil, sticky: false))
        #expect(receipt.outcome == .refused)
        #expect(receipt.words.contains("the disk is full"))
        #expect(try await world.page().head.notices.contains { $0.text.contains("the disk is full") })
        // The disk has room again: what was missed is written.
        journal.state.withLock { $0.fails = nil }
        await world.turn(12)
        for _ in 0..<100 where journal.state.withLock({ $0.alerts.isEmpty }) {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(journal.state.withLock { $0.alerts.values.first?.state } == .firing)
        for _ in 0..<100 where try await !world.page().head.notices.isEmpty {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(try await world.page().head.notices.isEmpty)
    }

    @Test func aFailingCollectorIsDataAndARow() async throws {
        let world = try EngineWorld(
            """
            groups: [{name: g, interval: 1s, rules: [{alert: Failed, expr: node_scrape_collector_success == 0}]}]
            """)
        world.host.failure.withLock { $0 = "no such file" }
        await world.turn(2)
        guard case .overview(let page) = try await world.page().body else { return }
        #expect(page.failures.map(\.reason) == ["no such file"])
        #expect(try await world.alerts().map { $0.labels["collector"] } == ["fake"])
        world.host.failure.withLock { $0 = nil }
        await world.turn(2)
        #expect(try await world.alerts().map(\.state) == [.resolved])
    }

    @Test func aStepOfTheWallClockLeavesTheSeriesWhole() async throws {
        let world = try EngineWorld(hot)
        world.host.set(9, temperature)
        await world.turn(3)
        world.clock.step(wall: -3_600_000)
        await world.turn(5)
        #expect(try await world.alerts().map(\.state) == [.firing])
        #expect(world.store.statistics.counters.outOfOrder == 0)
        let page = try await world.page()
        #expect(page.head.now + page.head.clockOffset == world.clock.now().wall - 1_000)
    }

    @Test func aStoppedProcessIsAGapAndNotAnAlert() async throws {
        let journal = MemoryJournal()
        let world = try EngineWorld(hot)
        await world.engine.open(journal, aliveUntil: nil, notices: [])
        world.host.set(9, temperature)
        await world.turn(2)
        world.clock.advance(600_000)
        await world.turn(2)
        #expect(try await world.alerts().map(\.state) == [.pending])
        for _ in 0..<100 where !journal.state.withLock({ $0.audit.contains { $0.action == "not watching" } }) {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(
            journal.state.withLock { $0.audit.contains { $0.action == "not watching" && $0.detail.contains("10 m") } })
    }

    @Test func reloadingKeepsWhatIsUnchanged() async throws {
        let world = try EngineWorld(hot)
        world.host.set(9, temperature)
        await world.turn(8)
        let before = try await world.alerts().first?.firingSince
        let other = try EngineWorld(hot.replacing("Hot", with: "Other"))
        await world.engine.reload(
            world.groups
                + other.groups.map { RuleGroup(name: "h", file: $0.file, interval: $0.interval, rules: $0.rules) })
        await world.turn(2)
        let alerts = try await world.alerts()
        #expect(alerts.first { $0.name == "Hot" }?.firingSince == before)
        #expect(alerts.first { $0.name == "Other" }?.state == .pending)
        await world.engine.reload(other.groups)
        #expect(try await world.alerts().first { $0.name == "Hot" }?.resolvedReason == "rule removed")
    }

    @Test func aPageWaitsForNewsAndSaysWhenThereIsNone() async throws {
        let world = try EngineWorld(hot)
        await world.turn(1)
        guard
            case .page(_, let revision) = try await world.kim.page(
                PageRequest(.overview), since: nil, waitingUpTo: .zero)
        else { return }
        guard
            case .unchanged(let same, _) = try await world.kim.page(
                PageRequest(.overview), since: revision, waitingUpTo: .milliseconds(20))
        else {
            Issue.record("a page without news")
            return
        }
        #expect(same == revision)
        async let waiting = world.kim.page(PageRequest(.overview), since: revision, waitingUpTo: .seconds(20))
        try await Task.sleep(for: .milliseconds(20))
        await world.turn(1)
        guard case .page(_, let next) = try await waiting else {
            Issue.record("no page after a turn")
            return
        }
        #expect(next != revision)
    }

    @Test func theByteBoundShowsInTheBanner() async throws {
        let world = try EngineWorld(hot, bytes: 20_000)
        await world.turn(1_500) { second in
            for number in 0..<10 {
                world.host.set(
                    Double((second * 7_919 + number * 104_729) % 1_000) / 7, ["__name__": "noise", "n": "\(number)"])
            }
        }
        #expect(try await world.page().head.notices.contains { $0.text.contains("history is kept for") })
    }
}

extension String {
    fileprivate func replacing(_ needle: String, with other: String) -> String {
        split(separator: needle, omittingEmptySubsequences: false).joined(separator: other)
    }
}
