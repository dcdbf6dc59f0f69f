import ConfigurationFiles
import PromQL
import Templates
import Testing
import TocsinCore
import TocsinEngine
import TocsinModel

@Suite struct ConfigurationTests {
    private func faults(_ text: String) -> [String] {
        do throws(Faults) {
            _ = try RuleFile.read(text, file: "r.yml", defaultInterval: 5_000)
            return []
        } catch { return error.all.map(\.description) }
    }

    @Test func aRuleFile() throws {
        let groups = try RuleFile.read(
            """
            groups:
              - name: a
                interval: 10s
                rules:
                  - alert: Hot
                    expr: x > 5
                    for: 1m30s
                    keep_firing_for: 5m
                    labels: {severity: critical}
                    annotations: {summary: "{{ $labels.i }} is hot"}
                  - record: y:sum
                    expr: sum(x)
                    labels: {a: b}
              - name: b
                rules: []
            """, file: "r.yml", defaultInterval: 5_000)
        #expect(groups.map(\.interval) == [10_000, 5_000])
        guard case .alerting(let rule)? = groups.first?.rules.first else {
            Issue.record("no rule")
            return
        }
        #expect(rule.holdFor == 90_000)
        #expect(rule.keepFiringFor == 300_000)
        #expect(rule.labels.first?.template.source == "critical")
        #expect(try RuleFile.read("", file: "r.yml", defaultInterval: 1).isEmpty)
    }

    /// Every fault of a file is listed, with its place.
    @Test func allFaultsAreListed() {
        let found = faults(
            """
            groups:
              - name: a
                rules:
                  - alert: Hot
                    exp: x > 5
                  - alert: Bad
                    expr: sum(x
                    for: soon
                  - record: r
                    expr: x
                    for: 1m
                  - alert: T
                    expr: x
                    annotations: {s: "{{ $nope }}"}
              - name: a
                rules: []
            """)
        #expect(
            found == [
                "r.yml:5:9: unknown key \"exp\" in a rule; did you mean \"expr\"?",
                "r.yml:4:9: field 'expr' must be set in rule \"Hot\"",
                "r.yml:7:20: rule \"Bad\": could not parse expression: 1:6: parse error: unclosed left parenthesis",
                "r.yml:11:14: invalid field 'for' in recording rule \"r\"",
                "r.yml:14:26: rule \"T\", annotation \"s\": undefined variable \"$nope\"",
                "r.yml:15:5: groupname: \"a\" is repeated in the same file",
            ])
        #expect(faults("groups: [").first?.hasPrefix("r.yml:") == true)
        #expect(faults("groups:\n- name: a\n  name: b").first?.contains("key given twice: name") == true)
        #expect(
            faults("groups:\n- name: a\n  rules:\n  - alert: A\n    record: b\n    expr: x").first?.contains(
                "only one of") == true)
    }

    @Test func theConfiguration() throws {
        let config = try Config.read(
            """
            environment: prod
            collect: {interval: 2s, evaluation_interval: 15s}
            rule_files: [a.yml, /b.yml]
            default_rules: false
            storage: {retention: 30m, memory: 8MiB, path: /tmp/x}
            ui: {theme: light}
            """, file: "t.yaml")
        #expect(config.environment == "prod")
        #expect(config.interval == 2_000)
        #expect(config.evaluationInterval == 15_000)
        #expect(config.ruleFiles == ["a.yml", "/b.yml"])
        #expect(!config.defaultRules)
        #expect(config.retention == 1_800_000)
        #expect(config.storeBytes == 8 << 20)
        #expect(config.stateFolder == "/tmp/x")
        #expect(config.theme == "light")
        let none = try Config.read("", file: "f")
        #expect(none.services.isEmpty && none.interval == Config().interval && none.ruleFiles.isEmpty)
    }

    @Test func configurationFaultsAreAllListedWithTheNearestKey() {
        #expect {
            try Config.read(
                "enviroment: x\ncollect: {interval: 1ms}\nstorage: {memory: big, retention: 1s}\n", file: "t.yaml")
        } throws: { error in
            (error as? Faults)?.all.map(\.description) == [
                "t.yaml:1:1: unknown key \"enviroment\" in the configuration; did you mean \"environment\"?",
                "t.yaml:2:21: collect.interval must be between 200ms and 1m",
                "t.yaml:3:19: storage.memory must be a size of at least 1MiB, such as 64MiB",
                "t.yaml:3:35: storage.retention must be at least 1m",
            ]
        }
    }

    @Test func theDefaultRulesAreAValidFileWithSummaryAndSeverity() throws {
        let groups = try RuleFile.read(DefaultRules.text, file: DefaultRules.file, defaultInterval: 5_000)
        let rules = groups.flatMap(\.rules)
        #expect(rules.count >= 30)
        for rule in rules {
            guard case .alerting(let alerting) = rule else { continue }
            #expect(alerting.annotations.contains { $0.name == "summary" }, "\(alerting.name)")
            #expect(alerting.annotations.contains { $0.name == "account" }, "\(alerting.name)")
            #expect(alerting.labels.contains { $0.name == "severity" }, "\(alerting.name)")
        }
        let keys = groups.flatMap { group in group.keys }
        #expect(Set(keys).count == keys.count)
    }
}

@Suite struct AnomalyConfigurationTests {
    @Test func detectorsAreRead() throws {
        let config = try Config.read(
            """
            anomalies:
              - name: latency
                expr: rate(request_seconds_sum[1m]) / rate(request_seconds_count[1m])
                step: 30s
                channels: [spike]
                budget: 2
                floor: 0.01
                hold_while: Deploying
                group_by: [job, zone]
              - {name: plain, expr: up}
            """, file: "t.yaml")
        let first = try #require(config.anomalies.first)
        #expect(first.name == "latency" && first.step == 30_000 && first.channels == [.spike] && first.budget == 2)
        #expect(first.floor == 0.01 && first.holdWhile == ["Deploying"] && first.groupBy == ["job", "zone"])
        let second = try #require(config.anomalies.last)
        #expect(second.step == 60_000 && second.channels == [.novelty, .spike] && second.groupBy == nil)
    }

    @Test func faultsSayWhere() {
        do {
            _ = try Config.read(
                """
                anomalies:
                  - {name: a, expr: 'up +'}
                  - {name: b, expr: up, channels: [both], step: 10ms, budget: 0, stepp: 1m}
                  - {expr: up}
                  - {name: c, expr: up}
                  - {name: c, expr: up}
                  - {name: d, expr: 'up[5m]'}
                  - {name: e, expr: '"text"'}
                """, file: "t.yaml")
            Issue.record("it was read")
        } catch {
            for part in [
                "t.yaml:2:", "the detector \"a\"", "not \"both\"", "step must be at least 1s", "greater than 0",
                "did you mean \"step\"", "a detector needs a name", "\"c\" is there twice",
                "\"d\" needs an instant vector, and its expr gives a range vector", "\"e\" needs an instant vector",
            ] { #expect(error.description.contains(part), "\(part) is missing in\n\(error.description)") }
        }
    }
}
