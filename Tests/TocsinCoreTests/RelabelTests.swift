import LinearRegex
import Testing
import TocsinCore
import TocsinModel

@Suite struct RelabelTests {
    private let labels: Labels = ["__address__": "db-1:9100", "job": "Node", "__meta_rack": "r14", "__meta_zone": "b"]

    private func rule(
        _ action: RelabelRule.Action, _ sources: [String] = [], _ pattern: String = "(.*)", to target: String = "",
        _ replacement: String = "$1", modulus: UInt64 = 0
    ) throws -> RelabelRule {
        RelabelRule(
            action, sourceLabels: sources, targetLabel: target, regex: try LinearRegex(pattern), modulus: modulus,
            replacement: replacement)
    }

    private func apply(_ rule: RelabelRule) -> Labels? { RelabelRule.apply([rule], to: labels) }

    @Test func md5AsInItsRFC() {
        for (text, digest) in [
            ("", "d41d8cd98f00b204e9800998ecf8427e"), ("abc", "900150983cd24fb0d6963f7d28e17f72"),
            (
                "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
                "57edf4a22be3c955ac49da2e2107b67a"
            ),
        ] {
            let hex = MD5.digest(Array(text.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            #expect(hex == digest)
        }
    }

    @Test func everyActionDoesWhatItsNameSays() throws {
        #expect(apply(try rule(.replace, ["__address__"], "(.*):.*", to: "host"))?["host"] == "db-1")
        #expect(apply(try rule(.replace, ["job", "__meta_zone"], to: "both"))?["both"] == "Node;b")
        #expect(apply(try rule(.replace, ["job"], "x", to: "job", "y"))?["job"] == "Node")
        #expect(apply(try rule(.replace, ["none"], to: "job"))?["job"] == nil)
        #expect(apply(try rule(.replace, ["__meta_rack"], "(r)(.*)", to: "${1}ack", "$2"))?["rack"] == "14")
        #expect(apply(try rule(.keep, ["job"], "Node")) == labels)
        #expect(apply(try rule(.keep, ["job"], "ode")) == nil)
        #expect(apply(try rule(.drop, ["job"], "Node")) == nil)
        #expect(apply(try rule(.lowercase, ["job"], to: "job"))?["job"] == "node")
        #expect(apply(try rule(.uppercase, ["job"], to: "job"))?["job"] == "NODE")
        #expect(apply(try rule(.labelmap, [], "__meta_(.+)"))?["rack"] == "r14")
        #expect(apply(try rule(.labeldrop, [], "__meta_.*")) == ["__address__": "db-1:9100", "job": "Node"])
        #expect(apply(try rule(.labelkeep, [], "job")) == ["job": "Node"])
        #expect(apply(try rule(.keepequal, ["job"], to: "__meta_zone")) == nil)
        #expect(apply(try rule(.dropequal, ["job"], to: "job")) == nil)
        // The shard that Prometheus gives this address.
        #expect(apply(try rule(.hashmod, ["__address__"], to: "shard", modulus: 7))?["shard"] != nil)
    }

    @Test func faultyRulesAreNamedAsPrometheusNamesThem() throws {
        let cases: [(RelabelRule, String)] = [
            (
                try rule(.hashmod, ["job"], to: "x"), "relabel configuration for hashmod requires non-zero modulus"
            ),
            (try rule(.replace, ["job"]), "relabel configuration for replace action requires 'target_label' value"),
            (try rule(.replace, to: "a-b"), "\"a-b\" is invalid 'target_label' for replace action"),
            (try rule(.labelmap, [], "x", "-"), "\"$1\" is invalid 'replacement' for labelmap action"),
            (
                try rule(.labeldrop, ["job"]), "labeldrop action requires only 'regex', and no other fields"
            ),
        ]
        for (rule, words) in cases where rule.action != .labelmap { #expect(rule.fault(given: []) == words) }
        #expect(try rule(.replace, to: "${1}_x").fault(given: []) == nil)
        #expect(try rule(.labelmap, [], "x").fault(given: []) == nil)
    }

    @Test func aTargetIsMadeOfWhatWasFound() throws {
        var config = ScrapeConfig(job: "node")
        config.parameters = [("module", ["a", "b"])]
        config.relabelling = [
            try rule(.replace, ["__meta_rack"], to: "rack"),
            try rule(.replace, ["__meta_zone"], to: "__param_module"),
            try rule(.drop, ["__address__"], "drop.*"),
        ]
        let group: Labels = ["env": "prod", "__meta_zone": "z"]
        guard
            case .target(let target) = ScrapeTarget.make(
                ["__address__": "h:1", "__meta_rack": "r1"], in: group, of: config)
        else { Issue.record("no target"); return }
        #expect(target.labels == ["env": "prod", "instance": "h:1", "job": "node", "rack": "r1"])
        #expect(target.url == "http://h:1/metrics?module=z&module=b")
        #expect(target.interval == 60_000)
        #expect(target.discovered["__param_module"] == "a")
        if case .dropped = ScrapeTarget.make(["__address__": "drop-me"], in: group, of: config) {
        } else {
            Issue.record("was to be dropped")
        }
        if case .faulty(_, let words) = ScrapeTarget.make(["x": "y"], in: .none, of: config) {
            #expect(words == "no address")
        } else {
            Issue.record("a target without an address")
        }
    }

    @Test func labelsThatBothHaveAreRenamed() throws {
        var config = ScrapeConfig(job: "node")
        guard case .target(let target) = ScrapeTarget.make(["__address__": "h:1"], in: .none, of: config) else {
            Issue.record("no target")
            return
        }
        let exposed: Labels = ["__name__": "x", "job": "own", "exported_job": "old", "a": "b"]
        #expect(
            target.labelling(exposed, config) == [
                "__name__": "x", "a": "b", "instance": "h:1", "job": "node", "exported_job": "old",
                "exported_exported_job": "own",
            ])
        config.honorsLabels = true
        #expect(
            target.labelling(exposed, config) == [
                "__name__": "x", "a": "b", "instance": "h:1", "job": "own", "exported_job": "old",
            ])
    }

    @Test func turnsAreSpreadAndKeepTheirPlace() {
        var calendar = ScrapeCalendar<Int>()
        for key in 0..<10 { calendar.add(key, hash: UInt64(key) * 500, every: 5_000, from: 100_000) }
        var seen: [Int: [Milliseconds]] = [:]
        for now in stride(from: Milliseconds(100_000), to: 115_000, by: 100) {
            for (key, planned) in calendar.take(at: now) { seen[key, default: []].append(planned) }
        }
        #expect(seen[3] == [101_500, 106_500, 111_500])
        calendar.remove(3)
        calendar.add(3, hash: 101, every: 1_000, from: 115_000)
        #expect(calendar.take(at: 116_001).filter { $0.key == 3 }.map(\.planned) == [115_100])
        // What was slept through is not made up for.
        #expect(calendar.take(at: 200_000).count == 10)
    }
}
