/// A question in PromQL, or about the series there are. All times are wall times.
public enum QueryRequest: Sendable, Equatable {
    /// The value at one time; nil for now.
    case instant(String, at: Milliseconds?)
    case range(String, from: Milliseconds, through: Milliseconds, step: Milliseconds)
    /// The label sets of the series that satisfy any of the selectors and have samples in the span.
    case series(selectors: [String], from: Milliseconds, through: Milliseconds)
    /// The names of labels of such series; of all series where there is no selector.
    case labelNames(selectors: [String], from: Milliseconds, through: Milliseconds)
    case labelValues(String, selectors: [String], from: Milliseconds, through: Milliseconds)
    /// The expression as the canonical printer writes it.
    case format(String)
    /// What the engine measures of its own host and of itself, as an exporter would show it.
    case exposition
    /// Name, meaning and kind of what is measured.
    case metadata
}

/// How much a question may cost.
public struct QueryBounds: Sendable, Equatable {
    /// After so many milliseconds it is given up.
    public var timeout: Milliseconds
    /// The most samples it may load.
    public var samples: Int
    /// The most series or names in the answer; 0 for any number. More are left out, and the answer says so.
    public var limit: Int

    public init(timeout: Milliseconds = 120_000, samples: Int = 50_000_000, limit: Int = 0) {
        self.timeout = timeout
        self.samples = samples
        self.limit = limit
    }
}

/// The answer. All times are wall times.
public enum QueryResult: Sendable {
    case scalar(Double, at: Milliseconds)
    case string(String, at: Milliseconds)
    case vector([Sample])
    case matrix([SampleSeries])
    case series([Labels])
    case names([String])
    case text(String)
    case readings([MetricReading])
    case families([MetricFamily])
}

/// Why there is no answer, in the kinds of Prometheus' API.
public struct QueryFault: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Kind: String, Sendable {
        case badData = "bad_data"
        case execution, timeout, canceled, unavailable, `internal`
        case notFound = "not_found"
    }

    public let kind: Kind
    public let description: String

    public init(_ kind: Kind, _ words: String) {
        self.kind = kind
        description = words
    }
}
