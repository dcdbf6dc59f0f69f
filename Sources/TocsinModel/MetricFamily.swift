/// The name, meaning and kind of a metric, shared by all of its series.
public struct MetricFamily: Sendable, Hashable {
    /// The kinds of the Prometheus text exposition format.
    public enum Kind: String, Sendable, Hashable, Codable {
        case counter, gauge, untyped, histogram, summary
    }

    /// The metric name, such as `node_cpu_seconds_total`.
    public let name: String
    /// One sentence for people.
    public let help: String
    /// What a value of the family means over time.
    public let kind: Kind

    public init(_ name: String, _ kind: Kind, _ help: String) {
        self.name = name
        self.kind = kind
        self.help = help
    }
}

/// One condition on a label, as written in a selector.
public struct LabelMatcher: Sendable, Hashable {
    /// The four operators of PromQL.
    public enum Operation: String, Sendable, Hashable {
        case equal = "="
        case notEqual = "!="
        case matches = "=~"
        case notMatches = "!~"
    }

    public let name: String
    public let operation: Operation
    /// A literal, or an RE2 pattern that is anchored at both ends.
    public let value: String

    public init(_ name: String, _ operation: Operation, _ value: String) {
        self.name = name
        self.operation = operation
        self.value = value
    }
}
