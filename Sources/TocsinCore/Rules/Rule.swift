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
    /// A firing alert clears only beyond this threshold, on the safe side of the one in the expression.
    package let clear: Double?
    /// What becomes of an alert whose series are gone; nil for the rule as Prometheus has it.
    package let onMissing: OnMissing?

    package init(
        name: String, expression: Expr, text: String, holdFor: Milliseconds = 0, keepFiringFor: Milliseconds = 0,
        labels: [NamedTemplate] = [], annotations: [NamedTemplate] = [], clear: Double? = nil,
        onMissing: OnMissing? = nil
    ) {
        self.name = name
        self.expression = expression
        self.text = text
        self.holdFor = holdFor
        self.keepFiringFor = keepFiringFor
        self.labels = labels
        self.annotations = annotations
        self.clear = clear
        self.onMissing = onMissing
    }
}

/// What becomes of an alert when there is no data to judge it by.
package enum OnMissing: String, Sendable, CaseIterable {
    /// A firing alert goes on firing, marked as having no data.
    case keep
    /// It resolves, as in Prometheus.
    case resolve
    /// Missing data is itself what is alerted on.
    case alert
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
    /// The most alerts or series a rule may yield; 0 for any number. A rule past it fails and yields nothing.
    package let limit: Int
    /// How far in the past the group is evaluated, so that samples that arrive late are seen.
    package let queryOffset: Milliseconds
    /// What names each rule across reloads and restarts: its file, group, name, expression and labels. A rule whose key is
    /// unchanged keeps the state of its alerts.
    package let keys: [RuleKey]

    package init(
        name: String, file: String, interval: Milliseconds, rules: [Rule], limit: Int = 0,
        queryOffset: Milliseconds = 0
    ) {
        self.name = name
        self.file = file
        self.interval = interval
        self.rules = rules
        self.limit = limit
        self.queryOffset = queryOffset
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
