import Exposition
import FoundationEssentials
import Glibc
import TestKit
import Testing
import TocsinModel

/// The collectors beside the real node_exporter, on the same machine at the same moment.
@Suite(.serialized) struct NodeExporterTests {
    private static let exporter = "/usr/bin/prometheus-node-exporter"

    /// True in CI, where an absent system is a failure; elsewhere it is said and passed over.
    private static var mustBeThere: Bool { getenv("CI") != nil }

    private static func isThere(_ path: String) -> Bool { access(path, X_OK) == 0 }

    /// Families whose values move by themselves between two reads.
    @Test(.enabled(if: isThere(exporter) || mustBeThere, "prometheus-node-exporter is not installed"))
    func theSameSeriesAndTheSameValues() throws {
        let port = 19_800 + Int(getpid()) % 150
        let server = try #require(
            Pty(Self.exporter, ["--web.listen-address=127.0.0.1:\(port)"], environment: ["PATH": "/usr/bin:/bin"]),
            "cannot be started")
        defer { server.signal(SIGTERM) }
        #expect(server.expect("Listening on", within: 20) || server.expect("TLS is disabled", within: 5))
        // Something may move between the reads and be back in time for the last one; it does not do so again and again.
        var complaints = try Self.complaints(port)
        for _ in 1..<4 where !complaints.isEmpty { complaints.formIntersection(try Self.complaints(port)) }
        #expect(complaints.isEmpty, "\(complaints.sorted())")
    }

    /// Where our collectors differ from node_exporter's answers before and after them.
    private static func complaints(_ port: Int) throws -> Set<String> {
        let (before, ours, after) = (try scrape(port), try collect(), try scrape(port))
        var complaints: Set<String> = []
        let theirNames = Set(before.lines.map(\.labels.metricName))
        let families = Set(ours.lines.map(\.labels.metricName)).filter {
            theirNames.contains($0) && !$0.hasPrefix("node_scrape_")
        }
        #expect(families.count > 100)
        for family in families {
            func series(_ page: ExpositionReader.Page) -> [Labels: Double] {
                Dictionary(
                    page.lines.filter { $0.labels.metricName == family }.map { ($0.labels, $0.value) },
                    uniquingKeysWith: { a, _ in a })
            }
            let (first, own, last) = (series(before), series(ours), series(after))
            if Set(own.keys) != Set(first.keys) { complaints.insert("\(family) has other series") }
            if ours.kinds[family] != before.kinds[family] { complaints.insert("\(family) has another type") }
            for (labels, value) in first where last[labels] == value {
                // What did not move between their two reads must be the same in ours, made between them.
                let mine = own[labels] ?? .nan
                if !((mine - value).magnitude <= allowance(family, value)) { complaints.insert("\(labels) differs") }
            }
        }
        return complaints
    }

    /// Nothing, but where the program that measures is itself part of what is measured: its memory and its open files.
    private static func allowance(_ family: String, _ value: Double) -> Double {
        if family == "node_filefd_allocated" { return 64 }
        if family == "node_procs_running" { return 8 }
        if family.hasPrefix("node_memory_"), family.hasSuffix("_bytes"), !family.contains("Total") {
            return 134_217_728
        }
        return 1e-9 * max(1, value.magnitude)
    }

    /// Every family that node_exporter has for the collectors we have.
    @Test(.enabled(if: isThere(exporter) || mustBeThere, "prometheus-node-exporter is not installed"))
    func noFamilyIsMissing() throws {
        let port = 19_960 + Int(getpid()) % 30
        let server = try #require(
            Pty(Self.exporter, ["--web.listen-address=127.0.0.1:\(port)"], environment: ["PATH": "/usr/bin:/bin"]),
            "cannot be started")
        defer { server.signal(SIGTERM) }
        #expect(server.expect("Listening on", within: 20) || server.expect("TLS is disabled", within: 5))
        let own = Set(try Self.collect().lines.map(\.labels.metricName))
        let wanted = [
            "node_cpu_", "node_disk_", "node_filefd_", "node_filesystem_", "node_load", "node_memory_", "node_network_",
            "node_pressure_", "node_procs_", "node_softnet_", "node_time_", "node_timex_", "node_uname_",
            "node_vmstat_", "node_intr_", "node_forks_", "node_context_", "node_boot_",
        ]
        for name in Set(try Self.scrape(port).lines.map(\.labels.metricName)).sorted()
        where wanted.contains(where: { name.hasPrefix($0) }) {
            // These two come from collectors that are not ours.
            if name == "node_cpu_scaling_frequency_hertz" || name.hasPrefix("node_cpu_frequency")
                || name.hasPrefix("node_cpu_core_") || name.hasPrefix("node_cpu_package_")
                || name.hasPrefix("node_cpu_scaling")
            {
                continue
            }
            #expect(own.contains(name), "\(name)")
        }
    }

    @Test(.enabled(if: isThere("/usr/bin/promtool") || mustBeThere, "promtool is not installed"))
    func promtoolAcceptsTheDefaultRules() throws {
        let rules = try Self.run(productsFolder + "/tocsin", ["rules", "--default"])
        let fixture = Fixture()
        fixture.write("default.yml", rules)
        #expect(
            try Self.run("/usr/bin/promtool", ["check", "rules", fixture.path + "/default.yml"]).contains("SUCCESS"))
    }

    /// A small filesystem of our own, filled: the alert is there within seconds and names it.
    @Test(.enabled(if: getuid() == 0 || mustBeThere, "only root can mount"))
    func aFullFilesystemAlerts() throws {
        let fixture = Fixture()
        let point = fixture.path + "/full"
        mkdir(point, 0o755)
        #expect(mount("tmpfs", point, "tmpfs", 0, "size=1m") == 0)
        defer { umount2(point, Int32(MNT_DETACH)) }
        fixture.write("full/file", bytes: Array(repeating: 7, count: 1 << 20))
        let environment = [
            "TERM": "xterm-256color", "LANG": "C.UTF-8", "HOME": fixture.path,
            "XDG_STATE_HOME": fixture.path + "/state",
        ]
        let pty = try #require(Pty(productsFolder + "/tocsin", environment: environment, columns: 200, lines: 50))
        #expect(pty.expect("CRITICAL"))
        #expect(pty.expect("\(point) is full"))
        pty.send("q")
        #expect(pty.exit()?.code == 0)
    }

    private static func collect() throws -> ExpositionReader.Page {
        try ExpositionReader.read(try run(productsFolder + "/tocsin", ["collect"]))
    }

    private static func scrape(_ port: Int) throws -> ExpositionReader.Page {
        let text = try run("/usr/bin/curl", ["-s", "--max-time", "20", "http://127.0.0.1:\(port)/metrics"])
        return try ExpositionReader.read(text)
    }

    /// Runs a program to its end and returns what it wrote.
    private static func run(_ path: String, _ arguments: [String]) throws -> String {
        let fixture = Fixture()
        let line = ([path] + arguments).map { "'\($0)'" }.joined(separator: " ") + " > '\(fixture.path)/out' 2>&1"
        let pty = try #require(
            Pty("/bin/sh", ["-c", line], environment: ["PATH": "/usr/bin:/bin"]), "\(path) cannot be started")
        _ = try #require(pty.exit(within: 30), "\(path) does not end")
        return String(decoding: FileManager.default.contents(atPath: fixture.path + "/out") ?? Data(), as: UTF8.self)
    }
}
