import Glibc
import TocsinCore
import TocsinModel

/// `/proc/stat`: the time each processor spent in each mode, and the kernel's own counters.
package final class CPUCollector: Collector {
    package let name = "cpu"
    private let file: KeptFile
    private var slots: [[SampleBatch.Slot]] = []
    private var numbers: [Int] = []
    private var last: [UInt64] = []
    private let ticksPerSecond: Double

    private static let modes = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"]
    private static let seconds = MetricFamily(
        "node_cpu_seconds_total", .counter, "Seconds the CPUs spent in each mode.")
    private static let guest = MetricFamily(
        "node_cpu_guest_seconds_total", .counter, "Seconds the CPUs spent in guests (VMs) for each mode.")

    package init(_ roots: HostRoots) {
        file = KeptFile(roots.proc + "/stat", capacity: 32 << 10)
        ticksPerSecond = Double(max(sysconf(Int32(_SC_CLK_TCK)), 1))
    }

    package func collect(into batch: inout SampleBatch) throws(CollectFailure) {
        let found = try file.read { bytes in read(bytes, &batch) }
        if !found { throw CollectFailure("\(file.path) holds no line for a processor") }
    }

    private func read(_ bytes: RawSpan, _ batch: inout SampleBatch) -> Bool {
        var cursor = ByteCursor()
        var row = 0
        repeat {
            guard cursor.take("cpu", in: bytes) else { continue }
            // The first line sums all processors and has no number.
            guard cursor.at < bytes.byteCount, bytes[cursor.at] != 0x20,
                let cpu = cursor.number(in: bytes)
            else { continue }
            line(Int(cpu), row, bytes, &cursor, &batch)
            row += 1
        } while cursor.nextLine(in: bytes)
        return row > 0
    }

    private func line(
        _ cpu: Int, _ row: Int, _ bytes: RawSpan, _ cursor: inout ByteCursor, _ batch: inout SampleBatch
    ) {
        if row >= slots.count || numbers[row] != cpu { declare(cpu, row, &batch) }
        var column = 0
        while column < 10, let ticks = cursor.number(in: bytes) {
            // iowait and idle may step back a little on some kernels; a counter must not.
            let at = row * 10 + column
            last[at] = Self.forward(last[at], ticks)
            batch.put(slots[row][column], Double(last[at]) / ticksPerSecond)
            column += 1
        }
    }

    /// The larger of both, unless the value fell so far that the counter must have begun anew.
    private static func forward(_ before: UInt64, _ now: UInt64) -> UInt64 {
        now < before && before - now < 300 ? before : now
    }

    private func declare(_ cpu: Int, _ row: Int, _ batch: inout SampleBatch) {
        if row < slots.count {
            // A processor came or went: all later rows are declared anew.
            for slot in slots[row...].joined() { batch.retire(slot) }
            slots.removeSubrange(row...)
            numbers.removeSubrange(row...)
            last.removeSubrange((row * 10)...)
        }
        var made = Self.modes.map { batch.declare(Self.seconds, ["cpu": "\(cpu)", "mode": $0]) }
        made += ["user", "nice"].map { batch.declare(Self.guest, ["cpu": "\(cpu)", "mode": $0]) }
        slots.append(made)
        numbers.append(cpu)
        last.append(contentsOf: repeatElement(0, count: 10))
    }
}

/// `/proc/stat` below the processors: boot time, context switches, forks, interrupts, runnable and blocked tasks.
package final class StatCollector: Collector {
    package let name = "stat"
    private let file: KeptFile
    private var slots: [SampleBatch.Slot] = []

    private static let families = [
        MetricFamily("node_intr_total", .counter, "Total number of interrupts serviced."),
        MetricFamily("node_context_switches_total", .counter, "Total number of context switches."),
        MetricFamily("node_boot_time_seconds", .gauge, "Node boot time, in unixtime."),
        MetricFamily("node_forks_total", .counter, "Total number of forks."),
        MetricFamily("node_procs_running", .gauge, "Number of processes in runnable state."),
        MetricFamily("node_procs_blocked", .gauge, "Number of processes blocked waiting for I/O to complete."),
    ]

    package init(_ roots: HostRoots) { file = KeptFile(roots.proc + "/stat", capacity: 32 << 10) }

    package func collect(into batch: inout SampleBatch) throws(CollectFailure) {
        if slots.isEmpty { slots = Self.families.map { batch.declare($0) } }
        try file.read { bytes in
            var cursor = ByteCursor()
            repeat {
                let index: Int
                if cursor.take("cpu", in: bytes) { continue }
                if cursor.take("intr ", in: bytes) {
                    index = 0
                } else if cursor.take("ctxt ", in: bytes) {
                    index = 1
                } else if cursor.take("btime ", in: bytes) {
                    index = 2
                } else if cursor.take("processes ", in: bytes) {
                    index = 3
                } else if cursor.take("procs_running ", in: bytes) {
                    index = 4
                } else if cursor.take("procs_blocked ", in: bytes) {
                    index = 5
                } else {
                    continue
                }
                if let value = cursor.number(in: bytes) { batch.put(slots[index], Double(value)) }
            } while cursor.nextLine(in: bytes)
        }
    }
}
