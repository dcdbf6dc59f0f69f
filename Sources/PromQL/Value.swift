import TocsinModel

/// What an expression yields.
public enum Value: Sendable, Equatable {
    case scalar(Double)
    case string(String)
    case vector([Sample])
    case matrix([SampleSeries])

    /// The elements of an instant vector; a scalar counts as one element without labels, as rules treat it.
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

/// Why an expression has no value.
public enum EvaluationFailure: Error, Sendable, Equatable, CustomStringConvertible {
    case duplicateSeries(side: String, labels: String)
    case manyToMany(labels: String)
    case duplicateResult
    case invalid(String)
    case tooManySamples(Int)
    case cancelled
    case source(String)

    public var description: String {
        switch self {
        case .duplicateSeries(let side, let labels):
            "found duplicate series for the match group \(labels) on the \(side) hand-side of the operation; "
                + "many-to-many matching not allowed: matching labels must be unique on one side"
        case .manyToMany(let labels):
            "multiple matches for labels \(labels): many-to-one matching must be explicit (group_left/group_right)"
        case .duplicateResult: "vector cannot contain metrics with the same labelset"
        case .invalid(let reason): reason
        case .tooManySamples(let limit): "query processing would load too many samples into memory (more than \(limit))"
        case .cancelled: "query was cancelled or ran past its deadline"
        case .source(let reason): reason
        }
    }
}

/// A range of samples handed to a function, with the bounds of the window.
struct Window {
    let labels: Labels
    let times: ArraySlice<Milliseconds>
    let values: ArraySlice<Double>
    /// The open left and the closed right end.
    let start: Milliseconds
    let end: Milliseconds

    var count: Int { values.count }
    var first: Double { values[values.startIndex] }
    var last: Double { values[values.endIndex - 1] }
    var firstTime: Milliseconds { times[times.startIndex] }
    var lastTime: Milliseconds { times[times.endIndex - 1] }
}
