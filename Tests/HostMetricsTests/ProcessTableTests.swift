import Glibc
import HostMetrics
import TestKit
import Testing
import TocsinCore
import TocsinModel

@Suite struct ProcessTableTests {
    private let fixture = Fixture()

    private func write(_ pid: Int, _ name: String, ticks: Int, start: Int = 5, resident: Int = 10, flags: Int = 0) {
        fixture.write(
            "proc/\(pid)/stat",
            "\(pid) (\(name)) S 1 1 1 0 -1 \(flags) 0 0 0 0 \(ticks) 0 0 0 20 0 3 0 \(start) 4096 \(resident) 18446744073709551615\n"
        )
    }

    @Test func countsProcessorTimeBetweenSamples() throws {
        write(7, "a", ticks: 100)
        write(9, "b ) (c", ticks: 0)
        fixture.write("proc/9/cmdline", "prog\0--flag\0\0")
        fixture.write("proc/9/cgroup", "0::/system.slice/thing.service\n")
        fixture.write("proc/stat", "cpu\n")
        let table = ProcessTable(HostRoots(proc: fixture.path + "/proc"))
        let first = try table.sample(ProcessQuery(), now: 1_000_000_000)
        #expect(first.page.total == 2)
        #expect(first.page.rows.allSatisfy { $0.cpuPercent == nil })
        write(7, "a", ticks: 150)
        let second = try table.sample(ProcessQuery(order: .cpu), now: 2_000_000_000)
        #expect(second.page.rows.first?.pid == 7)
        #expect(second.page.rows.first?.cpuPercent == 50)
        let other = try #require(second.page.rows.last)
        #expect(other.command == "prog --flag")
        #expect(other.cgroup == "thing.service")
        #expect(other.threads == 3)
    }

    @Test func aProcessThatVanishesBetweenListAndReadIsLeftOut() throws {
        write(7, "a", ticks: 1)
        // A folder without a stat file: listed, and gone when it is read.
        fixture.write("proc/8/other", "")
        fixture.write("proc/9/stat", "9 (cut sho")
        let table = ProcessTable(HostRoots(proc: fixture.path + "/proc"))
        #expect(try table.sample(ProcessQuery(), now: 1).page.rows.map(\.pid) == [7])
        unlink(fixture.path + "/proc/7/stat")
        rmdir(fixture.path + "/proc/7")
        #expect(try table.sample(ProcessQuery(), now: 2).page.total == 0)
    }

    @Test func aNumberThatIsUsedAgainIsAnotherProcess() throws {
        write(7, "a", ticks: 900, start: 5)
        let table = ProcessTable(HostRoots(proc: fixture.path + "/proc"))
        _ = try table.sample(ProcessQuery(), now: 1_000_000_000)
        write(7, "z", ticks: 3, start: 8)
        let row = try table.sample(ProcessQuery(), now: 2_000_000_000).page.rows[0]
        #expect(row.command == "z")
        #expect(row.cpuPercent == nil)
    }

    @Test func filtersOrdersAndPages() throws {
        for pid in 1...50 { write(pid, pid % 2 == 0 ? "even" : "odd", ticks: pid, resident: pid) }
        let table = ProcessTable(HostRoots(proc: fixture.path + "/proc"))
        let page = try table.sample(ProcessQuery(order: .memory, filter: "EVEN", offset: 5, rows: 3), now: 1).page
        #expect(page.matching == 25)
        #expect(page.total == 50)
        #expect(page.rows.map(\.pid) == [40, 38, 36])
        write(60, "kthread", ticks: 0, flags: 0x200000)
        let kernel = try table.sample(ProcessQuery(order: .pid, rows: 60), now: 2)
        #expect(kernel.page.rows.last?.command == "[kthread]")
    }
}
