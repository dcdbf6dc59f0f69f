import FoundationEssentials
import Glibc
import TestKit
import Testing

/// The same files before the real promtool and before us: the verdict on rule files, and what unit tests find.
@Suite struct PromtoolTests {
    private static let promtool = "/usr/bin/promtool"
    private static var canRun: Bool {
        getenv("CI") != nil || FileManager.default.fileExists(atPath: promtool)
    }

    private static func run(_ path: String, _ arguments: [String]) throws -> (text: String, code: Int32) {
        let fixture = Fixture()
        let line = ([path] + arguments).map { "'\($0)'" }.joined(separator: " ") + " > '\(fixture.path)/out' 2>&1"
        let pty = try #require(Pty("/bin/sh", ["-c", line], environment: ["PATH": "/usr/bin:/bin"]))
        let status = try #require(pty.exit(within: 60), "\(path) does not end")
        let data = FileManager.default.contents(atPath: fixture.path + "/out") ?? Data()
        return (String(decoding: data, as: UTF8.self), status.code)
    }

    /// One rule with a fragment in it.
    private static func rule(_ fields: String) -> String {
        "groups:\n- name: g\n  rules:\n  - \(fields.split(separator: "\n").joined(separator: "\n    "))\n"
    }

    private static let ruleFiles: [String] = [
        "", "# nothing\n", "groups:\n", "groups: []\n", "groups: {}\n", "rules: []\n", "- a\n",
        "groups:\n- rules: []\n",
        "groups:\n- name: ''\n", "groups:\n- name: g\n- name: g\n", "groups:\n- name: g\n  interval: 5\n",
        "groups:\n- name: g\n  interval: 1h30m\n  limit: 3\n", "groups:\n- name: g\n  limit: x\n",
        "groups:\n- name: g\n  partial_response_strategy: warn\n", "groups:\n\t- name: g\n", "groups: [\n",
        "x: &x {name: g}\n", "groups:\n- &g {name: g}\n- <<: *g\n  name: h\n",
        rule("alert: A\nexpr: x"), rule("alert: A"), rule("expr: x"), rule("alert: A\nrecord: b\nexpr: x"),
        rule("alert: A\nexpr: x[5m]"), rule("alert: A\nexpr: '\"text\"'"), rule("alert: A\nexpr: 1"),
        rule("alert: A\nexpr: 1 > 2"), rule("alert: A\nexpr: 1 > bool 2"), rule("alert: A\nexpr: x and 1"),
        rule("alert: A\nexpr: sum(x"), rule("alert: A\nexpr: x\nfor: 5m"), rule("alert: A\nexpr: x\nfor: 5"),
        rule("alert: A\nexpr: x\nfor: soon"), rule("alert: A\nexpr: x\nfor: 1m30s500ms"),
        rule("alert: A\nexpr: x\nfor: 30s1m"), rule("alert: A\nexpr: x\nfor: -5m"), rule("alert: A\nexpr: x\nfor: 0"),
        rule("alert: A\nexpr: x\nkeep_firing_for: 5m"), rule("alert: A\nexpr: x\nkeep: 5m"),
        rule("alert: 5\nexpr: 5"), rule("alert: true\nexpr: x"), rule("alert: A\nexpr: x\nexpr: y"),
        rule("alert: A\nexpr: x\nlabels: {a: 1, b: true, c: ~, d: 1.5}"), rule("alert: A\nexpr: x\nlabels: [a]"),
        rule("alert: A\nexpr: x\nlabels: {a-b: c}"), rule("alert: A\nexpr: x\nlabels: {__name__: c}"),
        rule("alert: A\nexpr: x\nlabels: {a: '{{ $value }}'}"), rule("alert: A\nexpr: x\nannotations: {a-b: c}"),
        rule("alert: A\nexpr: x\nannotations: {s: '{{ $labels.x | toUpper }}'}"),
        rule("alert: A\nexpr: x\nannotations: {s: '{{ nope }}'}"),
        rule("alert: A\nexpr: x\nannotations: {s: '{{ $nope }}'}"),
        rule("alert: A\nexpr: x\nannotations: {s: '{{ $value'}"),
        rule("alert: A\nexpr: x\nannotations: {s: '{{ if $value }}a{{ else }}b{{ end }}'}"),
        rule("alert: A\nexpr: x\nannotations: {s: '{{ if $value }}a'}"),
        rule("alert: A\nexpr: x\nannotations: {s: '{{ end }}'}"),
        rule("alert: A\nexpr: x\nannotations: {s: '{{ query \"up\" | first | value }}'}"),
        rule("alert: A\nexpr: x\nannotations: {s: '{{ range query \"up\" }}{{ .Labels.x }}{{ end }}'}"),
        rule("record: a:b\nexpr: x"), rule("record: a b\nexpr: x"), rule("record: 1a\nexpr: x"),
        rule("record: a\nexpr: x\nfor: 1m"), rule("record: a\nexpr: x\nannotations: {s: t}"),
        rule("record: a\nexpr: x\nlabels: {a: b}"), rule("record: a\nexpr: x\nlabels: {__name__: b}"),
        rule("alert: A\nexpr: |\n  x\n    > 1"), rule("alert: A\nexpr: >-\n  x\n  > 1"),
        rule("alert: null\nexpr: x"), rule("alert: A\nexpr: ~"), rule("alert: A\nexpr: x\nfor: null\nlabels: ~"),
        rule("alert: A\nexpr: x\nlabels: {~: b}"), rule("alert: A\nexpr: x\nlabels: {[a]: b}"),
        rule("alert: A\nexpr: x\nlabels: {a: !!int x}"), rule("alert: A\nexpr: x\nlabels: {a: !!binary x}"),
        rule("alert: A\nexpr: x\nlabels: {<<: x}"), rule("alert: A\nexpr: x\nfor: 300y"),
        rule("alert: A\nexpr: x\nfor: 292y"), "groups: [null]\n", "groups:\n- {name: null}\n",
        "groups:\n- {name: g, limit: null}\n", "groups:\n- {name: g, limit: 5.5}\n",
        "groups:\n- {name: g, rules: [null]}\n",
        "%YAML 1.2\n---\ngroups: []\n",
    ]

    /// Unit tests of one series and one expectation: input series, expression, expected sample.
    private static let unitTests: [(series: String, values: String, test: String)] = [
        ("m", "1 2", "{expr: sum(m), eval_time: 1m, exp_samples: [{value: 2}]}"),
        ("m", "1 2", "{expr: sum(m), eval_time: 1m, exp_samples: [{labels: '', value: 2}]}"),
        ("m", "1 2", "{expr: sum(m), eval_time: 1m, exp_samples: [{labels: ~, value: 2}]}"),
        ("m", "0 0", "{expr: m, eval_time: 1m, exp_samples: [{labels: m, value: ~}]}"),
        ("m", "Inf Inf", "{expr: m, eval_time: 1m, exp_samples: [{labels: m, value: .inf}]}"),
        ("m", "Inf Inf", "{expr: m, eval_time: 1m, exp_samples: [{labels: m, value: Inf}]}"),
        ("m", "6 6", "{expr: m, eval_time: 1m, exp_samples: [{labels: m, value: 0o6}]}"),
        ("m", "010 010", "{expr: m, eval_time: 1m, exp_samples: [{labels: m, value: 8}]}"),
        ("m", "Infx3", "{expr: m, eval_time: 1m, exp_samples: [{labels: m, value: .inf}]}"),
        ("m", "1+Infx3", "{expr: m, eval_time: 1m, exp_samples: [{labels: m, value: .inf}]}"),
        ("m", "1x+3", "{expr: m, eval_time: 1m, exp_samples: [{labels: m, value: 1}]}"),
        ("m", "1e1000", "{expr: m, eval_time: 0m, exp_samples: [{labels: m, value: .inf}]}"),
        ("m", "1\\n2", "{expr: m, eval_time: 1m, exp_samples: [{labels: m, value: 2}]}"),
        ("m {a='b'}", "1 2", "{expr: m, eval_time: 1m, exp_samples: [{labels: 'm{a=\"b\"}', value: 2}]}"),
        ("m{a='b',a='c'}", "1 2", "{expr: m, eval_time: 1m, exp_samples: [{labels: 'm{a=\"c\"}', value: 2}]}"),
        ("{}", "1 2", "{expr: vector(1), eval_time: 1m, exp_samples: [{value: 1}]}"),
        ("NaN", "1 2", "{expr: vector(1), eval_time: 1m, exp_samples: [{value: 1}]}"),
        ("m # c", "1 2", "{expr: vector(1), eval_time: 1m, exp_samples: [{value: 1}]}"),
    ]

    @Test(.enabled(if: canRun, "promtool is not installed"))
    func smallUnitTestsEndAsWithPromtool() throws {
        let fixture = Fixture()
        for (number, one) in Self.unitTests.enumerated() {
            let name = "u\(number).yml"
            fixture.write(
                name,
                "tests:\n- interval: 1m\n  input_series: [{series: \"\(one.series)\", values: \"\(one.values)\"}]\n"
                    + "  promql_expr_test: [\(one.test)]\n")
            let theirs = try Self.run(Self.promtool, ["test", "rules", fixture.path + "/" + name])
            let ours = try Self.run(productsFolder + "/tocsin", ["test", "rules", fixture.path + "/" + name])
            #expect(ours.code == theirs.code, "\(one)\n\(theirs.text)\n\(ours.text)")
        }
    }

    /// A rule that writes over a sample, and annotations that are empty: each alone decides the test.
    @Test(
        .enabled(if: canRun, "promtool is not installed"),
        arguments: [
            "[{alert: A, expr: m > 0, annotations: {e: '', s: x}}]", "[{alert: A, expr: m > 0, annotations: {s: x}}]",
            "[{record: m, expr: m + 100}, {alert: A, expr: m > 0, annotations: {s: x}}]",
            "[{record: n, expr: m + 100}, {alert: A, expr: m > 0, annotations: {s: x}}]",
        ])
    func rulesEndAsWithPromtool(rules: String) throws {
        let fixture = Fixture()
        fixture.write("r.yml", "groups: [{name: g, rules: \(rules)}]\n")
        fixture.write(
            "t.yml",
            """
            rule_files: [r.yml]
            tests:
            - input_series: [{series: m, values: '1 2 3'}]
              alert_rule_test: [{eval_time: 1m, alertname: A, exp_alerts: [{exp_annotations: {s: x}}]}]
            """)
        let theirs = try Self.run(Self.promtool, ["test", "rules", fixture.path + "/t.yml"])
        let ours = try Self.run(productsFolder + "/tocsin", ["test", "rules", fixture.path + "/t.yml"])
        #expect(ours.code == theirs.code, "\(rules)\n\(theirs.text)\n\(ours.text)")
    }

    @Test(.enabled(if: canRun, "promtool is not installed"))
    func verdictsAreThoseOfPromtool() throws {
        let fixture = Fixture()
        for (number, text) in Self.ruleFiles.enumerated() {
            let path = fixture.path + "/r\(number).yml"
            fixture.write("r\(number).yml", text)
            let theirs = try Self.run(Self.promtool, ["check", "rules", path])
            let ours = try Self.run(productsFolder + "/tocsin", ["check", "rules", path])
            #expect(ours.code == theirs.code, "\(text)\n\(theirs.text)\n\(ours.text)")
        }
    }

    private static let rules = """
        groups:
        - name: b
          rules:
          - record: job:x:sum
            expr: sum by (job) (x)
            labels: {made: by_rule}
          - alert: High
            expr: job:x:sum > 5
            for: 2m
            labels: {severity: 'page-{{ $labels.job }}'}
            annotations:
              s: >-
                {{ $labels }} {{ $value }} {{ $value | humanize }} {{ printf "%.2f|%5.1f|%-6.0f|%e|%g" $value $value $value
                $value $value }} {{ $labels.none }} {{ $externalLabels.site }} {{ humanizePercentage $value }}
                {{ humanizeDuration 98765.4 }} {{ humanize1024 123456 }} {{ title "the end" }} {{ toUpper "u" }}
              q: '{{ with query "sum(x)" }}{{ . | first | value | printf "%.1f" }}{{ end }}{{ range query "x" | sortByLabel "i" }} {{ .Labels.i }}={{ .Value }}{{ end }}'
              f: '{{ if gt $value 6.0 }}over{{ else }}under{{ end }} {{ len $labels }} {{ index $labels "job" }} {{ eq $labels.job "a" }} {{ match "a.*" $labels.job }} {{ reReplaceAll "(.)" "<$1>" $labels.job }} {{ stripPort "h:1" }} {{ print 1 2 "x" 3 }} {{ humanizeTimestamp 1600000000 }}'
        - name: a
          rules:
          - alert: Kept
            expr: job:x:sum{job="a"} < 4
            keep_firing_for: 3m
          - alert: Missing
            expr: absent(y{job="a",zone=~".+"})
            for: 1m
        """

    private static let expressions = [
        "ALERTS", "ALERTS_FOR_STATE", "job:x:sum", "x", "count_over_time(x[3m])", "delta(x[4m])", "absent(z)",
        "count_over_time((x > 2)[4m:])", "y", "time()", "vector(1) / 0", "1 +",
        "label_replace(x, \"x\", \"$1\", \"(\", \"\")",
        "x + on (job) x", "sum(x) without (i)", "{job=\"b\"}",
    ]

    /// Everything is expected to be nothing, so that both print what they find.
    private static var tests: String {
        var out = "rule_files: [rules.yml]\nevaluation_interval: 1m\ngroup_eval_order: [b, a]\ntests:\n"
        for interval in ["1m", "30s"] {
            out +=
                "- interval: \(interval)\n  name: every \(interval)\n  external_labels: {site: s1}\n  input_series:\n"
            out += "  - series: x{job=\"a\",i=\"1\"}\n    values: 1+1x8 _x3 7 stale 3x5\n"
            out += "  - series: x{job=\"a\",i=\"2\"}\n    values: 0 0.5 1e1-1x6 _ NaN 2\n"
            out += "  - series: x{job=\"b\",i=\"3\"}\n    values: -1.5-0.25x20\n"
            out += "  - series: y{job=\"a\"}\n    values: _x4 1 2 3 stale\n"
            out += "  alert_rule_test:\n"
            for time in ["0m", "3m", "4m30s", "7m", "12m"] {
                for name in ["High", "Kept", "Missing"] {
                    out += "  - {eval_time: \(time), alertname: \(name), exp_alerts: [{exp_labels: {never: x}}]}\n"
                }
            }
            out += "  promql_expr_test:\n"
            for time in ["2m7s", "6m7s", "11m7s"] {
                for text in expressions {
                    out += "  - {expr: '\(text)', eval_time: \(time), exp_samples: [{labels: never, value: 1}]}\n"
                }
            }
        }
        return out
    }

    @Test(.enabled(if: canRun, "promtool is not installed"))
    func unitTestsFindWhatPromtoolFinds() throws {
        let fixture = Fixture()
        fixture.write("rules.yml", Self.rules)
        fixture.write("tests.yml", Self.tests)
        let path = fixture.path + "/tests.yml"
        let theirs = try Self.run(Self.promtool, ["test", "rules", path])
        let ours = try Self.run(productsFolder + "/tocsin", ["test", "rules", path])
        #expect(theirs.code == 1 && ours.code == 1)
        func findings(_ text: String) -> [Substring] {
            text.split(separator: "\n").filter { line in
                ["got:", "Labels:", "Annotations:", "expr:", "alertname:"].contains { line.contains($0) }
            }.map { line in
                // What follows the place of an error is each one's own.
                line.firstRange(of: ", err:").map { line[..<$0.lowerBound] } ?? line
            }
        }
        let (a, b) = (findings(ours.text), findings(theirs.text))
        #expect(a.count == b.count)
        for (x, y) in zip(a, b) where x != y { Issue.record("we: \(x)\nthey: \(y)") }
        #expect(ours.text.contains("FAIL every 1m\n") && ours.text.hasSuffix("0 passed, 2 failed\n"))
    }
}
