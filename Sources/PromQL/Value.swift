import TocsinModel

/// What an expression yields.
public enum Value: Sendable, Equatable {
    case scalar(Double)
    case string(String)
    case vector([Sample])
    case matrix([SampleSeries])

    /// The elements of an instant vector; a scalar counts as one element without labels, as rules treat it. Of a range
    /// vector these are the newest samples.
    public func vector(at time: Milliseconds) -> [Sample] {
        switch self {
        case .vector(let samples): samples
        case .scalar(let value): [Sample(labels: .none, at: time, value: value)]
        case .string: []
        case .matrix(let series):
            series.compactMap { one in
                one.values.last.map { Sample(labels: one.labels, at: time, value: $0) }
            }
        }
    }
}

/// Why an expression has no value, in Prometheus' words.
public enum EvaluationFailure: Error, Sendable, Equatable, CustomStringConvertible {
    case duplicateSeries(group: Labels, side: String, series: [Labels])
    case manyToMany
    case ambiguousGrouping
    case duplicateResult
    case invalid(String)
    case tooManySamples(Int)
    case cancelled
    case source(String)

    public var description: String {
        switch self {
        case .duplicateSeries(let group, let side, let series):
            "found duplicate series for the match group \(group) on the \(side) hand-side of the operation: ["
                + series.map { $0.braced }.joined(separator: ", ")
                + "];many-to-many matching not allowed: matching labels must be unique on one side"
        case .manyToMany:
            "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
        case .ambiguousGrouping: "multiple matches for labels: grouping labels must ensure unique matches"
        case .duplicateResult: "vector cannot contain metrics with the same labelset"
        case .invalid(let reason): reason
        case .tooManySamples(let limit):
            "query processing would load too many samples into memory in query execution (more than \(limit))"
        case .cancelled: "query was cancelled or ran past its deadline"
        case .source(let reason): reason
        }
    }
}

extension Labels {
    /// `{__name__="a", b="c"}`, the metric name among the labels, as Prometheus' errors have it.
    fileprivate var braced: String {
        "{" + pairs.map { "\($0.name)=\(Labels.quote($0.value))" }.joined(separator: ", ") + "}"
    }
}
