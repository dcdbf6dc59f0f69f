import PromQL
import TimeSeries
import TocsinCore
import TocsinModel

/// Carries one test group out: loads its series step by step, evaluates the rules after each step, and compares. What
/// comes out is what promtool makes of the same group, in its words.
package struct RuleTestRun {
    private let test: RuleTest
    private let file: RuleTestFile
    private let groups: [RuleGroup]
    private let store: SeriesStore
    private var states: [GroupState]
    private var faults: [String] = []

    /// - Parameter groups: those of the rule files, in the files' order.
    package init(_ test: RuleTest, of file: RuleTestFile, groups: [RuleGroup]) {
        self.test = test
        self.file = file
        let order = Dictionary(file.groupOrder.enumerated().map { ($1, $0) }) { first, _ in first }
        self.groups = groups.enumerated().sorted { a, b in
            (order[a.element.name] ?? 0, a.offset) < (order[b.element.name] ?? 0, b.offset)
        }.map(\.element)
        states = self.groups.map { GroupState($0) }
        let limits = SeriesStore.Limits(retention: .max, bytes: .max, series: .max)
        store = SeriesStore(limits: limits, shards: 1)
    }

    /// What is wrong, one text for each fault, indented as promtool has it; nothing when the group passes.
    package mutating func run() -> [String] {
        if let nameless = test.alerts.first(where: { $0.name.isEmpty }) {
            let place = test.name.isEmpty ? "" : " (in TestGroup \(test.name))"
            return [
                "    an item under alert_rule_test misses required attribute alertname at eval_time "
                    + DurationText.format(nameless.time) + place
            ]
        }
        let inputs: [Input]
        do throws(PromQLError) {
            inputs = try test.inputs.map { (input) throws(PromQLError) in try Input(input) }
        } catch {
            return ["    input_series: \(error)"]
        }
        // A series given twice counts as it was given last.
        var last: [Labels: Input] = [:]
        for input in inputs { last[input.labels] = input }
        evaluate(inputs.filter { last[$0.labels]?.text == $0.text })
        if faults.isEmpty || !failedEvaluation { checkExpressions() }
        return faults
    }

    private var failedEvaluation = false

    private struct Input {
        let labels: Labels
        let values: [Double?]
        let text: String

        init(_ input: RuleTest.Input) throws(PromQLError) {
            labels = try SeriesNotation.labels(input.series, isInput: true)
            values = try SeriesNotation.values(input.values)
            text = input.series + "\u{0}" + input.values
        }
    }

    // MARK: Rules

    private mutating func evaluate(_ inputs: [Input]) {
        let last = (test.alerts.map(\.time) + test.expressions.map(\.time)).max() ?? 0
        var setting = RuleSetting(live: false)
        setting.defaultStep = file.evaluationInterval
        setting.externalLabels = test.externalLabels
        setting.externalURL = test.externalURL
        var loaded = 0
        var elapsed: Milliseconds = 0
        while elapsed <= last {
            while Milliseconds(loaded) * test.interval <= elapsed {
                load(inputs, loaded)
                loaded += 1
            }
            let before = faults.count
            for index in groups.indices { evaluateGroup(index, elapsed, setting) }
            if faults.count > before {
                failedEvaluation = true
                return
            }
            checkAlerts(from: elapsed)
            elapsed += file.evaluationInterval
        }
    }

    private func load(_ inputs: [Input], _ number: Int) {
        let time = test.start + Milliseconds(number) * test.interval
        for input in inputs where number < input.values.count {
            if let value = input.values[number] { store.append(input.labels, value, at: time) }
        }
    }

    private mutating func evaluateGroup(_ index: Int, _ elapsed: Milliseconds, _ setting: RuleSetting) {
        let result = groups[index].evaluate(
            &states[index], from: TestSource(store: store), at: Moment(test.start + elapsed), setting: setting)
        for outcome in result.outcomes {
            if case .failing(let reason, _) = outcome.judgement {
                let time = GoText.duration(test.start + elapsed)
                faults.append("    rule: \(outcome.key.name), time: \(time), err: \(reason)")
            }
        }
    }

    /// Alerts asked for at or after an evaluation and before the next one are compared with it.
    private mutating func checkAlerts(from elapsed: Milliseconds) {
        for expected in test.alerts
        where expected.time >= elapsed && expected.time < elapsed + file.evaluationInterval {
            let wanted = expected.expected.map {
                RuleTestAlert(labels: $0.labels.setting("alertname", expected.name), annotations: $0.annotations)
            }
            let found = firing(expected.name)
            if wanted.sorted() == found.sorted() { continue }
            let name = test.name.isEmpty ? "" : "    name: \(test.name),\n"
            faults.append(
                name + "    alertname: \(expected.name), time: \(DurationText.format(expected.time)), \n"
                    + "        exp:\(RuleTestAlert.list(wanted.sorted())), \n"
                    + "        got:\(RuleTestAlert.list(found.sorted()))")
        }
    }

    private func firing(_ name: String) -> [RuleTestAlert] {
        zip(groups, states).flatMap { group, state in
            zip(group.rules, state.rules).filter { $0.0.name == name }.flatMap { _, state in
                state.active.values.filter(\.isFiring).map { alert in
                    RuleTestAlert(
                        labels: alert.labels, annotations: alert.annotations.sorted { $0.name < $1.name })
                }
            }
        }
    }

    // MARK: Expressions

    private mutating func checkExpressions() {
        var options = EvaluationOptions()
        options.defaultStep = file.evaluationInterval
        for expected in test.expressions {
            let head = "    expr: \(GoText.quoted(expected.expression)), time: \(DurationText.format(expected.time)),"
            do {
                let wanted = try expected.expected.map { labels, value in
                    do throws(PromQLError) {
                        return RuleTestSample(
                            labels: labels.isEmpty ? .none : try SeriesNotation.labels(labels), value: value)
                    } catch {
                        throw EvaluationFailure.invalid("labels \(GoText.quoted(labels)): \(error)")
                    }
                }
                let found = try samples(of: expected, options)
                if RuleTestSample.agree(wanted.sorted(), found.sorted(), fuzzy: file.fuzzyCompare) { continue }
                faults.append(
                    head + "\n        exp: \(RuleTestSample.list(wanted.sorted()))\n"
                        + "        got: \(RuleTestSample.list(found.sorted()))")
            } catch {
                faults.append(head + " err: \(error)")
            }
        }
    }

    private func samples(
        of expected: RuleTest.ExpressionCase, _ options: EvaluationOptions
    ) throws -> [RuleTestSample] {
        let time = test.start + expected.time
        let expression = try Expr(parsing: expected.expression)
        var evaluator = Evaluator(source: store, at: time, options: options)
        let value = try evaluator.evaluate(expression)
        switch value {
        case .vector, .scalar:
            return value.vector(at: time).map { RuleTestSample(labels: $0.labels, value: $0.value) }
        case .string, .matrix: throw EvaluationFailure.invalid("rule result is not a vector or scalar")
        }
    }
}

/// The store of a test: unlike a running one it minds when a rule writes over a sample that is there already.
private struct TestSource: SeriesSource {
    let store: SeriesStore

    func samples(
        matching matchers: [LabelMatcher], from: Milliseconds, through: Milliseconds
    ) throws -> SampleBlock {
        try store.samples(matching: matchers, from: from, through: through)
    }

    func latest(matching matchers: [LabelMatcher], after: Milliseconds, at: Milliseconds) throws -> [Sample] {
        try store.latest(matching: matchers, after: after, at: at)
    }

    func record(_ samples: [Sample]) throws {
        for sample in samples {
            let matchers = sample.labels.pairs.map { LabelMatcher($0.name, .equal, $0.value) }
            let before = try store.samples(matching: matchers, from: sample.at, through: sample.at)
            for row in 0..<before.count where before.labels[row] == sample.labels {
                if before.values[before.range(of: row).lowerBound].bitPattern != sample.value.bitPattern {
                    throw EvaluationFailure.invalid("duplicate sample for timestamp")
                }
            }
            store.append(sample.labels, sample.value, at: sample.at)
        }
    }
}
