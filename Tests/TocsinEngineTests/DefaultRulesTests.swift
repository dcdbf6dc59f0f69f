import Testing
import TocsinCore
import TocsinEngine
import TocsinModel

/// A machine with every series the default rules speak of, in the state a test gives it.
struct Machine {
    var cpus = 4
    var busy = 0.05
    /// Share of time of one core that is busy beside the others.
    var hotCore: Double?
    var ioWait = 0.0
    var steal = 0.0
    var availableMemory = 0.6
    var filesystemFree = 0.5
    var readOnly = false
    var oomKills = 0.0
    var load = 0.3
    var pressure: [String: Double] = [:]
    var carrier = true
    var carrierDowns = 1.0
    var synchronised = true
    var uptime = 1_000_000.0

    func apply(_ host: FakeHost, _ second: Int, _ wall: Milliseconds) {
        for cpu in 0..<cpus {
            let own = cpu == 0 ? hotCore ?? busy : busy
            func add(_ mode: String, _ share: Double) {
                host.add(share, ["__name__": "node_cpu_seconds_total", "cpu": "\(cpu)", "mode": mode])
            }
            add("user", own)
            add("iowait", ioWait)
            add("steal", steal)
            add("idle", max(0, 1 - own - ioWait - steal))
        }
        func gauge(_ name: String, _ value: Double, _ labels: Labels = .none) {
            host.set(value, labels.merging(["__name__": name]))
        }
        gauge("node_load5", load * Double(cpus))
        gauge("node_memory_MemTotal_bytes", 64e9)
        gauge("node_memory_MemAvailable_bytes", 64e9 * availableMemory)
        gauge("node_vmstat_oom_kill", oomKills)
        gauge("node_vmstat_pswpin", 0)
        gauge("node_vmstat_pswpout", 0)
        let root: Labels = ["mountpoint": "/", "fstype": "ext4", "device": "/dev/a"]
        gauge("node_filesystem_size_bytes", 100e9, root)
        gauge("node_filesystem_avail_bytes", 100e9 * filesystemFree, root)
        gauge("node_filesystem_files", 1e6, root)
        gauge("node_filesystem_files_free", 0.9e6, root)
        gauge("node_filesystem_readonly", readOnly ? 1 : 0, root)
        gauge("tocsin_filesystem_forced_readonly", 0, root)
        gauge("tocsin_filesystem_silent_seconds", 0, root)
        gauge("node_filesystem_device_error", 0, root)
        gauge("node_filefd_allocated", 1_000)
        gauge("node_filefd_maximum", 1e6)
        gauge("node_timex_sync_status", synchronised ? 1 : 0)
        gauge("node_time_seconds", Double(wall) / 1000)
        gauge("node_boot_time_seconds", Double(wall) / 1000 - uptime)
        for resource in ["cpu", "io", "memory"] {
            for kind in ["some", "full"] {
                for window in ["10s", "60s", "300s"] {
                    gauge(
                        "tocsin_pressure_ratio", pressure["\(resource)/\(kind)"] ?? 0,
                        ["resource": resource, "kind": kind, "window": window])
                }
            }
        }
        gauge("node_network_carrier", carrier ? 1 : 0, ["device": "eth0"])
        gauge("node_network_carrier_down_changes_total", carrierDowns, ["device": "eth0"])
        for name in ["receive_errs", "transmit_errs"] { gauge("node_network_\(name)_total", 0, ["device": "eth0"]) }
        for name in ["receive_packets", "transmit_packets"] {
            host.add(100, ["__name__": "node_network_\(name)_total", "device": "eth0"])
        }
        gauge("node_softnet_dropped_total", 0, ["cpu": "0"])
        for name in [
            "reads_completed", "writes_completed", "read_time_seconds", "write_time_seconds", "io_time_seconds",
        ] {
            host.add(name.contains("time") ? 0.001 : 1, ["__name__": "node_disk_\(name)_total", "device": "sda"])
        }
    }
}

@Suite struct DefaultRulesTests {
    private func run(_ machine: Machine, _ seconds: Int, in world: EngineWorld? = nil) async throws -> EngineWorld {
        let world = try world ?? EngineWorld()
        await world.turn(seconds) { machine.apply(world.host, $0, world.clock.now().wall) }
        return world
    }

    private func firing(_ world: EngineWorld) async throws -> Set<String> {
        Set(try await world.alerts().filter { $0.state == .firing }.map { "\($0.severity) \($0.name)" })
    }

    /// Sizes from one core to 128: nothing fires, nothing is suspected, whether windows are full or not.
    @Test(arguments: [1, 4, 128])
    func aHealthyMachineIsQuiet(cpus: Int) async throws {
        let world = try EngineWorld()
        let machine = Machine(cpus: cpus)
        for _ in 0..<(cpus == 128 ? 4 : 40) {
            await world.turn(15) { machine.apply(world.host, $0, world.clock.now().wall) }
            #expect(try await world.alerts().isEmpty)
        }
    }

    @Test func aQuietHour() async throws {
        let world = try await run(Machine(), 3_700)
        #expect(try await world.alerts().isEmpty)
        let head = try await world.page().head
        let verdict = head.verdict
        #expect(verdict.sentence(at: head.now).hasPrefix("no trouble seen in 1 h 01"))
        #expect(verdict.rulesJudged == verdict.rulesTotal)
    }

    @Test func theFirstSecondsAreHonest() async throws {
        let world = try await run(Machine(), 5)
        let verdict = try await world.page().head.verdict
        #expect(verdict.rulesJudged < verdict.rulesTotal)
        #expect(verdict.sentence.contains("rules not yet judgeable, longest 5"))
        #expect(verdict.detail.hasPrefix("not yet: FilesystemFullSoon"))
    }

    /// What the kernel remembers is used at once.
    @Test func fullReadOnlyAndPressedFromTheFirstSecond() async throws {
        var machine = Machine()
        machine.filesystemFree = 0.01
        machine.pressure = ["memory/full": 0.4]
        #expect(try await firing(run(machine, 2)) == ["critical FilesystemNearlyFull", "warning MemoryPressure"])
        machine = Machine()
        machine.readOnly = true
        #expect(try await firing(run(machine, 2)) == ["warning FilesystemReadOnly"])
    }

    @Test func cpuGoesFromSuspicionToAlert() async throws {
        var machine = Machine()
        machine.busy = 0.99
        let world = try await run(machine, 70)
        #expect(try await world.alerts().first { $0.name == "CpuSaturated" }?.state == .pending)
        _ = try await run(machine, 130, in: world)
        #expect(try await firing(world) == ["warning CpuSaturated"])
        _ = try await run(Machine(), 30, in: world)
        #expect(try await firing(world).isEmpty)
    }

    @Test func oneCoreBehindACalmAverage() async throws {
        var machine = Machine()
        machine.cpus = 16
        machine.hotCore = 1
        let world = try await run(machine, 380)
        #expect(try await firing(world) == ["warning CpuCoreSaturated"])
        #expect(try await world.alerts().first?.labels["cpu"] == "0")
    }

    @Test(arguments: [
        ("steal", "warning CpuStolen", 450), ("memory", "critical MemoryLow", 60), ("oom", "critical OomKill", 20),
        ("carrier", "critical NetworkCarrierLost", 20), ("clock", "info ClockNotSynchronised", 320),
        ("reboot", "info RecentReboot", 5), ("load", "warning LoadHigh", 320), ("cpu psi", "warning CpuPressure", 320),
        ("remount", "critical FilesystemForcedReadOnly", 20),
    ])
    func eachTroubleHasItsAlert(trouble: String, expected: String, seconds: Int) async throws {
        let world = try await run(Machine(), 10)
        var machine = Machine()
        switch trouble {
        case "steal": machine.steal = 0.3
        case "memory": machine.availableMemory = 0.02
        case "oom": machine.oomKills = 1
        case "carrier": (machine.carrier, machine.carrierDowns) = (false, 2)
        case "clock": machine.synchronised = false
        case "reboot": machine.uptime = 30
        case "load": machine.load = 6
        case "cpu psi": machine.pressure = ["cpu/some": 0.95]
        default: machine.readOnly = true
        }
        _ = try await run(machine, seconds, in: world)
        #expect(try await firing(world).contains(expected), "\(trouble)")
    }

    @Test func aFillingDiskIsForetold() async throws {
        let world = try EngineWorld()
        var machine = Machine()
        await world.turn(4_500) { second in
            // 1 % in five minutes: full within three hours.
            machine.filesystemFree = 0.38 - Double(second) / 30_000
            machine.apply(world.host, second, world.clock.now().wall)
        }
        #expect(try await firing(world) == ["warning FilesystemFullSoon"])
        guard case .overview(let page) = try await world.page().body else { return }
        let seconds = try #require(page.disk.filesystems.first?.fullInSeconds)
        #expect((5_000...8_000).contains(seconds))
    }

    @Test func theBarsShowTheRulesLines() async throws {
        let world = try await run(Machine(), 10)
        guard case .overview(let page) = try await world.page().body else { return }
        #expect(page.cpu.busy.warns == 90)
        #expect(page.memory.used.warns == 90)
        #expect(page.memory.used.critical == 96)
        #expect(page.disk.filesystems.first?.used.warns == 90)
        #expect(page.disk.filesystems.first?.used.critical == 97)
        #expect(page.disk.devices.first?.awaitSeconds.warns == 0.05)
    }

    @Test func anAnomalyAnnotatesAndAlertsOnlyBesideASymptom() async throws {
        for symptom in [false, true] {
            let world = try EngineWorld()
            var machine = Machine()
            await world.turn(7_700) { second in
                machine.busy = 0.2 + Double(second % 7) / 500
                machine.apply(world.host, second, world.clock.now().wall)
            }
            guard case .overview(let before) = try await world.page().body else { return }
            #expect(before.cpu.busy.expected?.contains(21) == true)
            machine.busy = 0.85
            machine.pressure = symptom ? ["cpu/some": 0.5] : [:]
            _ = try await run(machine, 30, in: world)
            let suspected = try await world.alerts().contains { $0.name == "CpuUnusual" }
            #expect(suspected == symptom)
        }
    }
}
