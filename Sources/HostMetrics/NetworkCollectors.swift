import TocsinCore
import TocsinModel

/// `/proc/net/dev` and the one counter it lacks, without `lo` as node_exporter leaves it out.
package final class NetDevCollector: Collector {
    package let name = "netdev"
    private struct Device {
        let name: [UInt8]
        /// Empty for a device that is left out.
        let slots: [SampleBatch.Slot]
        let noHandler: SampleBatch.Slot?
        let noHandlerFile: KeptFile?
    }

    private let file: KeptFile
    private let sys: String
    private var devices: [Device] = []

    private static let columns = [
        "receive_bytes", "receive_packets", "receive_errs", "receive_drop", "receive_fifo", "receive_frame",
        "receive_compressed", "receive_multicast", "transmit_bytes", "transmit_packets", "transmit_errs",
        "transmit_drop", "transmit_fifo", "transmit_colls", "transmit_carrier", "transmit_compressed",
    ]
    private static let families = columns.map(family)
    private static let noHandler = family("receive_nohandler")

    private static func family(_ column: String) -> MetricFamily {
        MetricFamily("node_network_\(column)_total", .counter, "Network device statistic \(column).")
    }

    package init(_ roots: HostRoots) {
        file = KeptFile(roots.proc + "/net/dev", capacity: 8192)
        sys = roots.sys
    }

    package func collect(into batch: inout SampleBatch) throws(CollectFailure) {
        try file.read { bytes in
            var cursor = ByteCursor()
            // Two lines of headings.
            cursor.nextLine(in: bytes)
            guard cursor.nextLine(in: bytes) else { return }
            var row = 0
            repeat {
                cursor.skipBlank(in: bytes)
                let start = cursor.at
                while cursor.at < bytes.byteCount, bytes[cursor.at] != 0x3A, bytes[cursor.at] > 0x20 { cursor.at += 1 }
                let name = start..<cursor.at
                guard !name.isEmpty, cursor.take(":", in: bytes) else { continue }
                if row >= devices.count || !bytes.equals(name, devices[row].name) {
                    declare(row, bytes, name, &batch)
                }
                for slot in devices[row].slots {
                    guard let value = cursor.number(in: bytes) else { break }
                    batch.put(slot, Double(value))
                }
                if let slot = devices[row].noHandler, let value = devices[row].noHandlerFile?.number() {
                    batch.put(slot, value)
                }
                row += 1
            } while cursor.nextLine(in: bytes)
        }
    }

    private func declare(_ row: Int, _ bytes: RawSpan, _ range: Range<Int>, _ batch: inout SampleBatch) {
        for device in devices[min(row, devices.count)...] {
            for slot in device.slots { batch.retire(slot) }
            if let slot = device.noHandler { batch.retire(slot) }
        }
        devices.removeSubrange(min(row, devices.count)...)
        let name = bytes.text(range)
        let watched = name != "lo"
        devices.append(
            Device(
                name: range.map { bytes[$0] },
                slots: watched ? Self.families.map { batch.declare($0, ["device": name]) } : [],
                noHandler: watched ? batch.declare(Self.noHandler, ["device": name]) : nil,
                noHandlerFile: watched
                    ? KeptFile("\(sys)/class/net/\(name)/statistics/rx_nohandler", capacity: 64) : nil))
    }
}

/// `/sys/class/net`: the state of each interface.
package final class NetClassCollector: Collector {
    package let name = "netclass"
    package let every = 5

    private struct Device {
        var files: [(file: KeptFile, slot: SampleBatch.Slot, scale: Double)]
        let state: KeptFile
        let up: SampleBatch.Slot
        let words: [(label: String, file: KeptFile)]
        var info: (labels: Labels, slot: SampleBatch.Slot)?
    }

    private let root: String
    private var devices: [String: Device] = [:]

    /// File, node_exporter's family, kind, help and scale.
    private static let attributes: [(file: String, family: MetricFamily, scale: Double)] = [
        ("addr_assign_type", gauge("address_assign_type"), 1),
        ("carrier", gauge("carrier"), 1),
        ("carrier_changes", counter("carrier_changes_total"), 1),
        ("carrier_up_count", counter("carrier_up_changes_total"), 1),
        ("carrier_down_count", counter("carrier_down_changes_total"), 1),
        ("dev_id", gauge("device_id"), 1),
        ("dormant", gauge("dormant"), 1),
        ("flags", gauge("flags"), 1),
        ("ifindex", gauge("iface_id"), 1),
        ("iflink", gauge("iface_link"), 1),
        ("link_mode", gauge("iface_link_mode"), 1),
        ("mtu", gauge("mtu_bytes"), 1),
        ("name_assign_type", gauge("name_assign_type"), 1),
        ("netdev_group", gauge("net_dev_group"), 1),
        // Megabits per second; -1 where the driver does not know.
        ("speed", gauge("speed_bytes"), 125_000),
        ("tx_queue_len", gauge("transmit_queue_length"), 1),
        ("type", gauge("protocol_type"), 1),
    ]
    private static let up = MetricFamily(
        "node_network_up", .gauge, "Value is 1 if operstate is 'up', 0 otherwise.")
    private static let info = MetricFamily(
        "node_network_info", .gauge, "Non-numeric data from /sys/class/net/<iface>, value is always 1.")

    private static func gauge(_ name: String) -> MetricFamily {
        MetricFamily("node_network_" + name, .gauge, "Network device property: \(name)")
    }

    private static func counter(_ name: String) -> MetricFamily {
        MetricFamily("node_network_" + name, .counter, "Network device property: \(name)")
    }

    package init(_ roots: HostRoots) { root = roots.sys + "/class/net" }

    package func collect(into batch: inout SampleBatch) throws(CollectFailure) {
        guard let names = Directory.entries(root) else {
            throw CollectFailure("\(root) cannot be listed", absent: true)
        }
        for gone in devices.keys where !names.contains(gone) { retire(gone, &batch) }
        for name in names.sorted() {
            if devices[name] == nil { declare(name, &batch) }
            guard var device = devices[name], let state = device.state.text() else { continue }
            batch.put(device.up, state == "up" ? 1 : 0)
            for (file, slot, scale) in device.files {
                if let value = Self.integer(file) { batch.put(slot, value * scale) }
            }
            putInfo(name, state, &device, &batch)
            devices[name] = device
        }
    }

    private func putInfo(_ name: String, _ state: String, _ device: inout Device, _ batch: inout SampleBatch) {
        var pairs = [("device", name), ("operstate", state)]
        for (label, file) in device.words { pairs.append((label, file.text() ?? "")) }
        let labels = Labels(pairs)
        if device.info?.labels != labels {
            if let old = device.info { batch.retire(old.slot) }
            device.info = (labels, batch.declare(Self.info, labels))
        }
        if let info = device.info { batch.put(info.slot, 1) }
    }

    /// Decimal or `0x` hexadecimal; nil where the driver refuses, as `carrier` does for a device that is down.
    private static func integer(_ file: KeptFile) -> Double? {
        guard let text = file.text() else { return nil }
        if text.hasPrefix("0x") { return UInt64(text.dropFirst(2), radix: 16).map { Double($0) } }
        return Int64(text).map { Double($0) }
    }

    private func declare(_ name: String, _ batch: inout SampleBatch) {
        let folder = "\(root)/\(name)/"
        guard KeptFile(folder + "operstate", capacity: 64).text() != nil else { return }
        let labels: Labels = ["device": name]
        devices[name] = Device(
            files: Self.attributes.map {
                (KeptFile(folder + $0.file, capacity: 64), batch.declare($0.family, labels), $0.scale)
            },
            state: KeptFile(folder + "operstate", capacity: 64), up: batch.declare(Self.up, labels),
            words: ["address", "broadcast", "duplex", "ifalias"].map {
                ($0, KeptFile(folder + $0, capacity: 256))
            })
    }

    private func retire(_ name: String, _ batch: inout SampleBatch) {
        guard let device = devices.removeValue(forKey: name) else { return }
        for (_, slot, _) in device.files { batch.retire(slot) }
        batch.retire(device.up)
        if let info = device.info { batch.retire(info.slot) }
    }
}
