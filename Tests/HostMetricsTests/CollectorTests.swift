import HostMetrics
import Synchronization
import TestKit
import Testing
import TocsinCore
import TocsinModel

@Suite struct CollectorTests {
    private let fixture = Fixture()
    private var roots: HostRoots {
        HostRoots(proc: fixture.path + "/proc", sys: fixture.path + "/sys", run: fixture.path + "/run")
    }

    private func collect(_ collector: any Collector) throws -> SampleBatch {
        var batch = SampleBatch()
        try collector.collect(into: &batch)
        return batch
    }

    @Test func cpu() throws {
        fixture.write(
            "proc/stat",
            "cpu  300 0 0 0 0 0 0 0 0 0\ncpu0 100 2 3 4000 5 6 7 8 9 10\ncpu1 200 0 0 1 0 0 0 0 0 0\nintr 99 1 2\nctxt 7\nbtime 1700000000\nprocesses 12\nprocs_running 3\nprocs_blocked 1\n"
        )
        let batch = try collect(CPUCollector(roots))
        #expect(batch.value("node_cpu_seconds_total", ["cpu": "0", "mode": "user"]) == 1)
        #expect(batch.value("node_cpu_seconds_total", ["cpu": "0", "mode": "idle"]) == 40)
        #expect(batch.value("node_cpu_seconds_total", ["cpu": "0", "mode": "steal"]) == 0.08)
        #expect(batch.value("node_cpu_guest_seconds_total", ["cpu": "0", "mode": "nice"]) == 0.1)
        #expect(batch.value("node_cpu_seconds_total", ["cpu": "1", "mode": "user"]) == 2)
        let stat = try collect(StatCollector(roots))
        #expect(stat.value("node_intr_total") == 99)
        #expect(stat.value("node_context_switches_total") == 7)
        #expect(stat.value("node_boot_time_seconds") == 1_700_000_000)
        #expect(stat.value("node_forks_total") == 12)
        #expect(stat.value("node_procs_running") == 3)
        #expect(stat.value("node_procs_blocked") == 1)
    }

    @Test func fourThousandProcessorsAndOneThatGoesAway() throws {
        let line = " 1 2 3 4 5 6 7 8 9 10\n"
        fixture.write("proc/stat", "cpu" + line + (0..<4096).map { "cpu\($0)" + line }.joined())
        let collector = CPUCollector(roots)
        var batch = SampleBatch()
        try collector.collect(into: &batch)
        #expect(batch.values.count == 40_960)
        fixture.write("proc/stat", "cpu" + line + (0..<4096).filter { $0 != 7 }.map { "cpu\($0)" + line }.joined())
        batch.begin()
        try collector.collect(into: &batch)
        #expect(batch.values.count == 40_950)
        #expect(batch.value("node_cpu_seconds_total", ["cpu": "7", "mode": "user"]) == nil)
        #expect(batch.value("node_cpu_seconds_total", ["cpu": "4095", "mode": "user"]) == 0.01)
    }

    /// Kept descriptors, a kept buffer, no strings: a sample of /proc/stat allocates nothing.
    @Test func aSampleAllocatesNothing() throws {
        let collectors: [any Collector] = [
            CPUCollector(HostRoots()), StatCollector(HostRoots()), LoadCollector(HostRoots()),
            MemoryCollector(HostRoots()),
        ]
        for collector in collectors {
            var batch = SampleBatch()
            for _ in 0..<3 {
                batch.begin()
                try collector.collect(into: &batch)
            }
            // Other tests run beside this one and allocate: the least of many samples is this sample's own.
            var least = UInt.max
            for _ in 0..<2_000 where least > 0 {
                least = min(
                    least,
                    allocations {
                        batch.begin()
                        do throws(CollectFailure) { try collector.collect(into: &batch) } catch { Issue.record(error) }
                    })
            }
            #expect(least == 0, "\(collector.name)")
        }
    }

    @Test func memory() throws {
        fixture.write(
            "proc/meminfo", "MemTotal:       16 kB\nActive(anon):    2 kB\nHugePages_Total:       3\nStrange\n")
        let batch = try collect(MemoryCollector(roots))
        #expect(batch.value("node_memory_MemTotal_bytes") == 16_384)
        #expect(batch.value("node_memory_Active_anon_bytes") == 2_048)
        #expect(batch.value("node_memory_HugePages_Total") == 3)
        #expect(batch.values.count == 3)
    }

    @Test func vmstatKeepsTheDefaultFields() throws {
        fixture.write(
            "proc/vmstat",
            "nr_free_pages 1\npgpgin 2\npswpout 3\npgmajfault 4\noom_kill 5\npgfault 6\npgscan_kswapd 7\n")
        let batch = try collect(VMStatCollector(roots))
        #expect(
            batch.series.map(\.family.name).sorted() == [
                "node_vmstat_oom_kill", "node_vmstat_pgfault", "node_vmstat_pgmajfault", "node_vmstat_pgpgin",
                "node_vmstat_pswpout",
            ])
    }

    @Test func pressure() throws {
        for name in ["cpu", "io", "memory"] {
            fixture.write(
                "proc/pressure/\(name)",
                "some avg10=1.50 avg60=2.25 avg300=3.00 total=2500000\nfull avg10=0.50 avg60=0.00 avg300=0.00 total=1000000\n"
            )
        }
        let batch = try collect(PressureCollector(roots))
        #expect(batch.value("node_pressure_cpu_waiting_seconds_total") == 2.5)
        #expect(batch.value("node_pressure_memory_stalled_seconds_total") == 1)
        #expect(batch.value("tocsin_pressure_ratio", ["resource": "io", "kind": "some", "window": "300s"]) == 0.03)
        #expect(batch.value("tocsin_pressure_ratio", ["resource": "io", "kind": "full", "window": "10s"]) == 0.005)
    }

    @Test func diskstatsWithFieldsOfAnyKernel() throws {
        fixture.write(
            "proc/diskstats",
            "   8 0 sda 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n   8 1 sda1 1 1 1 1 1 1 1 1 1 1 1\n 259 0 nvme0n1 1 2 3 4 5 6 7 8 9 10 11\n 259 1 nvme0n1p1 1 1 1\n   7 0 loop0 1 1 1\n   1 0 ram0 1\n  254 0 dm-0 1 2\n garbage\n"
        )
        fixture.write("run/udev/data/b8:0", "E:ID_MODEL=Disk\nE:ID_WWN=0x5\nE:ID_PATH=pci-1\n")
        let batch = try collect(DiskCollector(roots))
        #expect(batch.value("node_disk_read_bytes_total", ["device": "sda"]) == 1_536)
        #expect(batch.value("node_disk_read_time_seconds_total", ["device": "sda"]) == 0.004)
        #expect(batch.value("node_disk_io_now", ["device": "sda"]) == 9)
        #expect(batch.value("node_disk_flush_requests_time_seconds_total", ["device": "sda"]) == 0.017)
        #expect(batch.value("node_disk_discards_completed_total", ["device": "nvme0n1"]) == nil)
        #expect(batch.value("node_disk_reads_merged_total", ["device": "dm-0"]) == 2)
        let devices = Set(batch.series.compactMap { $0.labels["device"] })
        #expect(devices == ["sda", "nvme0n1", "dm-0"])
        let info = batch.series.first { $0.family.name == "node_disk_info" && $0.labels["device"] == "sda" }
        #expect(info?.labels["model"] == "Disk" && info?.labels["wwn"] == "0x5" && info?.labels["major"] == "8")
    }

    @Test func networkDevices() throws {
        fixture.write(
            "proc/net/dev",
            "Inter-| Receive | Transmit\n face |bytes\n    lo: 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n  eth0:10 20 30 40 50 60 70 80 90 100 110 120 130 140 150 160\n"
        )
        fixture.write("sys/class/net/eth0/statistics/rx_nohandler", "5\n")
        let batch = try collect(NetDevCollector(roots))
        #expect(batch.value("node_network_receive_bytes_total", ["device": "eth0"]) == 10)
        #expect(batch.value("node_network_transmit_carrier_total", ["device": "eth0"]) == 150)
        #expect(batch.value("node_network_receive_nohandler_total", ["device": "eth0"]) == 5)
        #expect(batch.value("node_network_receive_bytes_total", ["device": "lo"]) == nil)
    }

    @Test func interfacesComeAndGo() throws {
        for name in ["eth0", "veth1"] {
            fixture.write("sys/class/net/\(name)/operstate", "up\n")
            fixture.write("sys/class/net/\(name)/carrier", "1\n")
            fixture.write("sys/class/net/\(name)/flags", "0x1003\n")
            fixture.write("sys/class/net/\(name)/speed", "-1\n")
            fixture.write("sys/class/net/\(name)/address", "02:00\n")
        }
        let collector = NetClassCollector(roots)
        var batch = SampleBatch()
        try collector.collect(into: &batch)
        #expect(batch.value("node_network_flags", ["device": "eth0"]) == 4099)
        #expect(batch.value("node_network_speed_bytes", ["device": "eth0"]) == -125_000)
        #expect(batch.value("node_network_up", ["device": "veth1"]) == 1)
        #expect(batch.value("node_network_info", ["device": "eth0", "operstate": "up", "address": "02:00"]) == 1)
        #expect(batch.value("node_network_dormant", ["device": "eth0"]) == nil)
        fixture.write("sys/class/net/eth0/operstate", "down\n")
        batch.begin()
        try collector.collect(into: &batch)
        #expect(batch.value("node_network_up", ["device": "eth0"]) == 0)
        #expect(batch.value("node_network_info", ["device": "eth0", "operstate": "down", "address": "02:00"]) == 1)
    }

    @Test func softnet() throws {
        fixture.write("proc/net/softnet_stat", "000000ff 00000001 00000002 0\n0000000a 0 0 0\n")
        let batch = try collect(SoftnetCollector(roots))
        #expect(batch.value("node_softnet_processed_total", ["cpu": "0"]) == 255)
        #expect(batch.value("node_softnet_times_squeezed_total", ["cpu": "0"]) == 2)
        #expect(batch.value("node_softnet_processed_total", ["cpu": "1"]) == 10)
    }

    /// Truncated, empty, huge, binary: a failure or fewer values, never a crash and never a wrong number.
    @Test func hostileFiles() throws {
        var random = SeededRandom(11)
        let files = [
            "stat", "loadavg", "meminfo", "vmstat", "diskstats", "net/dev", "net/softnet_stat", "sys/fs/file-nr",
            "pressure/cpu", "1/mounts", "1/mountinfo", "self/cgroup", "self/mounts",
        ]
        let seeds = [
            "cpu0 1 2", "cpu", "MemTotal: ", "8 0 sda 1 2", "eth0: 1 2 3", "some avg10=", "/dev/a /b",
            "99999999999999999999999999", "\0\0\0", "0::/x",
        ]
        for round in 0..<60 {
            for file in files {
                var bytes: [UInt8] = []
                for _ in 0..<Int.random(in: 0...(round == 0 ? 0 : 60), using: &random) {
                    if Bool.random(using: &random) {
                        bytes += Array(seeds.randomElement(using: &random)!.utf8)
                    } else {
                        bytes.append(UInt8.random(in: 0...255, using: &random))
                    }
                    if Int.random(in: 0...5, using: &random) == 0 { bytes.append(10) }
                }
                if round == 59 { bytes = Array(repeating: UInt8(ascii: "9"), count: 300_000) }
                fixture.write("proc/" + file, bytes: bytes)
            }
            for collector in HostCollectors.all(roots, mounts: .nodeExporter) {
                var batch = SampleBatch()
                do throws(CollectFailure) { try collector.collect(into: &batch) } catch {
                    #expect(!error.reason.isEmpty)
                }
                #expect(batch.values.count == batch.slots.count)
            }
        }
    }

    @Test func whatIsNotThereIsAbsentAndNotAFault() {
        for collector in HostCollectors.all(roots, mounts: .nodeExporter)
        where ["pressure", "netclass", "cgroup"].contains(collector.name) {
            var batch = SampleBatch()
            #expect { try collector.collect(into: &batch) } throws: { ($0 as? CollectFailure)?.absent == true }
        }
    }

    @Test func theCgroupsTightestLimitHolds() throws {
        fixture.write("proc/self/cgroup", "0::/outer/inner\n")
        fixture.write("proc/self/mounts", "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n")
        fixture.write("sys/fs/cgroup/outer/memory.max", "1000\n")
        fixture.write("sys/fs/cgroup/outer/inner/memory.max", "max\n")
        fixture.write("sys/fs/cgroup/outer/inner/cpu.max", "150000 100000\n")
        fixture.write("sys/fs/cgroup/outer/inner/memory.current", "900\n")
        fixture.write("sys/fs/cgroup/outer/inner/memory.stat", "anon 1\ninactive_file 300\n")
        fixture.write("sys/fs/cgroup/outer/inner/memory.events", "oom 2\noom_kill 1\n")
        fixture.write(
            "sys/fs/cgroup/outer/inner/cpu.stat",
            "usage_usec 2500000\nnr_periods 10\nnr_throttled 4\nthrottled_usec 1000000\n")
        fixture.write("sys/fs/cgroup/outer/inner/memory.pressure", "full avg10=10.00 avg60=0.00 avg300=5.00 total=1\n")
        let batch = try collect(CgroupCollector(roots))
        let own: Labels = ["cgroup": "/outer/inner"]
        #expect(batch.value("tocsin_cgroup_memory_limit_bytes", own) == 1_000)
        #expect(batch.value("tocsin_cgroup_memory_working_set_bytes", own) == 600)
        #expect(batch.value("tocsin_cgroup_cpu_limit_cores", own) == 1.5)
        #expect(batch.value("tocsin_cgroup_memory_oom_kills_total", own) == 1)
        #expect(batch.value("tocsin_cgroup_cpu_throttled_periods_total", own) == 4)
        #expect(
            batch.value(
                "tocsin_cgroup_pressure_ratio", own.merging(["resource": "memory", "kind": "full", "window": "300s"]))
                == 0.05)
        fixture.write("sys/fs/cgroup/outer/memory.max", "max\n")
        fixture.write("sys/fs/cgroup/outer/inner/cpu.max", "max 100000\n")
        #expect { try collect(CgroupCollector(roots)) } throws: { ($0 as? CollectFailure)?.absent == true }
    }
}
