import PromQL
import Templates
import TocsinCore
import TocsinModel
import Yams

/// Reads Prometheus rule files.
package enum RuleFile {
    private static let ruleKeys = ["alert", "record", "expr", "for", "keep_firing_for", "labels", "annotations"]

    /// The groups of a file, or all of its faults.
    ///
    /// - Parameter defaultInterval: for groups that state none, in milliseconds.
    package static func read(
        _ text: String, file: String, defaultInterval: Milliseconds
    ) throws(Faults) -> [RuleGroup] {
        let reader = YAMLReader(file: file)
        var groups: [RuleGroup] = []
        var names: Set<String> = []
        if let root = reader.root(text), !YAMLReader.isNull(root) {
            let fields = reader.fields(root, "the rule file", ["groups"])
            for node in fields["groups"].map({ reader.items($0, "groups") }) ?? [] {
                guard let group = Self.group(node, reader, defaultInterval) else { continue }
                if !names.insert(group.name).inserted {
                    reader.fault(node, "groupname: \"\(group.name)\" is repeated in the same file")
                }
                groups.append(group)
            }
        }
        if !reader.faults.isEmpty { throw Faults(reader.faults) }
        return groups
    }

    private static func group(_ node: Node, _ reader: YAMLReader, _ defaultInterval: Milliseconds) -> RuleGroup? {
        let fields = reader.fields(node, "a rule group", ["name", "interval", "rules"])
        guard let nameNode = fields["name"], let name = reader.text(nameNode, "name"), !name.isEmpty else {
            reader.fault(node, "Groupname must not be empty")
            return nil
        }
        let interval = fields["interval"].flatMap { duration($0, "interval", reader) } ?? defaultInterval
        let rules = (fields["rules"].map { reader.items($0, "rules") } ?? []).compactMap { rule($0, reader) }
        return RuleGroup(name: name, file: reader.file, interval: interval, rules: rules)
    }

    private static func rule(_ node: Node, _ reader: YAMLReader) -> Rule? {
        let fields = reader.fields(node, "a rule", ruleKeys)
        let alert = fields["alert"].flatMap { reader.text($0, "alert") } ?? ""
        let record = fields["record"].flatMap { reader.text($0, "record") } ?? ""
        guard alert.isEmpty != record.isEmpty else {
            reader.fault(
                node,
                alert.isEmpty
                    ? "one of 'record' or 'alert' must be set" : "only one of 'record' and 'alert' must be set")
            return nil
        }
        guard let exprNode = fields["expr"], let text = reader.text(exprNode, "expr"), !text.isEmpty else {
            reader.fault(node, "field 'expr' must be set in rule \"\(alert + record)\"")
            return nil
        }
        guard let expression = expression(text, exprNode, alert + record, reader) else { return nil }
        return alert.isEmpty
            ? recording(record, expression, text, fields, reader)
            : alerting(alert, expression, text, fields, reader)
    }

    private static func expression(_ text: String, _ node: Node, _ rule: String, _ reader: YAMLReader) -> Expr? {
        do throws(PromQLError) { return try Expr(parsing: text) } catch {
            reader.fault(node, "rule \"\(rule)\": could not parse expression: \(error)")
            return nil
        }
    }

    private static func recording(
        _ name: String, _ expression: Expr, _ text: String, _ fields: [String: Node], _ reader: YAMLReader
    ) -> Rule? {
        for key in ["for", "keep_firing_for", "annotations"] {
            if let node = fields[key] { reader.fault(node, "invalid field '\(key)' in recording rule") }
        }
        let labels = (fields["labels"].map { reader.texts($0, "labels") } ?? []).map { ($0.name, $0.text) }
        return .recording(RecordingRule(name: name, expression: expression, text: text, labels: labels))
    }

    private static func alerting(
        _ name: String, _ expression: Expr, _ text: String, _ fields: [String: Node], _ reader: YAMLReader
    ) -> Rule {
        .alerting(
            AlertingRule(
                name: name, expression: expression, text: text,
                holdFor: fields["for"].flatMap { duration($0, "for", reader) } ?? 0,
                keepFiringFor: fields["keep_firing_for"].flatMap { duration($0, "keep_firing_for", reader) } ?? 0,
                labels: templates(fields["labels"], "label", name, reader),
                annotations: templates(fields["annotations"], "annotation", name, reader)))
    }

    private static func templates(
        _ node: Node?, _ what: String, _ rule: String, _ reader: YAMLReader
    ) -> [NamedTemplate] {
        guard let node else { return [] }
        return reader.texts(node, what + "s").compactMap { name, text, place in
            do throws(Template.Fault) {
                return NamedTemplate(name: name, template: try Template(text))
            } catch {
                reader.fault(place, "rule \"\(rule)\", \(what) \"\(name)\": \(error)")
                return nil
            }
        }
    }

    static func duration(_ node: Node, _ what: String, _ reader: YAMLReader) -> Milliseconds? {
        guard let text = reader.text(node, what) else { return nil }
        guard let duration = DurationText.parse(text) else {
            reader.fault(node, "\(what): not a valid duration string: \"\(text)\" (such as 30s, 5m, 1h30m)")
            return nil
        }
        return duration
    }
}
