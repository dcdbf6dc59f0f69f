import TocsinModel

/// How many series each source has, and which sources were refused more: a source that makes up labels must not drown
/// the others.
///
/// A source is what the label `instance` names; series without it are one source together.
struct SourceLimit: Sendable {
    private var counts: [String: Int] = [:]
    private(set) var refusals: [String: SourceRefusal] = [:]

    static func source(of labels: Labels) -> String { labels["instance"] ?? "" }

    /// Counts one more series, or refuses it.
    mutating func admit(_ labels: Labels, most: Int) -> Bool {
        let source = Self.source(of: labels)
        let count = counts[source, default: 0]
        if count >= most {
            refusals[source, default: SourceRefusal(source: source)].refused += 1
            return false
        }
        counts[source] = count + 1
        return true
    }

    mutating func forget(_ labels: Labels) {
        let source = Self.source(of: labels)
        counts[source] = (counts[source] ?? 1) - 1
        if counts[source] == 0 { counts[source] = nil }
    }

    /// Sources refused something whose worst metric is not known yet.
    var unexplained: [String] { refusals.values.filter { $0.metric.isEmpty }.map(\.source).sorted() }

    mutating func explain(_ source: String, metric: String, series: Int) {
        refusals[source]?.metric = metric
        refusals[source]?.metricSeries = series
    }
}

/// A source that wants more series than it may have.
public struct SourceRefusal: Sendable, Equatable {
    /// The value of its label `instance`.
    public let source: String
    /// Appends to series that were not made.
    public internal(set) var refused = 0
    /// The metric of the source that has the most series, and how many.
    public internal(set) var metric = ""
    public internal(set) var metricSeries = 0

    init(source: String) { self.source = source }
}
