import Testing
import TimeSeries
import TocsinCore
import TocsinEngine
import TocsinModel

@Suite struct FleetTests {
    private struct Targets: TargetSource {
        var targets: [TargetStatus] = []
        var dropped: [(job: String, labels: Labels)] { [] }
        var faults: [String] { [] }
        var families: [String: MetricFamily] { [:] }
    }

    private func world() async throws -> EngineWorld {
        let world = try EngineWorld(
            """
            groups:
              - name: a
                interval: 1s
                rules: [{alert: Hot, expr: 'temperature > 50', labels: {severity: critical}}]
            """)
        var source = Targets()
        for number in [10, 9, 1] {
            var config = ScrapeConfig(job: "node")
            (config.interval, config.timeout) = (5_000, 5_000)
            guard
                case .target(let target) = ScrapeTarget.make(
                    ["__address__": "db-\(number)"], in: ["rack": number < 5 ? "r1" : "r2"], of: config)
            else { continue }
            var status = TargetStatus(job: "node", target: target)
            status.health = number == 1 ? .down : .up
            source.targets.append(status)
        }
        await world.engine.show(source)
        return world
    }

    private func fleet(_ world: EngineWorld, _ label: String? = nil, _ filter: String = "") async throws -> FleetPage {
        guard case .fleet(let page) = try await world.page(.fleet(groupedBy: label, filter: filter)).body else {
            Issue.record("no fleet")
            return FleetPage(groups: [], total: 0, groupedBy: "", groupings: [], fault: "", top: [])
        }
        return page
    }

    @Test func hostsStandInGroupsAndInTheOrderOfTheirNumbers() async throws {
        let world = try await world()
        await world.turn(2)
        let page = try await fleet(world)
        #expect(page.groupedBy == "rack")
        #expect(page.groups.map(\.name) == ["r1", "r2", "–"])
        #expect(page.groups[1].hosts.map(\.name) == ["db-9", "db-10"])
        #expect(page.groups[0].hosts.map(\.state) == [.unseen])
        #expect(page.groups[2].hosts.map(\.name) == ["h"])
    }

    @Test func alertsMakeTheStateAndTheTop() async throws {
        let world = try await world()
        await world.turn(3) { _ in
            world.store.append(
                ["__name__": "temperature", "instance": "db-9"], 80, at: world.clock.now().wall)
        }
        let page = try await fleet(world)
        let host = try #require(page.hosts.first { $0.name == "db-9" })
        #expect(host.state == .critical)
        #expect(host.alerts == 1)
        #expect(host.trouble?.hasPrefix("Hot") == true)
        #expect(page.top.map { $0.alert.labels["instance"] } == ["db-9"])
        #expect(page.count(.critical) == 1)
    }

    @Test func filtersTakeMatchersAndPartsOfNames() async throws {
        let world = try await world()
        await world.turn(2)
        #expect(try await fleet(world, nil, "rack=r2").hosts.map(\.name) == ["db-9", "db-10"])
        #expect(try await fleet(world, nil, "rack=~\"r.*\" 10").hosts.map(\.name) == ["db-10"])
        #expect(try await fleet(world, nil, "db-1").hosts.map(\.name) == ["db-1", "db-10"])
        let page = try await fleet(world, "job", "rack=~\"(\"")
        #expect(!page.fault.isEmpty)
        #expect(page.hosts.count == 4)
        #expect(page.groupedBy == "job")
    }
}
