import Glibc
import TocsinCore
import TocsinModel

/// `/proc/loadavg`.
package final class LoadCollector: Collector {
    package let name = "loadavg"
    private let file: KeptFile
    private var slots: [SampleBatch.Slot] = []
    private static let families = [
        MetricFamily("node_load1", .gauge, "1m load average."),
        MetricFamily("node_load5", .gauge, "5m load average."),
        MetricFamily("node_load15", .gauge, "15m load average."),
    ]

    package init(_ roots: HostRoots) { file = KeptFile(roots.proc + "/loadavg", capacity: 256) }

    package func collect(into batch: inout SampleBatch) throws(CollectFailure) {
        if slots.isEmpty { slots = Self.families.map { batch.declare($0) } }
        let complete = try file.read { bytes in
            var cursor = ByteCursor()
            for slot in slots {
                guard let load = cursor.decimal(in: bytes) else { return false }
                batch.put(slot, load)
            }
            return true
        }
        if !complete { throw CollectFailure("\(file.path) is not three numbers") }
    }
}

/// `/proc/sys/fs/file-nr`: open files of the whole host.
package final class FileDescriptorCollector: Collector {
    package let name = "filefd"
    private let file: KeptFile
    private var slots: [SampleBatch.Slot] = []

    package init(_ roots: HostRoots) { file = KeptFile(roots.proc + "/sys/fs/file-nr", capacity: 256) }

    package func collect(into batch: inout SampleBatch) throws(CollectFailure) {
        if slots.isEmpty {
            slots = ["allocated", "maximum"].map {
                batch.declare(MetricFamily("node_filefd_\($0)", .gauge, "File descriptor statistics: \($0)."))
            }
        }
        let complete = try file.read { bytes in
            var cursor = ByteCursor()
            guard let allocated = cursor.number(in: bytes), cursor.number(in: bytes) != nil,
                let maximum = cursor.number(in: bytes)
            else { return false }
            batch.put(slots[0], Double(allocated))
            batch.put(slots[1], Double(maximum))
            return true
        }
        if !complete { throw CollectFailure("\(file.path) is not three numbers") }
    }
}

/// Pressure stall information: the counters node_exporter has, and the averages the kernel already remembers.
package final class PressureCollector: Collector {
    package let name = "pressure"
    private struct Resource {
        let name: String
        let file: KeptFile
        var some: SampleBatch.Slot?
        var full: SampleBatch.Slot?
        var averages: [SampleBatch.Slot] = []
    }

    private var resources: [Resource]
    private static let ratio = MetricFamily(
        "tocsin_pressure_ratio", .gauge,
        "Share of the last 10, 60 or 300 s in which some or all tasks were stalled, as the kernel remembers it.")
    private static let counters: [String: (some: String, full: String?)] = [
        "cpu": ("node_pressure_cpu_waiting_seconds_total", nil),
        "io": ("node_pressure_io_waiting_seconds_total", "node_pressure_io_stalled_seconds_total"),
        "memory": ("node_pressure_memory_waiting_seconds_total", "node_pressure_memory_stalled_seconds_total"),
    ]
    private static let help = [
        "node_pressure_cpu_waiting_seconds_total": "Total time in seconds that processes have waited for CPU time",
        "node_pressure_io_waiting_seconds_total":
            "Total time in seconds that processes have waited due to IO congestion",
        "node_pressure_io_stalled_seconds_total":
            "Total time in seconds no process could make progress due to IO congestion",
        "node_pressure_memory_waiting_seconds_total": "Total time in seconds that processes have waited for memory",
        "node_pressure_memory_stalled_seconds_total":
            "Total time in seconds no process could make progress due to memory congestion",
    ]

    package init(_ roots: HostRoots) {
        resources = ["cpu", "io", "memory"].map {
            Resource(name: $0, file: KeptFile(roots.proc + "/pressure/" + $0, capacity: 512))
        }
    }

    package func collect(into batch: inout SampleBatch) throws(CollectFailure) {
        for index in resources.indices {
            if resources[index].averages.isEmpty { declare(&resources[index], &batch) }
            let resource = resources[index]
            try resource.file.read { bytes in Self.read(bytes, resource, &batch) }
        }
    }

    private static func read(_ bytes: RawSpan, _ resource: Resource, _ batch: inout SampleBatch) {
        var cursor = ByteCursor()
        repeat {
            let full: Bool
            if cursor.take("some ", in: bytes) {
                full = false
            } else if cursor.take("full ", in: bytes) {
                full = true
            } else {
                continue
            }
            for window in 0..<3 {
                while cursor.at < bytes.byteCount, bytes[cursor.at] != 0x3D { cursor.at += 1 }
                cursor.at += 1
                guard let average = cursor.decimal(in: bytes) else { return }
                let slot = (full ? 3 : 0) + window
                if slot < resource.averages.count { batch.put(resource.averages[slot], average / 100) }
            }
            while cursor.at < bytes.byteCount, bytes[cursor.at] != 0x3D { cursor.at += 1 }
            cursor.at += 1
            guard let total = cursor.number(in: bytes) else { return }
            if let slot = full ? resource.full : resource.some { batch.put(slot, Double(total) / 1e6) }
        } while cursor.nextLine(in: bytes)
    }

    private func declare(_ resource: inout Resource, _ batch: inout SampleBatch) {
        guard let names = Self.counters[resource.name] else { return }
        func counter(_ name: String) -> SampleBatch.Slot {
            batch.declare(MetricFamily(name, .counter, Self.help[name] ?? ""))
        }
        resource.some = counter(names.some)
        resource.full = names.full.map(counter)
        for kind in names.full == nil ? ["some"] : ["some", "full"] {
            for window in ["10s", "60s", "300s"] {
                resource.averages.append(
                    batch.declare(Self.ratio, ["resource": resource.name, "kind": kind, "window": window]))
            }
        }
    }
}

/// `/proc/net/softnet_stat`: what each processor's network backlog did.
package final class SoftnetCollector: Collector {
    package let name = "softnet"
    private let file: KeptFile
    private var slots: [[SampleBatch.Slot]] = []
    private static let families = [
        MetricFamily("node_softnet_processed_total", .counter, "Number of processed packets"),
        MetricFamily("node_softnet_dropped_total", .counter, "Number of dropped packets"),
        MetricFamily(
            "node_softnet_times_squeezed_total", .counter, "Number of times processing packets ran out of quota"),
    ]

    package init(_ roots: HostRoots) { file = KeptFile(roots.proc + "/net/softnet_stat", capacity: 8192) }

    package func collect(into batch: inout SampleBatch) throws(CollectFailure) {
        try file.read { bytes in
            var cursor = ByteCursor()
            var row = 0
            repeat {
                guard cursor.at < bytes.byteCount, bytes[cursor.at] > 0x20 else { continue }
                if row >= slots.count {
                    slots.append(Self.families.map { batch.declare($0, ["cpu": "\(row)"]) })
                }
                for slot in slots[row] {
                    guard let value = Self.hexadecimal(&cursor, bytes) else { break }
                    batch.put(slot, Double(value))
                }
                row += 1
            } while cursor.nextLine(in: bytes)
        }
    }

    private static func hexadecimal(_ cursor: inout ByteCursor, _ bytes: RawSpan) -> UInt64? {
        let word = cursor.word(in: bytes)
        var value: UInt64 = 0
        for at in word {
            let byte = bytes[at]
            let digit = byte <= 0x39 ? byte &- 0x30 : (byte | 0x20) &- 0x61 &+ 10
            guard digit < 16 else { return nil }
            value = value &* 16 &+ UInt64(digit)
        }
        return word.isEmpty ? nil : value
    }
}

/// `uname(2)`, or the files below a fixture's root.
package final class UnameCollector: Collector {
    package let name = "uname"
    private var slot: SampleBatch.Slot?
    private let roots: HostRoots
    package let every = 5

    package init(_ roots: HostRoots) { self.roots = roots }

    package func collect(into batch: inout SampleBatch) throws(CollectFailure) {
        if slot == nil {
            let family = MetricFamily(
                "node_uname_info", .gauge, "Labeled system information as provided by the uname system call.")
            slot = batch.declare(family, labels())
        }
        if let slot { batch.put(slot, 1) }
    }

    private func labels() -> Labels {
        if !roots.isLive {
            func kernel(_ name: String) -> String { KeptFile(roots.proc + "/sys/kernel/" + name).text() ?? "" }
            return [
                "sysname": kernel("ostype"), "release": kernel("osrelease"), "version": kernel("version"),
                "nodename": kernel("hostname"), "domainname": kernel("domainname"), "machine": "",
            ]
        }
        var names = utsname()
        uname(&names)
        func field<T>(_ tuple: T) -> String {
            withUnsafeBytes(of: tuple) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        }
        return [
            "sysname": field(names.sysname), "release": field(names.release), "version": field(names.version),
            "machine": field(names.machine), "nodename": field(names.nodename),
            "domainname": field(names.__domainname),
        ]
    }
}
