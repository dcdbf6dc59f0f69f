import FoundationEssentials
import Glibc
import TestKit
import Testing
import TocsinModel

/// Prometheus' own tools and a real Prometheus as clients of our server.
@Suite(.serialized) struct ServedAPITests {
    private static var mustBeThere: Bool { getenv("CI") != nil }
    private let folder = Fixture()

    private static let page = """
        # HELP queue_length Waiting.
        # TYPE queue_length gauge
        queue_length{queue="mail",zone="a"} 12
        queue_length{queue="sms",zone="b"} 0.25
        queue_length{queue="odd \\"x\\"",zone="a"} NaN
        # TYPE jobs_total counter
        jobs_total{queue="mail"} 1234567890
        jobs_total{queue="sms"} 7

        """

    private func run(_ line: String) throws -> (text: String, code: Int32) {
        let pty = try #require(
            Pty("/bin/sh", ["-c", "\(line) > '\(folder.path)/out' 2>&1"], environment: ["PATH": "/usr/bin:/bin"]))
        let ended = try #require(pty.exit(within: 40))
        let bytes = FileManager.default.contents(atPath: folder.path + "/out") ?? Data()
        return (String(decoding: bytes, as: UTF8.self), ended.code)
    }

    private func serve(_ port: Int, scraping: String = "") throws -> Pty {
        folder.write(
            "tocsin.yaml",
            """
            storage: {path: \(folder.path)/state}
            default_rules: false
            api: {socket: \(folder.path)/t.sock, listen: '127.0.0.1:\(port)', risks: [unencrypted, unauthenticated]}
            \(scraping)
            """)
        let daemon = try #require(
            Pty(
                productsFolder + "/tocsin", ["serve", "--config", folder.path + "/tocsin.yaml"],
                environment: ["PATH": "/usr/bin:/bin", "HOME": folder.path]))
        #expect(daemon.expect("http://127.0.0.1:\(port)"))
        return daemon
    }

    @Test(
        .enabled(
            if: PrometheusServer.isInstalled && TextfileExporter.isInstalled || mustBeThere,
            "prometheus and prometheus-node-exporter are not installed"))
    func promtoolAsksBothAndHearsTheSame() throws {
        let source = freePort()
        folder.write("text/page.prom", Self.page)
        let exporter = try #require(TextfileExporter(folder.path + "/text", port: source))
        defer { withExtendedLifetime(exporter) {} }
        let scraping = """
            global: {scrape_interval: 1s, scrape_timeout: 1s}
            scrape_configs: [{job_name: shop, static_configs: [{targets: ['127.0.0.1:\(source)']}]}]

            """
        let theirs = try #require(PrometheusServer(configuration: scraping), "prometheus cannot be started")
        let port = freePort()
        let ours = try serve(port, scraping: scraping)
        defer { ours.signal(SIGTERM) }
        func ask(_ port: Int, _ question: (String) -> String) throws -> [Substring] {
            let answer = try run("promtool \(question("http://127.0.0.1:\(port)"))")
            return ["\(answer.code)"] + answer.text.split(separator: "\n").sorted()
        }
        // A time at which both had seen every series for a while.
        var now = 0
        for _ in 0..<40 {
            ours.pause(0.5)
            now = Int(time(nil)) - 1
            let seen = "count(count_over_time({job=\"shop\",__name__=~\"queue_length|jobs_total\"}[2s]) >= 2)"
            let both = try [port, theirs.port].map { try ask($0) { "query instant --time=\(now) \($0) '\(seen)'" } }
            if both.allSatisfy({ $0.last?.contains("=> 5 @") == true }) { break }
        }
        let matching = #"--match='{job="shop",__name__=~"queue_length|jobs_total"}'"#
        let questions: [(String) -> String] = [
            { "query instant --time=\(now) \($0) queue_length" },
            { "query instant --time=\(now) \($0) 'sum by (zone) (queue_length{queue=~\"mail|sms\"})'" },
            { "query instant --time=\(now) \($0) 'vector(1) / 0'" },
            { "query instant --time=\(now) \($0) '1 + 1'" },
            { "query instant --time=\(now) \($0) '\"text\"'" },
            { "query instant --time=\(now) \($0) 'jobs_total +'" },
            { "query instant --time=\(now) -o json \($0) 'jobs_total'" },
            { "query range --start=\(now - 1) --end=\(now) --step=1s \($0) 'jobs_total * 2'" },
            { "query series \(matching) \($0)" },
            { "query labels \($0) queue" },
        ]
        for question in questions {
            #expect(try ask(port, question) == ask(theirs.port, question), "promtool \(question("URL"))")
        }
    }

    @Test(.enabled(if: PrometheusServer.isInstalled || mustBeThere, "prometheus is not installed"))
    func aRealPrometheusScrapesUs() throws {
        let port = freePort()
        let ours = try serve(port)
        defer { ours.signal(SIGTERM) }
        let theirs = try #require(
            PrometheusServer(
                configuration: """
                    global: {scrape_interval: 1s, scrape_timeout: 1s}
                    scrape_configs: [{job_name: tocsin, static_configs: [{targets: ['127.0.0.1:\(port)']}]}]

                    """), "prometheus cannot be started")
        var samples = 0.0
        for _ in 0..<40 where samples < 200 {
            ours.pause(0.5)
            guard
                case .rows(let rows) = try theirs.query(
                    "scrape_samples_scraped and on (instance) up == 1", at: Milliseconds(time(nil)) * 1000)
            else { continue }
            samples = rows.values.first?.last?.value ?? 0
        }
        #expect(samples >= 200)
        // Names and help as promtool wants them; what it says of node_exporter's own names is not ours to change.
        let verdict = try run("curl -s http://127.0.0.1:\(port)/metrics | promtool check metrics")
        let complaints = verdict.text.split(separator: "\n").filter { !$0.hasPrefix("node_") }
        #expect(complaints.isEmpty, "\(complaints)")
    }
}
