import TimeSeries
import TocsinModel

/// Made-up hosts of 300 series each, the shape on which Prometheus was measured: cores and modes, disks, networks,
/// filesystems, a histogram, and gauges and counters to fill up.
struct Fleet {
    let hosts: Int
    let interval: Milliseconds
    let samples: Int
    let start: Milliseconds

    /// A metric of one host with its further labels, and what its values look like.
    struct Shape: Sendable {
        enum Course: Sendable {
            /// A walk with two decimals.
            case gauge
            /// Whole steps upwards.
            case counter
            /// The same value for hours.
            case still
        }

        let labels: [(String, String)]
        let course: Course
    }

    static let shapes: [Shape] = {
        var all: [Shape] = []
        func add(_ name: String, _ course: Shape.Course, _ labels: [(String, String)] = []) {
            all.append(Shape(labels: [("__name__", name)] + labels, course: course))
        }
        for cpu in 0..<8 {
            for mode in ["idle", "user", "system", "iowait"] {
                add("node_cpu_seconds_total", .counter, [("cpu", "\(cpu)"), ("mode", mode)])
            }
        }
        for name in ["MemAvailable", "MemFree", "Cached"] { add("node_memory_\(name)_bytes", .gauge) }
        add("node_memory_MemTotal_bytes", .still)
        for name in ["node_load1", "node_load5", "node_load15", "node_filefd_allocated"] { add(name, .gauge) }
        for name in ["node_filefd_maximum", "node_boot_time_seconds", "up"] { add(name, .still) }
        for mount in ["/", "/var", "/home", "/srv", "/boot"] {
            add("node_filesystem_avail_bytes", .gauge, [("mountpoint", mount)])
            add("node_filesystem_files_free", .gauge, [("mountpoint", mount)])
            for name in ["size_bytes", "files", "readonly"] {
                add("node_filesystem_\(name)", .still, [("mountpoint", mount)])
            }
        }
        for device in ["sda", "sdb", "sdc"] {
            for name in ["read_bytes", "written_bytes", "reads_completed", "writes_completed", "io_time_seconds"] {
                add("node_disk_\(name)_total", .counter, [("device", device)])
            }
        }
        for device in ["eth0", "eth1", "lo"] {
            for name in ["receive_bytes", "transmit_bytes", "receive_errs", "transmit_errs", "receive_drop"] {
                add("node_network_\(name)_total", name.hasSuffix("bytes") ? .counter : .still, [("device", device)])
            }
        }
        for bound in ["0.01", "0.05", "0.1", "0.5", "1", "5", "+Inf"] {
            add("request_seconds_bucket", .counter, [("le", bound)])
        }
        for number in 0..<100 { add("g" + padded(number), .gauge) }
        let rest = 300 - all.count
        for number in 0..<rest { add("c" + padded(number) + "_total", .counter) }
        return all
    }()

    private static func padded(_ number: Int) -> String {
        String(repeating: "0", count: max(0, 3 - "\(number)".count)) + "\(number)"
    }

    var seriesCount: Int { hosts * Self.shapes.count }
    var end: Milliseconds { start + Milliseconds(samples - 1) * interval }

    /// Calls `body` for every series with its values in order.
    func forEachSeries(_ body: (Labels, _ value: (Int) -> Double) -> Void) {
        var random: UInt64 = 42
        func next() -> UInt64 {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return random >> 33
        }
        var values = [Double](repeating: 0, count: samples)
        for host in 0..<hosts {
            for shape in Self.shapes {
                var value = Double(next() % 10_000)
                for at in 0..<samples {
                    switch shape.course {
                    case .still: break
                    case .counter: value += Double(next() % 20)
                    case .gauge:
                        let cents = (value * 100).rounded() + Double(next() % 200) - 100
                        value = max(0, cents / 100)
                    }
                    values[at] = value
                }
                body(Labels(shape.labels + [("instance", "host-\(host):9100"), ("job", "node")])) { values[$0] }
            }
        }
    }
}
