import PromQL
import Templates
import TocsinCore
import TocsinModel
import Yams

/// Reads the rules of a group.
struct RuleReader {
    private typealias Texts = [(name: String, text: String, node: Node)]
    private static let keys = [
        "alert", "record", "expr", "for", "keep_firing_for", "labels", "annotations", "tocsin",
    ]

    private let reader: YAMLReader
    /// The file's lines, to find the place of a fault inside a text of several lines.
    private let lines: [Substring]

    init(_ reader: YAMLReader, _ text: String) {
        self.reader = reader
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// - Parameter common: the labels of the group, which a rule's own override.
    func rule(_ node: Node, _ common: [(name: String, text: String, node: Node)]) -> Rule? {
        let fields = reader.fields(node, "a rule", Self.keys)
        let alert = fields["alert"].flatMap { reader.word($0, "alert") } ?? ""
        let record = fields["record"].flatMap { reader.word($0, "record") } ?? ""
        guard alert.isEmpty != record.isEmpty else {
            reader.fault(
                node,
                alert.isEmpty
                    ? "one of 'record' or 'alert' must be set" : "only one of 'record' and 'alert' must be set")
            return nil
        }
        guard let exprNode = fields["expr"], let text = reader.word(exprNode, "expr"), !text.isEmpty else {
            reader.fault(node, "field 'expr' must be set in rule \"\(alert + record)\"")
            return nil
        }
        let own = fields["labels"].map { reader.texts($0, "labels") } ?? []
        let labels = common.filter { one in !own.contains { $0.name == one.name } } + own
        checkNames(labels, alert + record)
        guard let expression = expression(text, exprNode, alert + record) else { return nil }
        return alert.isEmpty
            ? recording(record, expression, text, fields, labels)
            : alerting(alert, expression, text, fields, labels)
    }

    private func checkNames(_ labels: Texts, _ rule: String) {
        for (name, _, node) in labels where !LabelSyntax.isLabelName(name) || name == "__name__" {
            reader.fault(node, "rule \"\(rule)\": invalid label name: \(name)")
        }
    }

    private func expression(_ text: String, _ node: Node, _ rule: String) -> Expr? {
        do throws(PromQLError) { return try Expr(parsing: text) } catch {
            let place = place(of: error, in: node)
            reader.fault(
                line: place.line, column: place.column, "rule \"\(rule)\": could not parse expression: \(error)")
            return nil
        }
    }

    /// Where in the file a fault of an expression is. A text folded over several lines has only a beginning.
    private func place(of error: PromQLError, in node: Node) -> (line: Int, column: Int) {
        guard let mark = node.mark, case .scalar(let scalar) = node else { return (0, 0) }
        switch scalar.style {
        case .literal:
            let line = mark.line + error.line
            guard line <= lines.count, mark.line < lines.count else { return (mark.line, mark.column) }
            let indent = lines[mark.line].prefix { $0 == " " }.count
            return (line, indent + error.column)
        case .folded: return (mark.line, mark.column)
        default:
            let isOneLine =
                mark.line <= lines.count && error.line == 1
                && lines[mark.line - 1].utf8.count >= mark.column - 1 + error.column - 1
            return isOneLine
                ? (mark.line, mark.column + error.column - (node.isQuoted ? 0 : 1)) : (mark.line, mark.column)
        }
    }

    private func recording(
        _ name: String, _ expression: Expr, _ text: String, _ fields: [String: Node], _ labels: Texts
    ) -> Rule? {
        if let node = fields["annotations"], !reader.texts(node, "annotations").isEmpty {
            reader.fault(node, "invalid field 'annotations' in recording rule \"\(name)\"")
        }
        for key in ["for", "keep_firing_for"] {
            if let node = fields[key], RuleFile.duration(node, key, reader) ?? 0 != 0 {
                reader.fault(node, "invalid field '\(key)' in recording rule \"\(name)\"")
            }
        }
        if let node = fields["tocsin"] { reader.fault(node, "invalid field 'tocsin' in recording rule \"\(name)\"") }
        guard LabelSyntax.isMetricName(name) else {
            reader.fault(fields["record"], "invalid recording rule name: \(name)")
            return nil
        }
        return .recording(
            RecordingRule(name: name, expression: expression, text: text, labels: labels.map { ($0.name, $0.text) }))
    }

    private func alerting(
        _ name: String, _ expression: Expr, _ text: String, _ fields: [String: Node], _ labels: Texts
    ) -> Rule {
        let annotations = fields["annotations"].map { reader.texts($0, "annotations") } ?? []
        for (name, _, node) in annotations where !LabelSyntax.isLabelName(name) {
            reader.fault(node, "rule \"\(name)\": invalid annotation name: \(name)")
        }
        let own = fields["tocsin"].map { additions($0, expression) }
        return .alerting(
            AlertingRule(
                name: name, expression: expression, text: text,
                holdFor: fields["for"].flatMap { RuleFile.duration($0, "for", reader) } ?? 0,
                keepFiringFor: fields["keep_firing_for"].flatMap {
                    RuleFile.duration($0, "keep_firing_for", reader)
                } ?? 0,
                labels: templates(labels, "label", name), annotations: templates(annotations, "annotation", name),
                clear: own?.clear, onMissing: own?.onMissing))
    }

    /// The fields that Prometheus does not have.
    private func additions(_ node: Node, _ expression: Expr) -> (clear: Double?, onMissing: OnMissing?) {
        let fields = reader.fields(node, "tocsin", ["clear", "on_missing"])
        let clear = fields["clear"].flatMap { reader.number($0, "tocsin.clear") }
        if let clear, let place = fields["clear"] {
            if let shape = RuleShape(expression), shape.operation != .equal, shape.operation != .notEqual {
                if !shape.isSafer(clear) {
                    let threshold = GoNumber.format(shape.threshold)
                    reader.fault(
                        place, "tocsin.clear must lie on the safe side of \(threshold), the threshold that raises")
                }
            } else {
                reader.fault(place, "tocsin.clear needs an expression that compares with one number: VALUE > 90")
            }
        }
        var onMissing: OnMissing?
        if let place = fields["on_missing"], let word = reader.text(place, "tocsin.on_missing") {
            onMissing = OnMissing(rawValue: word)
            if onMissing == nil { reader.fault(place, "tocsin.on_missing must be keep, resolve or alert") }
        }
        return (clear, onMissing)
    }

    private func templates(_ texts: Texts, _ what: String, _ rule: String) -> [NamedTemplate] {
        texts.compactMap { name, text, place in
            do throws(Template.Fault) {
                return NamedTemplate(name: name, template: try Template(text))
            } catch {
                reader.fault(place, "rule \"\(rule)\", \(what) \"\(name)\": \(error)")
                return nil
            }
        }
    }
}
