import ConfigurationFiles
import LinearRegex
import Testing
import TocsinCore
import TocsinModel

@Suite struct ScrapeConfigTests {
    private func faults(_ text: String) -> [String] {
        do throws(Faults) {
            _ = try Config.read(text, file: "t.yaml")
            return []
        } catch { return error.all.map(\.message) }
    }

    @Test func aJobInPrometheusShape() throws {
        let config = try Config.read(
            """
            global: {scrape_interval: 15s, scrape_timeout: 5s, evaluation_interval: 30s}
            scrape_configs:
              - job_name: node
                honor_labels: true
                scheme: https
                metrics_path: m
                params: {module: [a, b]}
                sample_limit: 10
                body_size_limit: 2MB
                basic_auth: {username: u, password_file: secret}
                tls_config: {ca_file: ca.pem, insecure_skip_verify: true, min_version: TLS13}
                static_configs: [{targets: ['h:1', 'h:2'], labels: {env: prod}}]
                file_sd_configs: [{files: ['targets/*.json']}]
                dns_sd_configs: [{names: [db.test], type: A, port: 9100, refresh_interval: 10s}]
                http_sd_configs: [{url: 'http://x/y'}]
                relabel_configs: [{source_labels: [a], regex: x, action: drop}]
            """, file: "/etc/tocsin/t.yaml")
        let job = try #require(config.scraping.first)
        #expect((job.interval, job.timeout, config.evaluationInterval) == (15_000, 5_000, 30_000))
        #expect((job.scheme, job.path, job.honorsLabels) == ("https", "/m", true))
        #expect((job.limits.samples, job.limits.bodyBytes) == (10, 2 << 20))
        #expect(job.http.proof == .basic(user: .text("u"), password: .file(path: "/etc/tocsin/secret")))
        #expect(job.http.tls.authority == .file(path: "/etc/tocsin/ca.pem"))
        #expect(job.discovery.count == 4)
        #expect(job.discovery.contains(.files(patterns: ["/etc/tocsin/targets/*.json"], refresh: 300_000)))
        #expect(job.discovery.contains(.dns(names: ["db.test"], type: .a, port: 9100, refresh: 10_000)))
        #expect(job.relabelling.map(\.action) == [.drop])
        #expect("\(job.http.proof)".contains("<secret>"))
    }

    @Test func probesAndLogs() throws {
        let config = try Config.read(
            """
            probes:
              - job_name: web
                prober: http
                scrape_interval: 10s
                http: {valid_status_codes: [204], fail_if_body_matches_regexp: [down], preferred_ip_protocol: ip4}
                static_configs: [{targets: ['https://x/']}]
              - {job_name: names, prober: dns, dns: {query_name: a.test, query_type: SOA}}
            logs:
              - {name: app, file: app.log, patterns: [{name: boom, regex: 'boom (\\d+)'}]}
              - {name: all, journal: all, patterns: [{name: oom, regex: 'Out of memory'}]}
            """, file: "t.yaml")
        #expect(config.scraping.map(\.job) == ["web", "names"])
        let module = try #require(config.scraping.first?.probe)
        #expect(module.prefers == .ip4)
        if case .http(let probe) = module.prober { #expect(probe.validStatusCodes == [204]) }
        #expect(config.logs.map(\.source) == [.file(path: "app.log"), .journal(unit: nil)])
        #expect(config.logs[0].patterns[0].regex.matches("x boom 12 y"))
    }

    @Test func whatIsWrongIsNamed() {
        #expect(faults("scrape_configs: [{static_configs: []}]") == ["job_name is empty"])
        #expect(
            faults("scrape_configs: [{job_name: a}, {job_name: a}]") == [
                "found multiple scrape configs with job name \"a\""
            ])
        #expect(
            faults("scrape_configs: [{job_name: a, scrape_interval: 1s, scrape_timeout: 2s}]") == [
                "scrape timeout greater than scrape interval for a"
            ])
        #expect(faults("scrape_configs: [{job_name: a, kubernetes_sd_configs: []}]")[0].contains("not supported"))
        #expect(faults("scrape_configs: [{job_name: a, honour_labels: true}]")[0].contains("honor_labels"))
        #expect(
            faults("scrape_configs: [{job_name: a, relabel_configs: [{action: frob}]}]")[0].hasPrefix(
                "unknown relabel action \"frob\""))
        #expect(faults("probes: [{job_name: a, prober: x}]")[0].hasPrefix("prober must be one of"))
        #expect(faults("probes: [{job_name: a, prober: tcp, http: {}}]")[0].hasPrefix("http has no meaning"))
        #expect(faults("logs: [{name: a, file: x, journal: y}]")[0].hasPrefix("a log is either"))
    }

    @Test func targetGroupsAsJSONAndYAML() throws {
        let groups = try TargetGroupFile.read(#"[{"targets":["a:1"],"labels":{"x":"y"}}]"#, file: "t.json")
        #expect(groups == [TargetGroup(targets: [["__address__": "a:1"]], labels: ["x": "y"], source: "t.json:0")])
        #expect(throws: Faults.self) { try TargetGroupFile.read("- targets: x", file: "t.yml") }
    }
}
