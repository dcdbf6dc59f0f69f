import LinearRegex
import TocsinCore
import Yams

/// Reads lists of relabelling rules. What promtool rejects is rejected, in its words.
struct RelabelReader {
    let reader: YAMLReader

    private static let keys = [
        "source_labels", "separator", "regex", "modulus", "target_label", "replacement", "action",
    ]

    func rules(_ node: Node?, _ what: String) -> [RelabelRule] {
        (node.map { reader.items($0, what) } ?? []).compactMap(rule)
    }

    private func rule(_ node: Node) -> RelabelRule? {
        let fields = reader.fields(node, "a relabelling rule", Self.keys)
        let word = fields["action"].flatMap { reader.text($0, "action") }?.lowercased() ?? "replace"
        guard let action = RelabelRule.Action(rawValue: word) else {
            let known = RelabelRule.Action.allCases.map(\.rawValue).joined(separator: ", ")
            reader.fault(fields["action"], "unknown relabel action \"\(word)\"; there are \(known)")
            return nil
        }
        let pattern = fields["regex"].flatMap { reader.text($0, "regex") } ?? RelabelRule.defaultPattern
        guard let regex = Patterns.compile(pattern, fields["regex"], reader) else { return nil }
        var rule = RelabelRule(action, regex: regex)
        rule.sourceLabels = (fields["source_labels"].map { reader.items($0, "source_labels") } ?? [])
            .compactMap { reader.text($0, "a source label") }
        if let text = fields["separator"].flatMap({ reader.text($0, "separator") }) { rule.separator = text }
        if let text = fields["replacement"].flatMap({ reader.text($0, "replacement") }) { rule.replacement = text }
        rule.targetLabel = fields["target_label"].flatMap { reader.text($0, "target_label") } ?? ""
        if let modulus = fields["modulus"].flatMap({ reader.integer($0, "modulus") }) {
            if modulus < 0 { reader.fault(fields["modulus"], "modulus must not be negative") }
            rule.modulus = UInt64(max(0, modulus))
        }
        if let words = rule.fault(given: Set(fields.keys)) {
            reader.fault(node, words)
            return nil
        }
        return rule
    }
}

/// Compiles patterns of configuration files.
enum Patterns {
    static func compile(_ pattern: String, _ node: Node?, _ reader: YAMLReader) -> LinearRegex? {
        do throws(LinearRegex.Malformed) { return try LinearRegex(pattern) } catch {
            reader.fault(node, "the pattern \"\(pattern)\" cannot be read: \(error.reason)")
            return nil
        }
    }

    static func list(_ node: Node?, _ what: String, _ reader: YAMLReader) -> [LinearRegex] {
        (node.map { reader.items($0, what) } ?? []).compactMap { item in
            reader.text(item, what).flatMap { compile($0, item, reader) }
        }
    }
}
