import ArgumentParser
import Glibc

/// The engine and Debian's Prometheus scrape the same made-up fleet at the same time, with the same rules.
struct FleetBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fleet",
        abstract: "Scrape a made-up fleet beside Prometheus, and compare processor time, memory and disk.")

    @Option(help: "How many hosts, of 300 series each.") var hosts = 500
    @Option(help: "Seconds between two scrapes of a host.") var interval = 5
    @Option(help: "Seconds of warming up, which are not measured.") var warmup = 30
    @Option(help: "Seconds of measuring.") var seconds = 120
    @Option(help: "The program to measure.") var program = ".build/release/tocsin"
    @Flag(help: "Measure Tocsin alone.") var alone = false

    private static let prometheus = "/usr/bin/prometheus"

    func run() throws {
        // Connections of both sides and the listeners themselves.
        var limit = rlimit()
        let which = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        getrlimit(which, &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(which, &limit)
        let port = 20_000 + Int(getpid()) % 20_000
        let exporters = try FakeExporters(hosts: hosts, port: port)
        defer { exporters.end() }
        let scratch = try Scratch()
        defer { scratch.remove() }
        scratch.write("rules.yml", Self.rules)
        scratch.write("prometheus.yml", jobs(port) + "rule_files: [rules.yml]\n")
        scratch.write(
            "tocsin.yaml",
            jobs(port)
                + "rule_files: [rules.yml]\ndefault_rules: false\nstorage: {path: \(scratch.path)/state, memory: 1GiB}\napi: {socket: \(scratch.path)/t.sock}\n"
        )
        var subjects = [Subject("tocsin", program, ["serve", "--config", "\(scratch.path)/tocsin.yaml"], "state")]
        if !alone, access(Self.prometheus, X_OK) == 0 {
            subjects.append(
                Subject(
                    "prometheus", Self.prometheus,
                    [
                        "--config.file=\(scratch.path)/prometheus.yml", "--storage.tsdb.path=\(scratch.path)/data",
                        "--web.listen-address=127.0.0.1:\(port + 1)", "--log.level=error",
                    ], "data"))
        } else if !alone {
            print("prometheus is not installed: there is nothing to compare with")
        }
        let running = try subjects.map { try Running($0, scratch.path) }
        defer { running.forEach { $0.child.end() } }
        for _ in 0..<warmup { running.forEach { $0.child.read(milliseconds: 1_000 / running.count) } }
        let before = running.map(\.child.cpuSeconds)
        let begun = now()
        while now() - begun < Double(seconds) { running.forEach { $0.child.read(milliseconds: 500 / running.count) } }
        let elapsed = now() - begun
        report(running, before, elapsed, scratch.path)
    }

    private func report(_ running: [Running], _ before: [Double], _ elapsed: Double, _ folder: String) {
        print("\(hosts) hosts × \(Fleet.shapes.count) series every \(interval) s, 24 rules, \(Int(elapsed)) s measured")
        print("             CPU % of a core   resident MiB   private MiB   disk MiB")
        var rows: [[Double]] = []
        for (subject, earlier) in zip(running, before) {
            let cpu = (subject.child.cpuSeconds - earlier) / elapsed * 100
            let row = [
                cpu, subject.child.residentKiB / 1024, subject.child.privateKiB / 1024,
                Double(Self.size("\(folder)/\(subject.subject.folder)")) / 1_048_576,
            ]
            rows.append(row)
            print(Self.row(subject.subject.name, row))
        }
        if rows.count == 2 { print(Self.row("ratio", zip(rows[0], rows[1]).map { $0 / $1 }, decimals: 2)) }
    }

    private static func row(_ name: String, _ cells: [Double], decimals: Int = 1) -> String {
        func pad(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
        return name + String(repeating: " ", count: max(0, 12 - name.count))
            + zip(cells, [16, 15, 14, 11]).map { pad(fixed($0, decimals), $1) }.joined()
    }

    /// Bytes of the files below a folder.
    private static func size(_ folder: String) -> Int {
        guard let open = opendir(folder) else { return 0 }
        defer { closedir(open) }
        var total = 0
        while let entry = readdir(open) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            var status = stat()
            guard name != ".", name != "..", lstat("\(folder)/\(name)", &status) == 0 else { continue }
            total += status.st_mode & S_IFMT == S_IFDIR ? size("\(folder)/\(name)") : Int(status.st_blocks) * 512
        }
        return total
    }

    private func jobs(_ port: Int) -> String {
        let targets = (0..<hosts).map { "'\(FakeExporters.address($0)):\(port)'" }.joined(separator: ", ")
        return """
            global: {scrape_interval: \(interval)s, scrape_timeout: \(interval)s, evaluation_interval: \(interval)s}
            scrape_configs:
              - {job_name: node, static_configs: [{targets: [\(targets)]}]}

            """
    }

    private static let expressions = [
        "1 - avg by (instance) (rate(node_cpu_seconds_total{mode=\"idle\"}[1m])) > 0.9",
        "avg by (instance) (rate(node_cpu_seconds_total{mode=\"iowait\"}[1m])) > 0.5",
        "node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes < 0.05",
        "node_load1 / count by (instance, job) (node_cpu_seconds_total{mode=\"idle\"}) > 400",
        "node_filesystem_avail_bytes / node_filesystem_size_bytes < 0.001",
        "predict_linear(node_filesystem_avail_bytes[1m], 3600) < 0",
        "node_filesystem_files_free / node_filesystem_files < 0.001", "node_filesystem_readonly == 1.5",
        "rate(node_disk_io_time_seconds_total[1m]) > 400", "rate(node_disk_read_bytes_total[1m]) > 1e9",
        "rate(node_disk_written_bytes_total[1m]) > 1e9", "rate(node_network_receive_bytes_total[1m]) > 1e9",
        "rate(node_network_transmit_bytes_total[1m]) > 1e9", "increase(node_network_receive_errs_total[1m]) > 10",
        "increase(node_network_transmit_errs_total[1m]) > 10", "increase(node_network_receive_drop_total[1m]) > 10",
        "node_filefd_allocated / node_filefd_maximum > 1e9", "up == 0", "time() - node_boot_time_seconds < 0",
        "histogram_quantile(0.99, sum by (instance, le) (rate(request_seconds_bucket[1m]))) > 100",
        "sum by (job) (rate(c000_total[1m])) > 1e9", "max by (job) (g000) > 1e9",
        "g001 > 1e9 and on (instance) g002 > 1e9",
        "absent(g003)",
    ]

    private static let rules =
        "groups:\n- name: bench\n  rules:\n"
        + expressions.enumerated().map { number, text in
            "  - {alert: Rule\(number), expr: '\(text)', for: 1m}\n"
        }.joined()

    private struct Subject {
        let name: String
        let program: String
        let arguments: [String]
        let folder: String

        init(_ name: String, _ program: String, _ arguments: [String], _ folder: String) {
            self.name = name
            self.program = program
            self.arguments = arguments
            self.folder = folder
        }
    }

    private struct Running {
        let subject: Subject
        let child: Child

        init(_ subject: Subject, _ folder: String) throws {
            self.subject = subject
            let environment = ["PATH=/usr/bin:/bin", "HOME=\(folder)"]
            guard let child = Child(subject.program, subject.arguments, environment, 80, 24) else {
                throw ValidationError("\(subject.program) cannot be started")
            }
            self.child = child
        }
    }
}
