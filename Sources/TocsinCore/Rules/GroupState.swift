import TocsinModel

/// One alert of one rule while it is active.
package struct ActiveAlert: Sendable, Equatable {
    package var labels: Labels
    package var annotations: [Annotation]
    package var value: Double
    package var activeSince: Milliseconds
    package var firingSince: Milliseconds?
    /// When the expression was first seen false while the alert keeps firing for `keep_firing_for`.
    package var keptSince: Milliseconds?
    package var lastTrue: Milliseconds
    /// Since when it cannot be judged for want of data.
    package var unjudgedSince: Milliseconds?

    package var isFiring: Bool { firingSince != nil }

    package init(
        labels: Labels, annotations: [Annotation], value: Double, activeSince: Milliseconds,
        firingSince: Milliseconds? = nil, lastTrue: Milliseconds
    ) {
        self.labels = labels
        self.annotations = annotations
        self.value = value
        self.activeSince = activeSince
        self.firingSince = firingSince
        self.lastTrue = lastTrue
    }
}

/// How far a rule could be judged at its last evaluation.
package enum Judgement: Sendable, Equatable {
    /// On full windows.
    case judged
    /// Some window is not yet full; it will be after so many milliseconds.
    case waiting(Milliseconds)
    /// There was data and there is none now.
    case noData(since: Milliseconds)
    /// Nothing here has what the rule speaks of.
    case notApplicable
    /// The evaluation failed, so many times in a row.
    case failing(String, times: Int)
}

/// What a group remembers from one evaluation to the next.
package struct GroupState: Sendable {
    package struct RuleState: Sendable {
        package var active: [Labels: ActiveAlert] = [:]
        package var judgement: Judgement?
        package var hadData = false
        /// What the rule wrote last, ALERTS included; series that are missing now end with a stale marker.
        package var recorded: Set<Labels> = []
    }

    package var rules: [RuleState]
    package var evaluatedAt: Milliseconds?

    /// A fresh state. `restored` gives the alerts that were active before a restart or reload, by rule.
    package init(_ group: RuleGroup, restored: [RuleKey: [ActiveAlert]] = [:]) {
        rules = group.keys.map { key in
            var state = RuleState()
            for alert in restored[key] ?? [] { state.active[alert.labels] = alert }
            state.hadData = !state.active.isEmpty
            return state
        }
    }
}

/// What one evaluation of a group brought.
package struct GroupResult: Sendable {
    package var group: String
    package var at: Moment
    package var outcomes: [RuleOutcome]
    /// How long it took, in seconds; 0 where nobody asked.
    package var seconds = 0.0

    package init(group: String, at: Moment, outcomes: [RuleOutcome]) {
        self.group = group
        self.at = at
        self.outcomes = outcomes
    }
}

/// What one evaluation of one rule brought.
package struct RuleOutcome: Sendable {
    package var key: RuleKey
    /// nil for a recording rule, which has no alerts.
    package var rule: AlertingRule?
    /// All active alerts, in ascending order of labels.
    package var active: [ActiveAlert]
    /// Those that ended at this evaluation, with the reason where it is not simply that the expression is false.
    package var ended: [ActiveAlert]
    package var judgement: Judgement
    /// How long it took, in seconds; 0 where nobody asked.
    package var seconds = 0.0
}
