import FoundationEssentials
import PromQL
import TocsinCore
import TocsinModel
import Yams

/// Reads promtool's unit-test files.
package enum RuleTestReader {
    /// The tests of a file, or all of its faults.
    package static func read(_ text: String, file: String) throws(Faults) -> RuleTestFile {
        let reader = YAMLReader(file: file)
        var out = RuleTestFile()
        if let root = reader.root(text), !YAMLReader.isNull(root) {
            let fields = reader.fields(
                root, "the test file",
                ["rule_files", "evaluation_interval", "group_eval_order", "fuzzy_compare", "tests"])
            out.ruleFiles = texts(fields["rule_files"], "rule_files", reader)
            if let interval = duration(fields["evaluation_interval"], "evaluation_interval", reader), interval > 0 {
                out.evaluationInterval = interval
            }
            if let node = fields["group_eval_order"] {
                out.groupOrder = texts(node, "group_eval_order", reader)
                if let twice = out.groupOrder.first(where: { name in out.groupOrder.count { $0 == name } > 1 }) {
                    reader.fault(node, "group name repeated in evaluation order: \(twice)")
                }
            }
            out.fuzzyCompare = fields["fuzzy_compare"]?.bool ?? false
            for node in fields["tests"].map({ reader.items($0, "tests") }) ?? [] {
                out.tests.append(test(node, out.evaluationInterval, reader))
            }
        }
        if !reader.faults.isEmpty { throw Faults(reader.faults) }
        return out
    }

    private static func texts(_ node: Node?, _ what: String, _ reader: YAMLReader) -> [String] {
        (node.map { reader.items($0, what) } ?? []).compactMap { reader.text($0, "an entry of \(what)") }
    }

    private static func duration(_ node: Node?, _ what: String, _ reader: YAMLReader) -> Milliseconds? {
        node.flatMap { RuleFile.duration($0, what, reader) }
    }

    private static func test(_ node: Node, _ interval: Milliseconds, _ reader: YAMLReader) -> RuleTest {
        let fields = reader.fields(
            node, "a test",
            [
                "interval", "name", "input_series", "alert_rule_test", "promql_expr_test", "external_labels",
                "external_url", "start_timestamp",
            ])
        var test = RuleTest()
        test.interval = duration(fields["interval"], "interval", reader) ?? 0
        if test.interval == 0 { test.interval = interval }
        test.name = fields["name"].flatMap { reader.text($0, "name") } ?? ""
        test.externalLabels = labels(fields["external_labels"], "external_labels", reader)
        test.externalURL = fields["external_url"].flatMap { reader.text($0, "external_url") } ?? ""
        test.start = fields["start_timestamp"].flatMap { timestamp($0, reader) } ?? 0
        for node in fields["input_series"].map({ reader.items($0, "input_series") }) ?? [] {
            let fields = reader.fields(node, "an input series", ["series", "values"])
            test.inputs.append(
                RuleTest.Input(
                    series: fields["series"].flatMap { reader.text($0, "series") } ?? "",
                    values: fields["values"].flatMap { reader.text($0, "values") } ?? ""))
        }
        for node in fields["alert_rule_test"].map({ reader.items($0, "alert_rule_test") }) ?? [] {
            test.alerts.append(alertCase(node, reader))
        }
        for node in fields["promql_expr_test"].map({ reader.items($0, "promql_expr_test") }) ?? [] {
            test.expressions.append(expressionCase(node, reader))
        }
        return test
    }

    private static func alertCase(_ node: Node, _ reader: YAMLReader) -> RuleTest.AlertCase {
        let fields = reader.fields(node, "an alert test", ["eval_time", "alertname", "exp_alerts"])
        var out = RuleTest.AlertCase()
        out.time = duration(fields["eval_time"], "eval_time", reader) ?? 0
        out.name = fields["alertname"].flatMap { reader.text($0, "alertname") } ?? ""
        for node in fields["exp_alerts"].map({ reader.items($0, "exp_alerts") }) ?? [] {
            let fields = reader.fields(node, "an expected alert", ["exp_labels", "exp_annotations"])
            out.expected.append(
                (
                    labels(fields["exp_labels"], "exp_labels", reader),
                    annotations(fields["exp_annotations"], reader)
                ))
        }
        return out
    }

    private static func expressionCase(_ node: Node, _ reader: YAMLReader) -> RuleTest.ExpressionCase {
        let fields = reader.fields(node, "an expression test", ["expr", "eval_time", "exp_samples"])
        var out = RuleTest.ExpressionCase()
        out.time = duration(fields["eval_time"], "eval_time", reader) ?? 0
        out.expression = fields["expr"].flatMap { reader.text($0, "expr") } ?? ""
        for node in fields["exp_samples"].map({ reader.items($0, "exp_samples") }) ?? [] {
            let fields = reader.fields(node, "an expected sample", ["labels", "value", "histogram"])
            if let node = fields["histogram"], !YAMLReader.isNull(node), reader.text(node, "histogram") != "" {
                reader.fault(node, "native histograms are not supported")
            }
            out.expected.append(
                (
                    fields["labels"].flatMap { reader.text($0, "labels") } ?? "",
                    fields["value"].flatMap { reader.number($0, "value") } ?? 0
                ))
        }
        return out
    }

    private static func annotations(_ node: Node?, _ reader: YAMLReader) -> [Annotation] {
        (node.map { reader.texts($0, "exp_annotations") } ?? []).map { Annotation($0.name, $0.text) }
            .sorted { $0.name < $1.name }
    }

    private static func labels(_ node: Node?, _ what: String, _ reader: YAMLReader) -> Labels {
        Labels((node.map { reader.texts($0, what) } ?? []).map { ($0.name, $0.text) })
    }

    /// Seconds since the epoch, or a time as RFC 3339 has it.
    private static func timestamp(_ node: Node, _ reader: YAMLReader) -> Milliseconds? {
        guard let text = reader.text(node, "start_timestamp"), !text.isEmpty else { return nil }
        if let seconds = Double(text), seconds.magnitude < 9e12 { return Milliseconds((seconds * 1000).rounded()) }
        if let date = try? Date(text, strategy: .iso8601) {
            return Milliseconds((date.timeIntervalSince1970 * 1000).rounded())
        }
        reader.fault(node, "start_timestamp must be seconds since 1970 or a time such as 2026-01-02T15:04:05Z")
        return nil
    }
}
