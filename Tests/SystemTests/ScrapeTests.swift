import Exposition
import FoundationEssentials
import Glibc
import TestKit
import Testing
import TocsinModel

/// The same scrape configuration in a real Prometheus and in our engine, on the same exporter.
@Suite(.serialized) struct ScrapeTests {
    private static var mustBeThere: Bool { getenv("CI") != nil }
    private let folder = Fixture()

    /// Odd pages: labels that clash, escapes, special values, several series of one name.
    private static let page = """
        # HELP odd An odd metric.
        # TYPE odd gauge
        odd{job="own",instance="mine",env="page",path="C:\\\\x \\"y\\""} 1
        odd{exported_job="old",job="b"} 2.5e-3
        # TYPE values untyped
        values{kind="nan"} NaN
        values{kind="inf"} +Inf
        values{kind="minus"} -12.75
        # TYPE dropped_total counter
        dropped_total 3
        # TYPE kept_total counter
        kept_total{method="GET",code="200"} 7
        kept_total{method="PUT",code="500"} 8

        """

    private func jobs(_ port: Int) -> String {
        let target = "127.0.0.1:\(port)"
        return """
            global: {scrape_interval: 1s, scrape_timeout: 1s}
            scrape_configs:
              - job_name: plain
                static_configs: [{targets: ['\(target)'], labels: {env: prod}}]
              - job_name: honest
                honor_labels: true
                static_configs: [{targets: ['\(target)'], labels: {env: prod}}]
              - job_name: relabelled
                file_sd_configs: [{files: ['\(folder.path)/targets.json']}]
                relabel_configs:
                  - {source_labels: [__meta_rack, __address__], separator: '@', target_label: where}
                  - {source_labels: [__address__], action: hashmod, modulus: 13, target_label: shard}
                  - {action: labelmap, regex: '__meta_(.+)', replacement: 'meta_$1'}
                  - {source_labels: [skip], regex: 'yes', action: drop}
                  - {source_labels: [__address__], regex: '(.*):(\\d+)', target_label: 'port_${2}', replacement: '$1'}
                metric_relabel_configs:
                  - {source_labels: [__name__], regex: 'dropped_.*|go_.*|process_.*|promhttp_.*', action: drop}
                  - {source_labels: [method, code], regex: '(.*);(.).*', target_label: kind, replacement: '${1}-${2}xx'}
                  - {regex: 'code', action: labeldrop}
              - job_name: limited
                sample_limit: 3
                static_configs: [{targets: ['\(target)']}]
              - job_name: gone
                static_configs: [{targets: ['127.0.0.1:1']}]

            """
    }

    @Test(
        .enabled(
            if: PrometheusServer.isInstalled && TextfileExporter.isInstalled || mustBeThere,
            "prometheus and prometheus-node-exporter are not installed"))
    func agreesWithPrometheus() throws {
        let port = freePort()
        folder.write("text/odd.prom", Self.page)
        folder.write(
            "targets.json",
            #"[{"targets":["127.0.0.1:\#(port)"],"labels":{"__meta_rack":"r1","env":"prod"}},{"targets":["x:1"],"labels":{"skip":"yes"}}]"#
        )
        let exporter = try #require(TextfileExporter(folder.path + "/text", port: port))
        defer { withExtendedLifetime(exporter) {} }
        let theirs = try #require(PrometheusServer(configuration: jobs(port)), "prometheus cannot be started")
        folder.write(
            "tocsin.yaml",
            "storage: {path: \(folder.path)/state}\napi: {socket: \(folder.path)/t.sock}\ndefault_rules: false\n"
                + jobs(port))
        let ours = try #require(
            Pty(
                productsFolder + "/tocsin", ["serve", "--config", folder.path + "/tocsin.yaml"],
                environment: ["PATH": "/usr/bin:/bin", "HOME": folder.path]))
        defer { ours.signal(SIGTERM) }
        #expect(ours.expect("listening on"))
        let jobs = ["plain", "honest", "relabelled", "limited", "gone"]
        let known = ##"{job=~"\##(jobs.joined(separator: "|"))|own|b"}"##
        // Two scrapes of every job, on both sides.
        var (own, other): ([Labels: Double], [Labels: Double]) = ([:], [:])
        for _ in 0..<40 {
            ours.pause(0.5)
            other = try Self.stable(theirs.query(known, at: Milliseconds(time(nil)) * 1000))
            own = try Self.stable(mine(known))
            if own.count > 30, own.keys == other.keys { break }
        }
        #expect(Set(own.keys).subtracting(other.keys).isEmpty)
        #expect(Set(other.keys).subtracting(own.keys).isEmpty)
        for (labels, value) in other {
            let mine = own[labels] ?? -1
            #expect(mine == value || (mine.isNaN && value.isNaN), "\(labels): \(mine), not \(value)")
        }
        #expect(own.count > 30)
    }

    /// Without what differs from scrape to scrape.
    private static func stable(_ reply: PrometheusServer.Reply) throws -> [Labels: Double] {
        guard case .rows(let rows) = reply else { return [:] }
        return rows.compactMapValues { $0.last?.value }.filter { labels, _ in
            let name = labels.metricName
            return !["scrape_duration_seconds", "scrape_series_added"].contains(name)
                && !["go_", "process_", "promhttp_", "node_scrape", "node_textfile"].contains { name.hasPrefix($0) }
        }
    }

    /// The engine's answer to a query, over its socket.
    private func mine(_ expression: String) throws -> PrometheusServer.Reply {
        folder.write("query", expression)
        let asked = try #require(
            Pty(
                "/bin/sh",
                [
                    "-c",
                    """
                    curl -s --max-time 20 --unix-socket '\(folder.path)/t.sock' \
                    --data-urlencode 'query@\(folder.path)/query' http://localhost/api/v1/query > '\(folder.path)/answer'
                    """,
                ], environment: ["PATH": "/usr/bin:/bin"]))
        _ = asked.exit(within: 30)
        let bytes = FileManager.default.contents(atPath: folder.path + "/answer") ?? Data()
        return try PrometheusServer.reply(to: String(decoding: bytes, as: UTF8.self))
    }
}
