import PromQL
import Templates
import TocsinCore
import TocsinModel
import Yams

/// Reads Prometheus rule files. What promtool accepts is accepted and what it rejects is rejected; our own additions
/// stand below a key `tocsin` in a rule.
package enum RuleFile {
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
            let rules = RuleReader(reader, text)
            let fields = reader.fields(root, "the rule file", ["groups"])
            for node in fields["groups"].map({ reader.items($0, "groups") }) ?? [] {
                guard let group = Self.group(node, reader, rules, defaultInterval) else { continue }
                if !names.insert(group.name).inserted {
                    reader.fault(node, "groupname: \"\(group.name)\" is repeated in the same file")
                }
                groups.append(group)
            }
        }
        if !reader.faults.isEmpty { throw Faults(reader.faults) }
        return groups
    }

    private static func group(
        _ node: Node, _ reader: YAMLReader, _ rules: RuleReader, _ defaultInterval: Milliseconds
    ) -> RuleGroup? {
        let fields = reader.fields(
            node, "a rule group", ["name", "interval", "query_offset", "limit", "rules", "labels"])
        guard let nameNode = fields["name"], let name = reader.text(nameNode, "name"), !name.isEmpty else {
            reader.fault(node, "Groupname must not be empty")
            return nil
        }
        var interval = fields["interval"].flatMap { duration($0, "interval", reader) } ?? 0
        if interval == 0 { interval = defaultInterval }
        let labels = fields["labels"].map { reader.texts($0, "labels") } ?? []
        return RuleGroup(
            name: name, file: reader.file, interval: interval,
            rules: (fields["rules"].map { reader.items($0, "rules") } ?? []).compactMap { rules.rule($0, labels) },
            limit: fields["limit"].flatMap { reader.integer($0, "limit") } ?? 0,
            queryOffset: fields["query_offset"].flatMap { duration($0, "query_offset", reader) } ?? 0)
    }

    static func duration(_ node: Node, _ what: String, _ reader: YAMLReader) -> Milliseconds? {
        guard let text = reader.text(node, what), !YAMLReader.isNull(node) || text == "" && node.isQuoted else {
            return nil
        }
        guard let duration = DurationText.parse(text) else {
            reader.fault(
                node,
                text.isEmpty
                    ? "\(what): empty duration string"
                    : "\(what): not a valid duration string: \"\(text)\" (such as 30s, 5m, 1h30m)")
            return nil
        }
        return duration
    }
}

extension Node {
    /// A scalar between quotes, which is a text whatever it looks like.
    var isQuoted: Bool {
        if case .scalar(let scalar) = self { return scalar.style == .singleQuoted || scalar.style == .doubleQuoted }
        return false
    }
}
