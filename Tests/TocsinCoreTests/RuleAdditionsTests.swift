import PromQL
import Synchronization
import Templates
import Testing
import TocsinCore
import TocsinModel

/// What rules can do beyond Prometheus, and the parts of Prometheus that the other suites do not touch.
@Suite struct RuleAdditionsTests {
    private func rule(
        _ text: String, clear: Double? = nil, onMissing: OnMissing? = nil, holdFor: Milliseconds = 0
    ) throws -> AlertingRule {
        AlertingRule(
            name: "Hot", expression: try Expr(parsing: text), text: text, holdFor: holdFor, clear: clear,
            onMissing: onMissing)
    }

    private func evaluate(
        _ group: RuleGroup, _ state: inout GroupState, _ source: CoreWorld.Source, at second: Int, live: Bool = true
    ) -> RuleOutcome {
        group.evaluate(
            &state, from: source, at: Moment(1_000_000 + Milliseconds(second) * 1_000),
            setting: RuleSetting(live: live, watchedSince: 0)
        ).outcomes[0]
    }

    private func put(_ source: CoreWorld.Source, _ name: String, _ value: Double, at second: Int) {
        source.record([
            Sample(labels: ["__name__": name, "i": "1"], at: 1_000_000 + Milliseconds(second) * 1_000, value: value)
        ])
    }

    /// Raised beyond 90, cleared only at 80 or below: what lies between changes nothing (semantics 11).
    @Test func aThresholdToClearAt() throws {
        let group = RuleGroup(
            name: "g", file: "f", interval: 1_000, rules: [.alerting(try rule("x > 90", clear: 80))])
        var state = GroupState(group)
        let source = CoreWorld.Source()
        var firing: [Bool] = []
        for (second, value) in [85.0, 91, 85, 80.5, 80, 85, 91, 79].enumerated() {
            put(source, "x", value, at: second)
            firing.append(!evaluate(group, &state, source, at: second).active.isEmpty)
        }
        #expect(firing == [false, true, true, true, false, false, true, false])
    }

    /// A firing alert whose own series is gone while others stay: kept, resolved, or both as the rule says (semantics 16).
    @Test(arguments: [(OnMissing?.none, false), (.keep, true), (.resolve, false), (.alert, true)])
    func aSeriesThatIsGone(onMissing: OnMissing?, stays: Bool) throws {
        let group = RuleGroup(
            name: "g", file: "f", interval: 1_000, rules: [.alerting(try rule("x > 5", onMissing: onMissing))])
        var state = GroupState(group)
        let source = CoreWorld.Source()
        put(source, "x", 9, at: 0)
        source.record([Sample(labels: ["__name__": "x", "i": "2"], at: 1_000_000, value: 1)])
        #expect(evaluate(group, &state, source, at: 0).active.count == 1)
        source.values.withLock { $0 = $0.filter { $0.key["i"] == "2" } }
        #expect(evaluate(group, &state, source, at: 1).active.isEmpty == !stays)
    }

    @Test func missingDataCanBeWhatIsAlertedOn() throws {
        let group = RuleGroup(
            name: "g", file: "f", interval: 1_000, rules: [.alerting(try rule("x > 5", onMissing: .alert))])
        var state = GroupState(group)
        let source = CoreWorld.Source()
        let outcome = evaluate(group, &state, source, at: 0)
        #expect(outcome.active.first?.annotations.contains { $0.name == "no_data" } == true)
        put(source, "x", 1, at: 1)
        #expect(evaluate(group, &state, source, at: 1).active.isEmpty)
    }

    /// For the first two intervals nothing is missing yet (semantics 18).
    @Test func absenceIsNoEvidenceAtTheBeginning() throws {
        let group = RuleGroup(name: "g", file: "f", interval: 1_000, rules: [.alerting(try rule("absent(x)"))])
        var state = GroupState(group)
        let source = CoreWorld.Source()
        var firing: [Bool] = []
        for second in 0..<4 {
            let result = group.evaluate(
                &state, from: source, at: Moment(1_000_000 + Milliseconds(second) * 1_000),
                setting: RuleSetting(watchedSince: 1_000_000))
            firing.append(!result.outcomes[0].active.isEmpty)
        }
        #expect(firing == [false, false, true, true])
    }

    @Test func aRulePastItsLimitFailsAndYieldsNothing() throws {
        let group = RuleGroup(
            name: "g", file: "f", interval: 1_000,
            rules: [
                .alerting(try rule("x > 0")),
                .recording(RecordingRule(name: "r", expression: try Expr(parsing: "x"), text: "x")),
            ], limit: 1)
        var state = GroupState(group)
        let source = CoreWorld.Source()
        put(source, "x", 1, at: 0)
        source.record([Sample(labels: ["__name__": "x", "i": "2"], at: 1_000_000, value: 1)])
        let result = group.evaluate(&state, from: source, at: Moment(1_000_000), setting: RuleSetting(live: false))
        #expect(result.outcomes[0].judgement == .failing("exceeded limit of 1 with 2 alerts", times: 1))
        #expect(result.outcomes[1].judgement == .failing("exceeded limit of 1 with 2 series", times: 1))
        #expect(state.rules[0].active.isEmpty)
        #expect(source.values.withLock { $0.keys.contains { $0.metricName == "r" } } == false)
    }

    /// ALERTS tells the state, ALERTS_FOR_STATE since when; both end with the alert.
    @Test func alertsAreSeriesToo() throws {
        let group = RuleGroup(
            name: "g", file: "f", interval: 1_000, rules: [.alerting(try rule("x > 5", holdFor: 2_000))])
        var state = GroupState(group)
        let source = CoreWorld.Source()
        func series(_ name: String) -> [Labels: Double] {
            source.values.withLock { all in
                Dictionary(
                    uniqueKeysWithValues: all.filter {
                        $0.key.metricName == name && !StaleMarker.isStale($0.value.value)
                    }
                    .map { ($0.key.withoutName, $0.value.value) })
            }
        }
        for second in 0..<3 {
            put(source, "x", 9, at: second)
            _ = evaluate(group, &state, source, at: second, live: false)
            let word = second < 2 ? "pending" : "firing"
            #expect(series("ALERTS") == [["alertname": "Hot", "alertstate": word, "i": "1"]: 1])
            #expect(series("ALERTS_FOR_STATE") == [["alertname": "Hot", "i": "1"]: 1_000])
        }
        put(source, "x", 1, at: 3)
        _ = evaluate(group, &state, source, at: 3, live: false)
        #expect(series("ALERTS").isEmpty && series("ALERTS_FOR_STATE").isEmpty)
    }

    @Test func templatesMayAsk() throws {
        let template = try Template("{{ with query \"y\" }}{{ . | first | value }}{{ end }} {{ $value }}")
        let text = "x > 5"
        let asking = AlertingRule(
            name: "Hot", expression: try Expr(parsing: text), text: text,
            annotations: [NamedTemplate(name: "s", template: template)])
        let group = RuleGroup(name: "g", file: "f", interval: 1_000, rules: [.alerting(asking)])
        var state = GroupState(group)
        let source = CoreWorld.Source()
        put(source, "x", 9, at: 0)
        put(source, "y", 3, at: 0)
        #expect(evaluate(group, &state, source, at: 0).active.first?.annotations.first?.text == "3 9")
    }
}
