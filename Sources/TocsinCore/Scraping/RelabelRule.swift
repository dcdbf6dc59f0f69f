import LinearRegex
import TocsinModel

/// One step of `relabel_configs` or `metric_relabel_configs`, with the meaning Prometheus documents.
package struct RelabelRule: Sendable {
    /// What a rule does with a label set.
    package enum Action: String, Sendable, CaseIterable {
        case replace, keep, drop, keepequal, dropequal, hashmod, labelmap, labeldrop, labelkeep, lowercase, uppercase

        /// Writes one label whose name `target_label` gives.
        var needsTarget: Bool {
            switch self {
            case .replace, .hashmod, .lowercase, .uppercase, .keepequal, .dropequal: true
            case .keep, .drop, .labelmap, .labeldrop, .labelkeep: false
            }
        }
    }

    package var action: Action
    package var sourceLabels: [String]
    package var separator: String
    package var targetLabel: String
    package var regex: LinearRegex
    package var modulus: UInt64
    package var replacement: String

    package static let defaultPattern = "(.*)"
    package static let defaultReplacement = "$1"
    package static let defaultSeparator = ";"

    package init(
        _ action: Action = .replace, sourceLabels: [String] = [], separator: String = Self.defaultSeparator,
        targetLabel: String = "", regex: LinearRegex, modulus: UInt64 = 0,
        replacement: String = Self.defaultReplacement
    ) {
        self.action = action
        self.sourceLabels = sourceLabels
        self.separator = separator
        self.targetLabel = targetLabel
        self.regex = regex
        self.modulus = modulus
        self.replacement = replacement
    }

    /// Carries all rules out, one after the other.
    ///
    /// - Returns: the labels after the last rule; nil when one of them drops the whole set.
    package static func apply(_ rules: [RelabelRule], to labels: Labels) -> Labels? {
        if rules.isEmpty { return labels }
        var set = Dictionary(labels.pairs.map { ($0.name, $0.value) }) { $1 }
        for rule in rules where !rule.apply(to: &set) { return nil }
        return Labels(set.map { ($0.key, $0.value) })
    }

    /// False when the set is dropped.
    private func apply(to set: inout [String: String]) -> Bool {
        let value = sourceLabels.map { set[$0] ?? "" }.joined(separator: separator)
        switch action {
        case .keep: return regex.matches(value)
        case .drop: return !regex.matches(value)
        case .keepequal: return (set[targetLabel] ?? "") == value
        case .dropequal: return (set[targetLabel] ?? "") != value
        case .replace: replace(value, &set)
        case .lowercase: put(targetLabel, value.lowercased(), &set)
        case .uppercase: put(targetLabel, value.uppercased(), &set)
        case .hashmod: put(targetLabel, "\(Self.hash(value) % modulus)", &set)
        case .labelmap:
            // In the order of names, so that two that map to one name end the same way each time.
            for (name, value) in set.sorted(by: { $0.key < $1.key }) {
                guard let groups = regex.captures(name) else { continue }
                put(expand(replacement, groups), value, &set)
            }
        case .labeldrop: set = set.filter { !regex.matches($0.key) }
        case .labelkeep: set = set.filter { regex.matches($0.key) }
        }
        return true
    }

    private func replace(_ value: String, _ set: inout [String: String]) {
        guard let groups = regex.captures(value) else { return }
        let target = expand(targetLabel, groups)
        guard LabelSyntax.isLabelName(target) else { return }
        put(target, expand(replacement, groups), &set)
    }

    private func expand(_ template: String, _ groups: [String]) -> String {
        Expansion.expand(template, groups, number: regex.group(named:))
    }

    private func put(_ name: String, _ value: String, _ set: inout [String: String]) {
        set[name] = value.isEmpty ? nil : value
    }

    /// The last eight bytes of MD5, the high one first.
    static func hash(_ value: String) -> UInt64 {
        MD5.digest(Array(value.utf8))[8...].reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// What is wrong with the rule, in Prometheus' words; nil when nothing is.
    ///
    /// - Parameter given: the keys that were written.
    package func fault(given: Set<String>) -> String? {
        if action == .hashmod, modulus == 0 {
            return "relabel configuration for hashmod requires non-zero modulus"
        }
        if action.needsTarget, targetLabel.isEmpty {
            return "relabel configuration for \(action) action requires 'target_label' value"
        }
        switch action {
        case .replace:
            let isValid = targetLabel.contains("$") ? Self.isTemplate(targetLabel) : isLabelName
            if !isValid { return "\"\(targetLabel)\" is invalid 'target_label' for \(action) action" }
        case .lowercase, .uppercase, .keepequal, .dropequal, .hashmod:
            if !isLabelName { return "\"\(targetLabel)\" is invalid 'target_label' for \(action) action" }
        case .labelmap:
            if !Self.isTemplate(replacement) {
                return "\"\(replacement)\" is invalid 'replacement' for \(action) action"
            }
        case .keep, .drop, .labeldrop, .labelkeep: break
        }
        return superfluous(given)
    }

    private var isLabelName: Bool { LabelSyntax.isLabelName(targetLabel) }

    private func superfluous(_ given: Set<String>) -> String? {
        switch action {
        case .lowercase, .uppercase:
            return replacement == Self.defaultReplacement
                ? nil : "'replacement' can not be set for \(action) action"
        case .keepequal, .dropequal:
            let isPlain =
                regex.pattern == Self.defaultPattern && modulus == 0 && separator == Self.defaultSeparator
                && replacement == Self.defaultReplacement
            return isPlain
                ? nil : "\(action) action requires only 'source_labels' and `target_label`, and no other fields"
        case .labeldrop, .labelkeep:
            let isPlain =
                sourceLabels.isEmpty && targetLabel.isEmpty && modulus == 0 && separator == Self.defaultSeparator
                && replacement == Self.defaultReplacement
            return isPlain ? nil : "\(action) action requires only 'regex', and no other fields"
        default: return nil
        }
    }

    /// A label name in which `$1` or `${name}` may stand for a part.
    private static func isTemplate(_ text: String) -> Bool { template?.matches(text) ?? false }
    // The pattern is a constant that RE2 takes; a test holds it.
    private static let template = try? LinearRegex(#"(?:(?:[a-zA-Z_]|\$(?:\{\w+\}|\w+))+\w*)+"#)
}
