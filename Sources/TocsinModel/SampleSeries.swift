/// The samples of one series in a span of time.
public struct SampleSeries: Sendable, Equatable {
    public var labels: Labels
    /// Milliseconds, strictly ascending.
    public var timestamps: [Milliseconds]
    /// As many as timestamps; may hold stale markers.
    public var values: [Double]
    /// When the series was first seen, which may lie before the span. A window that begins earlier is not yet full.
    public var bornAt: Milliseconds

    public init(labels: Labels, timestamps: [Milliseconds], values: [Double], bornAt: Milliseconds) {
        self.labels = labels
        self.timestamps = timestamps
        self.values = values
        self.bornAt = bornAt
    }
}

/// One value of one series at one time.
public struct Sample: Sendable, Equatable {
    public var labels: Labels
    public var at: Milliseconds
    public var value: Double

    public init(labels: Labels, at: Milliseconds, value: Double) {
        self.labels = labels
        self.at = at
        self.value = value
    }
}

/// Whatever can be asked for samples: the store, a file, a fixture. PromQL evaluates against it.
public protocol SampleSource: Sendable {
    /// Every series that satisfies all matchers and has samples in the closed span, in ascending order of labels.
    func series(matching matchers: [LabelMatcher], from: Milliseconds, through: Milliseconds) throws -> [SampleSeries]

    /// The newest sample of each series with `after < t <= at`, stale ones left out, in ascending order of labels.
    func latest(matching matchers: [LabelMatcher], after: Milliseconds, at: Milliseconds) throws -> [Sample]
}

extension SampleSource {
    public func latest(
        matching matchers: [LabelMatcher], after: Milliseconds, at: Milliseconds
    ) throws -> [Sample] {
        try series(matching: matchers, from: after + 1, through: at).compactMap { series in
            guard let value = series.values.last, let time = series.timestamps.last, !StaleMarker.isStale(value)
            else { return nil }
            return Sample(labels: series.labels, at: time, value: value)
        }
    }
}
