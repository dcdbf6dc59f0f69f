import TocsinCore
import TocsinModel

/// `/proc/diskstats`, without the devices node_exporter leaves out:
/// `^(ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$`
package final class DiskCollector: Collector {
    package let name = "diskstats"
    private struct Device {
        let info: SampleBatch.Slot
        let slots: [SampleBatch.Slot]
    }

    private let file: KeptFile
    private let udev: String
    private var devices: [Device?] = []
    private var names: [[UInt8]] = []

    /// The fields of a line after the device name, with node_exporter's family and scale to its unit.
    private static let fields: [(family: MetricFamily, scale: Double)] = [
        (counter("reads_completed_total", "The total number of reads completed successfully."), 1),
        (counter("reads_merged_total", "The total number of reads merged."), 1),
        (counter("read_bytes_total", "The total number of bytes read successfully."), 512),
        (counter("read_time_seconds_total", "The total number of seconds spent by all reads."), 0.001),
        (counter("writes_completed_total", "The total number of writes completed successfully."), 1),
        (counter("writes_merged_total", "The number of writes merged."), 1),
        (counter("written_bytes_total", "The total number of bytes written successfully."), 512),
        (counter("write_time_seconds_total", "This is the total number of seconds spent by all writes."), 0.001),
        (MetricFamily("node_disk_io_now", .gauge, "The number of I/Os currently in progress."), 1),
        (counter("io_time_seconds_total", "Total seconds spent doing I/Os."), 0.001),
        (counter("io_time_weighted_seconds_total", "The weighted # of seconds spent doing I/Os."), 0.001),
        (counter("discards_completed_total", "The total number of discards completed successfully."), 1),
        (counter("discards_merged_total", "The total number of discards merged."), 1),
        (counter("discarded_sectors_total", "The total number of sectors discarded successfully."), 1),
        (counter("discard_time_seconds_total", "This is the total number of seconds spent by all discards."), 0.001),
        (counter("flush_requests_total", "The total number of flush requests completed successfully"), 1),
        (
            counter(
                "flush_requests_time_seconds_total", "This is the total number of seconds spent by all flush requests."),
            0.001
        ),
    ]
    private static let info = MetricFamily("node_disk_info", .gauge, "Info of /sys/block/<block_device>.")

    private static func counter(_ name: String, _ help: String) -> MetricFamily {
        MetricFamily("node_disk_" + name, .counter, help)
    }

    package init(_ roots: HostRoots) {
        file = KeptFile(roots.proc + "/diskstats", capacity: 16 << 10)
        udev = roots.run + "/udev/data"
    }

    package func collect(into batch: inout SampleBatch) throws(CollectFailure) {
        try file.read { bytes in
            var cursor = ByteCursor()
            var row = 0
            repeat {
                guard let major = cursor.number(in: bytes), let minor = cursor.number(in: bytes) else { continue }
                let name = cursor.word(in: bytes)
                if name.isEmpty { continue }
                if row >= names.count || !bytes.equals(name, names[row]) {
                    declare(row, bytes, name, major, minor, &batch)
                }
                if let device = devices[row] {
                    batch.put(device.info, 1)
                    for column in 0..<Self.fields.count {
                        guard let value = cursor.number(in: bytes) else { break }
                        batch.put(device.slots[column], Double(value) * Self.fields[column].scale)
                    }
                }
                row += 1
            } while cursor.nextLine(in: bytes)
        }
    }

    private func declare(
        _ row: Int, _ bytes: RawSpan, _ range: Range<Int>, _ major: UInt64, _ minor: UInt64,
        _ batch: inout SampleBatch
    ) {
        for case let device? in devices[min(row, devices.count)...] {
            batch.retire(device.info)
            for slot in device.slots { batch.retire(slot) }
        }
        devices.removeSubrange(min(row, devices.count)...)
        names.removeSubrange(min(row, names.count)...)
        let name = bytes.text(range)
        names.append(range.map { bytes[$0] })
        guard !Self.isExcluded(name) else {
            devices.append(nil)
            return
        }
        let known = properties("b\(major):\(minor)")
        let info = Labels([
            ("device", name), ("major", "\(major)"), ("minor", "\(minor)"), ("path", known["ID_PATH"] ?? ""),
            ("wwn", known["ID_WWN"] ?? ""), ("model", known["ID_MODEL"] ?? ""),
            ("serial", known["SCSI_IDENT_SERIAL"] ?? known["ID_SERIAL_SHORT"] ?? ""),
            ("revision", known["ID_REVISION"] ?? ""),
        ])
        devices.append(
            Device(
                info: batch.declare(Self.info, info),
                slots: Self.fields.map { batch.declare($0.family, ["device": name]) }))
    }

    /// udev's properties of a device; empty where udev does not run.
    private func properties(_ device: String) -> [String: String] {
        guard let text = KeptFile(udev + "/" + device).text() else { return [:] }
        var out: [String: String] = [:]
        for line in text.split(separator: "\n") where line.hasPrefix("E:") {
            let pair = line.dropFirst(2).split(separator: "=", maxSplits: 1)
            if pair.count == 2 { out[String(pair[0])] = String(pair[1]) }
        }
        return out
    }

    /// node_exporter's default `--collector.diskstats.device-exclude`.
    static func isExcluded(_ name: String) -> Bool {
        let digits = name.reversed().prefix { $0.isASCII && $0.isNumber }.count
        guard digits > 0 else { return false }
        let stem = name.dropLast(digits)
        if ["ram", "loop", "fd"].contains(stem) { return true }
        for prefix in ["hd", "sd", "vd", "xvd"] where stem.hasPrefix(prefix) {
            let letter = stem.dropFirst(prefix.count)
            if letter.count == 1, let one = letter.first, one.isASCII, one.isLowercase { return true }
        }
        // nvme0n1p2
        guard stem.hasPrefix("nvme"), stem.last == "p" else { return false }
        let middle = stem.dropFirst(4).dropLast().split(separator: "n", omittingEmptySubsequences: false)
        return middle.count == 2 && middle.allSatisfy { !$0.isEmpty && $0.allSatisfy { $0.isASCII && $0.isNumber } }
    }
}
