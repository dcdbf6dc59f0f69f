import PromQL
import Templates
import TocsinModel

/// A rule that fires while its expression has a value.
package struct AlertingRule: Sendable {
    package let name: String
    package let expression: Expr
    /// The expression as the user wrote it.
    package let text: String
    /// `for`: how long the expression must stay true before the alert fires.
    package let holdFor: Milliseconds
    /// `keep_firing_for`: how long a firing alert outlasts its expression.
    package let keepFiringFor: Milliseconds
    /// Labels added to the alert, in the order of the file.
    package let labels: [NamedTemplate]
    package let annotations: [NamedTemplate]

    package init(
        name: String, expression: Expr, text: String, holdFor: Milliseconds = 0, keepFiringFor: Milliseconds = 0,
        labels: [NamedTemplate] = [], annotations: [NamedTemplate] = []
    ) {
        self.name = name
        self.expression = expression
        self.text = text
        self.holdFor = holdFor
        self.keepFiringFor = keepFiringFor
        self.labels = labels
        self.annotations = annotations
    }
}

/// A rule that writes the value of its expression as a series of its own.
package struct RecordingRule: Sendable {
    package let name: String
    package let expression: Expr
    package let text: String
    package let labels: [(name: String, value: String)]

    package init(name: String, expression: Expr, text: String, labels: [(name: String, value: String)] = []) {
        self.name = name
        self.expression = expression
        self.text = text
        self.labels = labels
    }
}

/// A label or annotation of a rule.
package struct NamedTemplate: Sendable {
    package let name: String
    package let template: Template

    package init(name: String, template: Template) {
        self.name = name
        self.template = template
    }
}

package enum Rule: Sendable {
    case alerting(AlertingRule)
    case recording(RecordingRule)

    package var name: String {
        switch self {
        case .alerting(let rule): rule.name
        case .recording(let rule): rule.name
        }
    }

    package var expression: Expr {
        switch self {
        case .alerting(let rule): rule.expression
        case .recording(let rule): rule.expression
        }
    }
}

/// Rules that are evaluated together, in order, at one instant.
package struct RuleGroup: Sendable {
    package let name: String
    /// The file the group came from, or `default`.
    package let file: String
    package let interval: Milliseconds
    package let rules: [Rule]
    /// What names each rule across reloads and restarts: its file, group, name, expression and labels. A rule whose key is
    /// unchanged keeps the state of its alerts.
    package let keys: [RuleKey]

    package init(name: String, file: String, interval: Milliseconds, rules: [Rule]) {
        self.name = name
        self.file = file
        self.interval = interval
        self.rules = rules
        keys = rules.map { Self.key(of: $0, in: name, file) }
    }

    private static func key(of rule: Rule, in name: String, _ file: String) -> RuleKey {
        var text = "\(file)\u{0}\(name)\u{0}\(rule.expression)"
        if case .alerting(let alerting) = rule {
            for label in alerting.labels.sorted(by: { $0.name < $1.name }) {
                text += "\u{0}\(label.name)\u{0}\(label.template.source)"
            }
        }
        let print = Labels([("rule", text)]).fingerprint
        return RuleKey(group: name, name: rule.name, digest: print)
    }
}

/// The identity of a rule.
package struct RuleKey: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let group: String
    package let name: String
    package let digest: UInt64

    /// `group/name#digest`; the form kept in the journal.
    package var description: String { "\(group)/\(name)#\(Hex.string(digest))" }

    package static func < (a: RuleKey, b: RuleKey) -> Bool {
        (a.group, a.name, a.digest) < (b.group, b.name, b.digest)
    }
}

/// The comparison at the heart of an alert's expression: what is judged, and against which number.
package struct RuleShape: Sendable {
    package let judged: Expr
    package let operation: BinaryOperator
    package let threshold: Double

    /// Finds `judged > number` at the top, below `and`, `unless` and parentheses. Nil when the rule has another shape.
    package init?(_ expression: Expr) {
        switch expression.unwrapped {
        case .binary(let node) where node.operation == .and || node.operation == .unless:
            guard let shape = RuleShape(node.left) else { return nil }
            self = shape
        case .binary(let node) where node.operation.isComparison:
            guard node.left.type == .instantVector, case .number(let number) = node.right.unwrapped else { return nil }
            judged = node.left.unwrapped
            operation = node.operation
            threshold = number
        default: return nil
        }
    }
}
