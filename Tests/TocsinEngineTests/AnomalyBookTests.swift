import PromQL
import Synchronization
import Testing
import TocsinCore
import TocsinEngine
import TocsinModel

/// Detectors inside the engine: what they write, what they remember, when they do not learn.
@Suite struct AnomalyBookTests {
    private static let noRules = "groups: []\n"
    private static let rule = """
        groups:
        - name: g
          interval: 1s
          rules:
          - alert: Down
            expr: trouble > 0
            labels: {severity: warning}
        """

    private func spec(_ change: (inout AnomalySpec) -> Void = { _ in }) throws -> AnomalySpec {
        var spec = AnomalySpec(name: "load", expression: try Expr(parsing: "load"))
        spec.step = 1_000
        change(&spec)
        return spec
    }

    private func latest(_ world: EngineWorld, _ name: String, _ labels: Labels = .none) throws -> [Sample] {
        let matchers =
            [LabelMatcher("__name__", .equal, name)] + labels.pairs.map { LabelMatcher($0.name, .equal, $0.value) }
        let now = world.clock.now().wall
        return try world.store.latest(matching: matchers, after: now - 5_000, at: now)
    }

    private func drive(
        _ world: EngineWorld, _ seconds: Int, hosts: Int = 1, from: Int = 0, _ value: (Int, Int) -> Double
    ) async {
        await world.turn(seconds) { second in
            for host in 0..<hosts {
                world.host.set(value(from + second, host), ["__name__": "load", "host": "\(host)", "job": "web"])
            }
        }
    }

    private func ordinary(_ second: Int, _ host: Int = 0) -> Double {
        // Eight steady values, in an order that no pattern of a few points gives away.
        Double((second &* 2_654_435_761 &+ host &* 97) >> 7 & 7) + 40
    }

    @Test func scoresBandsAndLearningAreSeries() async throws {
        let world = try EngineWorld(Self.noRules, anomalies: [try spec()])
        await drive(world, 900, ordinary)
        let learning = try latest(world, "tocsin_anomaly_learning", ["detector": "load"])
        #expect(learning.map(\.value) == [1])
        let scores = try latest(world, "tocsin_anomaly_score", ["detector": "load"])
        #expect(Set(scores.map { $0.labels["channel"] ?? "" }) == ["novelty", "spike"])
        #expect(scores.allSatisfy { $0.value < 0.5 && $0.labels["host"] == "0" && $0.labels["instance"] == "h" })
        let low = try #require(try latest(world, "tocsin_expected_low", ["detector": "load"]).first?.value)
        let high = try #require(try latest(world, "tocsin_expected_high", ["detector": "load"]).first?.value)
        #expect(low < 40 && high > 47 && high < 400)
        await drive(world, 1, from: 900) { _, _ in 4_000 }
        let strong = try latest(world, "tocsin_anomaly_score", ["detector": "load", "channel": "novelty"])
        #expect((strong.first?.value ?? 0) > 0.9)
        #expect(
            try latest(world, "tocsin_anomaly_active", ["detector": "load", "channel": "novelty"]).first?.value == 1)
        await drive(world, 30, from: 901, ordinary)
        #expect(
            try latest(world, "tocsin_anomaly_active", ["detector": "load", "channel": "novelty"]).first?.value == 0)
        // One alarm was had: the bar stands higher now.
        let bar = try latest(world, "tocsin_anomaly_threshold", ["detector": "load", "channel": "novelty"])
        #expect((bar.first?.value ?? 0) > 0.6)
    }

    @Test func nothingIsSaidWhileItLearnsOrBelowTheFloor() async throws {
        let world = try EngineWorld(Self.noRules, anomalies: [try spec { $0.floor = 1_000 }])
        await drive(world, 400, ordinary)
        await drive(world, 1, from: 400) { _, _ in 90_000 }
        #expect(try latest(world, "tocsin_anomaly_score").allSatisfy { $0.value == 0 }, "still learning")
        await drive(world, 600, from: 401, ordinary)
        await drive(world, 1, from: 1_001) { _, _ in 500 }
        #expect(try latest(world, "tocsin_anomaly_score").allSatisfy { $0.value == 0 }, "too small to matter")
    }

    private func page(_ world: EngineWorld) async throws -> AnomaliesPage {
        guard case .anomalies(let page) = try await world.page(.anomalies(selected: nil)).body else {
            throw JournalFailure("no page")
        }
        return page
    }

    /// An alarm of what has no values any more is over, and that is told instead.
    @Test func whatHasNoValuesIsSilentAndNotOut() async throws {
        let world = try EngineWorld(Self.noRules, anomalies: [try spec()])
        await drive(world, 900, ordinary)
        await drive(world, 6, from: 900) { _, _ in 4_000 }
        #expect(try await page(world).rows.contains { $0.isActive && $0.silentSince == nil })
        let last = world.clock.now().wall
        await drive(world, 40, from: 906) { _, _ in .nan }
        #expect(try await page(world).rows.contains { $0.isActive }, "a short gap is none")
        await drive(world, 40, from: 946) { _, _ in .nan }
        let silent = try #require(try await page(world).rows.first)
        #expect(!silent.isActive && silent.marks.count == 1 && silent.channels.contains { $0.threshold > 0.5 })
        #expect(silent.silentSince.map { abs($0 - last) <= 2_000 } == true)
        await drive(world, 6, from: 986, ordinary)
        #expect(try await page(world).rows.first?.silentSince == nil)
    }

    /// A disk that is idle has no latency: nothing divided by nothing.
    @Test func whatIsNoNumberTakesNoPlaceAndNoMemory() async throws {
        var world = try EngineWorld(Self.noRules, anomalies: [try spec()])
        let journal = MemoryJournal()
        await world.engine.open(journal, aliveUntil: nil, notices: [])
        await drive(world, 10) { _, _ in .nan }
        #expect(try await page(world).rows.isEmpty)
        await drive(world, 400, from: 10, ordinary)
        await world.engine.close(.engine)
        let old = world
        world = try EngineWorld(Self.noRules, anomalies: [try spec()])
        world.clock.advance(old.clock.now().wall - world.clock.now().wall)
        await world.engine.open(journal, aliveUntil: nil, notices: [])
        await drive(world, 10, from: 410) { _, _ in .nan }
        await drive(world, 6, from: 420, ordinary)
        #expect(try latest(world, "tocsin_anomaly_learning").allSatisfy { $0.value > 400.0 / 750 })
        #expect(try await page(world).rows.count == 1)
    }

    @Test func aDetectorThatWatchesNothingSaysWhy() async throws {
        let expressions = ["none": "nothing_there", "doubled": "load + on (job) load", "load": "load"]
        let world = try EngineWorld(
            Self.noRules,
            anomalies: try expressions.sorted { $0.key < $1.key }.map { name, text in
                let expression = try Expr(parsing: text)
                return try spec { ($0.name, $0.expression) = (name, expression) }
            })
        await drive(world, 12, hosts: 2, ordinary)
        let faults = try await page(world).faults
        #expect(faults.map(\.detector) == ["doubled", "none"], "and no default one that finds nothing")
        #expect(faults[0].words.contains("its expression fails: ") && faults[0].words.contains("many-to-many"))
        #expect(faults[1].words == "its expression gives no value")
        guard case .health(let health) = try await world.page(.health).body else { throw JournalFailure("no page") }
        let item = health.sections.flatMap(\.items).first { $0.name.contains("detectors") }
        #expect(item?.value == "2" && item?.severity == .warning)
        let unclear = try await world.kim.perform(CommandID(9), .acceptAnomaly(WatchedName("load")!))
        #expect(unclear.outcome == .refused && unclear.words.contains("load{host=\"0\""))
    }

    /// A rule looks back five minutes, whatever the detector's step.
    @Test func whatASlowDetectorSaysIsHeardBetweenItsSteps() async throws {
        let world = try EngineWorld(Self.noRules, anomalies: [try spec { ($0.step, $0.groupBy) = (600_000, ["job"]) }])
        await drive(world, 2, hosts: 2, ordinary)
        for minute in 0..<21 {
            await drive(world, 60, hosts: 2, from: 2 + 60 * minute, ordinary)
            let now = world.clock.now().wall
            let learning = try world.store.latest(
                matching: [LabelMatcher("__name__", .equal, "tocsin_anomaly_learning")], after: now - 90_000, at: now)
            #expect(learning.count == 2, "\(minute)")
        }
        let learning = try latest(world, "tocsin_anomaly_learning", ["detector": "load"])
        #expect(learning.allSatisfy { $0.value <= 3.0 / 750 }, "what is told again teaches nothing")
    }

    @Test func oneWithADefaultsNameTakesItsPlace() async throws {
        let world = try EngineWorld(Self.noRules, anomalies: [try spec { $0.name = "cpu" }])
        await drive(world, 30, ordinary)
        let told = try latest(world, "tocsin_anomaly_learning", ["detector": "cpu"])
        #expect(told.count == 1 && told[0].labels["host"] == "0")
    }

    @Test func aRestartGoesOnWhereItWas() async throws {
        func run(_ restarting: Bool) async throws -> [Double] {
            var world = try EngineWorld(Self.noRules, anomalies: [try spec()])
            let journal = MemoryJournal()
            await world.engine.open(journal, aliveUntil: nil, notices: [])
            await drive(world, 850, ordinary)
            if restarting {
                await world.engine.close(.engine)
                let old = world
                world = try EngineWorld(Self.noRules, anomalies: [try spec()])
                let behind = old.clock.now().wall - world.clock.now().wall
                world.clock.advance(behind)
                await world.engine.open(journal, aliveUntil: nil, notices: [])
            }
            var out: [Double] = []
            for second in 850..<880 {
                await drive(world, 1, from: second) { second, _ in second == 860 ? 300 : ordinary(second) }
                out += try latest(world, "tocsin_anomaly_score", ["detector": "load"]).map(\.value)
            }
            return out
        }
        let (plain, restarted) = (try await run(false), try await run(true))
        #expect(plain.count == 60 && plain == restarted)
        #expect(plain.contains { $0 > 0.9 })
    }

    /// What is wrong while an alert is open must not become what is usual.
    @Test func nothingIsLearnedWhileTheLinkedAlertFires() async throws {
        func again(_ held: Bool) async throws -> Double {
            let world = try EngineWorld(Self.rule, anomalies: [try spec { $0.holdWhile = held ? ["Down"] : [] }])
            await drive(world, 900, ordinary)
            world.host.set(1, ["__name__": "trouble"])
            await drive(world, 5, from: 900, ordinary)
            func course(_ second: Int) -> Double { ordinary(second) + 46 * min(1, max(0, Double(second % 400) / 100)) }
            await drive(world, 200, from: 1_200) { second, _ in course(second) }
            world.host.set(0, ["__name__": "trouble"])
            await drive(world, 200, from: 1_400, ordinary)
            var worst = 0.0
            for second in 1_600..<1_750 {
                await drive(world, 1, from: second) { second, _ in course(second) }
                worst = max(worst, try latest(world, "tocsin_anomaly_score", ["channel": "novelty"]).first?.value ?? 0)
            }
            return worst
        }
        #expect(try await again(true) > 0.9, "it has not been learned")
        #expect(try await again(false) < 0.5, "it has been learned")
    }

    @Test func manyOfAGroupAtOnceAreJudgedTogether() async throws {
        let world = try EngineWorld(Self.noRules, anomalies: [try spec { $0.groupBy = ["job"] }])
        await drive(world, 800, hosts: 12, ordinary)
        #expect(try latest(world, "tocsin_anomaly_group_size").map(\.value) == [12])
        #expect(try latest(world, "tocsin_anomaly_group_score").map(\.value) == [0])
        await drive(world, 1, hosts: 12, from: 800) { second, host in host < 6 ? 900 : ordinary(second, host) }
        #expect(try latest(world, "tocsin_anomaly_group_active").map(\.value) == [6])
        let score = try latest(world, "tocsin_anomaly_group_score", ["job": "web", "detector": "load"])
        #expect((score.first?.value ?? 0) > 0.9)
    }

    /// What an operator says is on record first, and then the detector hears it.
    @Test func anOperatorSaysThatItIsNormal() async throws {
        let world = try EngineWorld(Self.noRules, anomalies: [try spec()])
        let journal = MemoryJournal()
        await world.engine.open(journal, aliveUntil: nil, notices: [])
        await drive(world, 850, ordinary)
        await drive(world, 1, from: 850) { _, _ in 4_000 }
        await drive(world, 6, from: 851) { second, _ in 4_000 + ordinary(second) }
        func row() async throws -> AnomaliesPage.Row {
            try #require(try await page(world).rows.first { $0.name.detector == "load" })
        }
        let before = try await row()
        #expect(before.isActive && before.learning == 1)
        let mark = try #require(before.mark)
        #expect(mark.sentence.contains("4000") && mark.score > 0.5)
        async let receipt = world.kim.perform(CommandID(1), .acceptAnomaly(before.name))
        #expect(try await receipt.outcome == .done)
        await drive(world, 6, from: 857) { second, _ in 4_000 + ordinary(second) }
        let after = try await row()
        #expect(!after.isActive && after.channels.allSatisfy { $0.threshold == 0.5 })
        _ = try await world.kim.perform(CommandID(2), .refuseAnomaly(before.name))
        await drive(world, 6, from: 863) { second, _ in 4_000 + ordinary(second) }
        #expect(try await row().channels.filter { $0.threshold > 0.5 }.count == 1, "the channel that spoke")
        let audit = journal.state.withLock { $0.audit }
        #expect(
            audit.contains { $0.action == "accept as normal" && $0.by.name == "kim" && $0.target.contains("load{") })
        #expect(audit.contains { $0.action == "false alarm" })
    }
}
