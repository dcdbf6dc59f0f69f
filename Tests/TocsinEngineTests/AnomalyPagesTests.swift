import PromQL
import Testing
import TocsinCore
import TocsinEngine
import TocsinModel

/// What the pages show of an anomaly: its course, the earlier stretch behind it, the past, the alert that is about it.
@Suite struct AnomalyPagesTests {
    private static let rules = """
        groups:
        - name: g
          interval: 1s
          rules:
          - alert: LoadUnusual
            expr: max by (host) (tocsin_anomaly_active{detector="load"}) > 0
            labels: {severity: warning}
          - alert: LoadHigh
            expr: load > 1000
            labels: {severity: warning}
          - alert: AnyUnusual
            expr: count(tocsin_anomaly_active{detector="load"} > 0) > 0
            labels: {severity: info}
        """

    /// Forty minutes of eight values in an order that repeats itself every 240 s.
    private func ordinary(_ second: Int, _ host: Int = 0) -> Double {
        Double(((second % 240) &* 2_654_435_761 &+ host &* 97) >> 7 & 7) + 40
    }

    private func world(hosts: Int = 1) async throws -> EngineWorld {
        var spec = AnomalySpec(name: "load", expression: try Expr(parsing: "load"))
        spec.step = 1_000
        let world = try EngineWorld(Self.rules, anomalies: [spec])
        await drive(world, 0..<1_000, hosts: hosts, ordinary)
        return world
    }

    private func drive(
        _ world: EngineWorld, _ seconds: Range<Int>, hosts: Int = 1, _ value: (Int, Int) -> Double
    ) async {
        await world.turn(seconds.count) { second in
            for host in 0..<hosts {
                world.host.set(
                    value(seconds.lowerBound + second, host), ["__name__": "load", "host": "\(host)", "job": "web"])
            }
        }
    }

    private func page(
        _ world: EngineWorld, _ name: WatchedName? = nil, at: Milliseconds? = nil
    ) async throws -> AnomaliesPage {
        guard case .anomalies(let page) = try await world.page(.anomalies(selected: name), at: at).body else {
            throw JournalFailure("no page")
        }
        return page
    }

    private func detail(_ world: EngineWorld, _ alert: String) async throws -> AlertDetail {
        guard case .alerts(let all) = try await world.page(.alerts(selected: nil)).body,
            let row = all.all.first(where: { $0.alert.name == alert }),
            case .alerts(let page) = try await world.page(.alerts(selected: row.alert.episode)).body
        else { throw JournalFailure("no alert") }
        return try #require(page.detail)
    }

    private func reasons(_ world: EngineWorld) throws -> [String] {
        let now = world.clock.now().wall
        return try world.store.latest(
            matching: [LabelMatcher("__name__", .equal, "tocsin_anomaly_reason")], after: now - 300_000, at: now
        ).map { $0.labels["reason"] ?? "" }
    }

    @Test func theCourseIsWhatTheDetectorSawWithWhatWasMostAlikeBehindIt() async throws {
        let world = try await world()
        let name = WatchedName(detector: "load", labels: ["host": "0", "instance": "h", "job": "web"])
        let calm = try await page(world, name)
        let course = try #require(calm.detail)
        #expect(course.name == name && course.history.step == 1_000 && course.history.points.count == 360)
        #expect(course.history.points.compactMap { $0 }.suffix(8) == (992..<1_000).map { ordinary($0) })
        #expect(course.history.low.compactMap { $0 }.count > 200 && !course.alarms.contains(true))
        let likeness = try #require(course.likeness)
        // What is alike lies whole periods before, to within an aggregate.
        let apart = Double(likeness.newest - likeness.earlier) / 240_000
        #expect(abs(apart - apart.rounded()) < 0.06, "\(apart)")
        for (number, (old, new)) in zip(course.earlier, course.history.points).enumerated() {
            guard let old, let new else { continue }
            if likeness.newest - likeness.earlier == 240_000 { #expect(old == new, "point \(number)") }
        }
        #expect(course.earlier.first == .some(nil) && course.earlier.last.flatMap { $0 } != nil)
    }

    @Test func anAlarmIsMarkedOnTheCourseAndItsReasonIsASeriesWhileItLasts() async throws {
        let world = try await world()
        #expect(try reasons(world).isEmpty)
        await drive(world, 1_000..<1_003) { _, _ in 4_000 }
        #expect(try !reasons(world).isEmpty)
        let before = world.clock.now().wall - 1_000
        await drive(world, 1_003..<1_060, ordinary)
        #expect(try reasons(world).isEmpty, "over is over, not only after looking back")
        let page = try await page(world)
        let alarms = try #require(page.detail?.alarms)
        #expect((1...30).contains(alarms.count { $0 }))
        #expect(page.rows[0].marks.count >= 1 && !page.rows[0].isActive)
        // The past: the alarm was under way then.
        let past = try await self.page(world, at: before)
        #expect(past.rows.count == 1 && past.rows[0].isActive && past.rows[0].value == 4_000)
        #expect(past.rows[0].channels.map(\.name).sorted() == ["novelty", "spike"] && past.rows[0].learning == 1)
        #expect(past.detail?.history.points.compactMap { $0 }.last == 4_000)
        let longAgo = try await self.page(world, at: before - 86_400_000)
        #expect(longAgo.rows.isEmpty && longAgo.detail == nil)
    }

    @Test func anAlertSaysWhichSeriesItIsAbout() async throws {
        let world = try await world(hosts: 2)
        await drive(world, 1_000..<1_003, hosts: 2) { second, host in host == 1 ? 4_000 : ordinary(second) }
        let unusual = try await detail(world, "LoadUnusual")
        #expect(unusual.watched?.labels["host"] == "1" && unusual.finding?.contains("4000") == true)
        #expect(unusual.threshold == nil && unusual.history.points.compactMap { $0 }.last == 4_000)
        #expect(unusual.history.low.contains { $0 != nil }, "the value with its band, not the score")
        // Counted over all of them it is about the one that is out of its band.
        #expect(try await detail(world, "AnyUnusual").watched?.labels["host"] == "1")
        let high = try await detail(world, "LoadHigh")
        #expect(high.watched == nil && high.finding == nil && high.threshold == 1_000)
        await drive(world, 1_003..<1_010, hosts: 2) { _, _ in 9_000 }
        #expect(try await detail(world, "AnyUnusual").watched == nil, "two are meant, so none is")
    }

    @Test func everyJudgedValueHasABandBehindItsCurve() async throws {
        let world = try EngineWorld(Self.rules)
        await drive(world, 0..<3_000, ordinary)
        await drive(world, 3_000..<3_040) { _, _ in 4_000 }
        let history = try await detail(world, "LoadHigh").history
        #expect(history.points.count == history.low.count && history.high.count == history.low.count)
        let banded = zip(history.points, zip(history.low, history.high)).compactMap { value, band in
            value.flatMap { value in band.0.flatMap { low in band.1.map { (value, low...max(low, $0)) } } }
        }
        #expect(banded.count > 20)
        #expect(banded.dropLast(2).count { $0.1.contains($0.0) } * 10 >= banded.count * 9)
        #expect(banded.last.map { !$0.1.contains($0.0) } == true)
    }

    @Test func whatNobodyWatchesCannotBeJudged() async throws {
        let world = try await world()
        let name = WatchedName(detector: "load", labels: ["host": "7"])
        for command in [OperatorCommand.acceptAnomaly(name), .refuseAnomaly(name)] {
            let receipt = try await world.kim.perform(CommandID(UInt64.random(in: 1...9_999)), command)
            #expect(receipt.outcome == .refused && receipt.words.contains("load{host=\"7\"}"))
        }
    }

    @Test func aNameIsReadBack() {
        for labels in [Labels.none, ["a": "b"], ["mountpoint": "/srv \"x\"\\,y", "n": "line\nend"]] {
            let name = WatchedName(detector: "disk_latency", labels: labels)
            #expect(WatchedName(name.description) == name)
        }
        for text in ["", "{}", "a{", "a{b}", "a{b=\"c\"", "a{b!=\"c\"}", "a b", "a{b=~\"c\"}"] {
            #expect(WatchedName(text) == nil, "\(text)")
        }
    }
}
