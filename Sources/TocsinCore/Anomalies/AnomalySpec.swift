import PromQL
import TocsinModel

/// What one detector watches: an entry of `anomalies:` in the configuration, or a default.
package struct AnomalySpec: Sendable, Equatable {
    /// Which of the two judges; each has its own score, threshold and series.
    package enum Channel: String, Sendable, CaseIterable { case novelty, spike }

    /// The label `detector` of the series it writes.
    package var name: String
    package var expression: Expr
    /// Milliseconds from point to point.
    package var step: Milliseconds = 60_000
    package var channels: [Channel] = Channel.allCases
    /// Wished false alarms a week, for each series and channel.
    package var budget = 1.0
    /// While an alert of this name fires for the same host, nothing is learned.
    package var holdWhile: [String] = []
    /// A change smaller than this is never an anomaly, in the value's unit: a step from 0.00 to 0.01 on a constant series.
    package var floor = 0.0
    /// The labels that make a group, whose members are judged together; nil for no groups.
    package var groupBy: [String]?
    /// Watches this host's series alone.
    package var isOwn = false
    /// Milliseconds without a value after which a series counts as silent.
    package var silentAfter: Milliseconds { max(60_000, 3 * step) }

    package init(name: String, expression: Expr) {
        self.name = name
        self.expression = expression
    }
}
