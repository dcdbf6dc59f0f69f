import FoundationEssentials
import Glibc
import TestKit
import Testing

/// Memory while a source gives new series with every scrape, in a control group that leaves little where one can be made.
@Suite struct BoundedMemoryTests {
    private static var mustBeThere: Bool { getenv("CI") != nil }
    private static let allowed = 320 << 20
    private let folder = Fixture()

    private func run(_ line: String) throws -> String {
        folder.write("line", line + "\n")
        let pty = try #require(
            Pty(
                "/bin/sh", ["-c", "sh '\(folder.path)/line' > '\(folder.path)/out' 2>&1"],
                environment: ["PATH": "/usr/bin:/bin"]))
        _ = try #require(pty.exit(within: 60))
        return String(decoding: FileManager.default.contents(atPath: folder.path + "/out") ?? Data(), as: UTF8.self)
    }

    /// Puts the engine where the kernel would kill it for using more; whether that could be done.
    private func confine(_ pid: Int32) throws -> String? {
        let name = "tocsin-test-\(pid)"
        let made = try run(
            """
            one=/sys/fs/cgroup/memory/\(name); two=/sys/fs/cgroup/\(name)
            if mkdir $one 2>/dev/null && echo \(Self.allowed) > $one/memory.limit_in_bytes && echo \(pid) > $one/cgroup.procs
            then echo $one
            elif mkdir $two 2>/dev/null && echo \(Self.allowed) > $two/memory.max && echo \(pid) > $two/cgroup.procs
            then echo $two
            fi

            """
        ).split(separator: "\n").last.map(String.init)
        return made?.hasPrefix("/sys/fs/cgroup") == true ? made : nil
    }

    private func page(_ generation: Int) -> String {
        var page = "# TYPE churn gauge\n"
        for number in 0..<15_000 { page += "churn{generation=\"\(generation)\",number=\"\(number)\"} \(number)\n" }
        return page
    }

    @Test(.enabled(if: TextfileExporter.isInstalled || mustBeThere, "prometheus-node-exporter is not installed"))
    func seriesThatNeverStopComingAreBounded() throws {
        folder.write("text/churn.prom", page(0))
        let exporter = try #require(TextfileExporter(folder.path + "/text"))
        folder.write(
            "tocsin.yaml",
            """
            storage: {path: \(folder.path)/state, memory: 32MiB}
            default_rules: false
            api: {socket: \(folder.path)/t.sock}
            global: {scrape_interval: 1s, scrape_timeout: 1s}
            scrape_configs: [{job_name: churn, static_configs: [{targets: ['127.0.0.1:\(exporter.port)']}]}]

            """)
        let engine = try #require(
            Pty(
                productsFolder + "/tocsin", ["serve", "--config", folder.path + "/tocsin.yaml"],
                environment: ["PATH": "/usr/bin:/bin", "HOME": folder.path]))
        #expect(engine.expect("listening on"))
        let group = try confine(engine.pid)
        for generation in 1...30 {
            folder.write("text/churn.next", page(generation))
            rename(folder.path + "/text/churn.next", folder.path + "/text/churn.prom")
            engine.pause(1)
        }
        let curl = "curl -s --max-time 10 --unix-socket '\(folder.path)/t.sock' http://localhost"
        #expect(try run("\(curl)/-/healthy") == "Tocsin is Healthy.\n")
        // What comes after the bound is refused for the scrape as a whole, and `up` says so.
        let up = try run("\(curl)/api/v1/query?query=up%7Bjob=%22churn%22%7D")
        #expect(up.contains("\"value\":["), "\(up)")
        let peak = try run("sed -n 's/^VmHWM:[^0-9]*\\([0-9]*\\) kB/\\1/p' /proc/\(engine.pid)/status")
        let kilobytes = try #require(Int(peak.split(separator: "\n").first ?? ""))
        #expect(kilobytes << 10 < Self.allowed, "\(kilobytes >> 10) MiB at the most, group: \(group ?? "none")")
        engine.signal(SIGTERM)
        #expect(engine.exit(within: 20)?.code == 0)
        if let group { _ = try run("rmdir '\(group)'") }
    }
}
