import TocsinCore
import TocsinModel

/// A file of `name value` lines, each a series of its own, remembered by its place so that no name is read twice.
final class KeyedLines {
    private struct Row {
        let key: [UInt8]
        /// nil for a line that is no series.
        let slot: SampleBatch.Slot?
        let scale: Double
    }

    private let file: KeptFile
    private var rows: [Row] = []
    /// The family and the scale of a line, from its name and unit; nil leaves the line out.
    private let describe: (_ key: String, _ unit: String) -> (MetricFamily, Double)?

    init(_ path: String, capacity: Int, describe: @escaping (String, String) -> (MetricFamily, Double)?) {
        file = KeptFile(path, capacity: capacity)
        self.describe = describe
    }

    func collect(into batch: inout SampleBatch) throws(CollectFailure) {
        let found = try file.read { bytes -> Int in
            var cursor = ByteCursor()
            var row = 0
            var found = 0
            repeat {
                let key = cursor.word(in: bytes)
                guard !key.isEmpty, let value = cursor.number(in: bytes) else { continue }
                if row >= rows.count || !bytes.equals(key, rows[row].key) {
                    declare(row, bytes, key, bytes.text(cursor.word(in: bytes)), &batch)
                }
                if let slot = rows[row].slot {
                    batch.put(slot, Double(value) * rows[row].scale)
                    found += 1
                }
                row += 1
            } while cursor.nextLine(in: bytes)
            return found
        }
        if found == 0 { throw CollectFailure("\(file.path) holds nothing that can be read") }
    }

    private func declare(
        _ row: Int, _ bytes: RawSpan, _ key: Range<Int>, _ unit: String, _ batch: inout SampleBatch
    ) {
        for slot in rows[min(row, rows.count)...].compactMap(\.slot) { batch.retire(slot) }
        rows.removeSubrange(min(row, rows.count)...)
        let described = describe(bytes.text(key), unit)
        let slot = described.map { batch.declare($0.0) }
        rows.append(Row(key: key.map { bytes[$0] }, slot: slot, scale: described?.1 ?? 1))
    }
}

/// `/proc/meminfo`, every field, in bytes.
package final class MemoryCollector: Collector {
    package let name = "meminfo"
    private let lines: KeyedLines

    package init(_ roots: HostRoots) {
        lines = KeyedLines(roots.proc + "/meminfo", capacity: 4096) { key, unit in
            var field = key.hasSuffix(":") ? String(key.dropLast()) : key
            field = field.replacingParentheses
            if unit == "kB" { field += "_bytes" }
            let family = MetricFamily("node_memory_" + field, .gauge, "Memory information field \(field).")
            return (family, unit == "kB" ? 1024 : 1)
        }
    }

    package func collect(into batch: inout SampleBatch) throws(CollectFailure) { try lines.collect(into: &batch) }
}

extension String {
    /// `Active(anon)` → `Active_anon`, as node_exporter writes it.
    fileprivate var replacingParentheses: String {
        var out = ""
        for character in self where character != ")" { out.append(character == "(" ? "_" : character) }
        return out
    }
}

/// `/proc/vmstat`, node_exporter's default fields: `^(oom_kill|pgpg|pswp|pg.*fault).*`
package final class VMStatCollector: Collector {
    package let name = "vmstat"
    private let lines: KeyedLines

    package init(_ roots: HostRoots) {
        lines = KeyedLines(roots.proc + "/vmstat", capacity: 16 << 10) { key, _ in
            let wanted =
                ["oom_kill", "pgpg", "pswp"].contains { key.hasPrefix($0) }
                || (key.hasPrefix("pg") && key.dropFirst(2).contains("fault"))
            if !wanted { return nil }
            let family = MetricFamily("node_vmstat_" + key, .untyped, "/proc/vmstat information field \(key).")
            return (family, 1)
        }
    }

    package func collect(into batch: inout SampleBatch) throws(CollectFailure) { try lines.collect(into: &batch) }
}
