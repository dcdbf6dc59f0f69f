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
    /// Every series that satisfies all matchers and has samples in the closed span. The order of the rows is that of the
    /// source and the same at every call.
    func samples(matching matchers: [LabelMatcher], from: Milliseconds, through: Milliseconds) throws -> SampleBlock

    /// The newest sample of each series with `after < t <= at`, each with its own time, stale ones left out.
    func latest(matching matchers: [LabelMatcher], after: Milliseconds, at: Milliseconds) throws -> [Sample]
}

extension SampleSource {
    /// The same as ``samples(matching:from:through:)``, a value for each series, in ascending order of labels.
    public func series(
        matching matchers: [LabelMatcher], from: Milliseconds, through: Milliseconds
    ) throws -> [SampleSeries] {
        let block = try samples(matching: matchers, from: from, through: through)
        return (0..<block.count).map { block.series($0) }.sorted { $0.labels < $1.labels }
    }

    public func latest(
        matching matchers: [LabelMatcher], after: Milliseconds, at: Milliseconds
    ) throws -> [Sample] {
        let block = try samples(matching: matchers, from: after + 1, through: at)
        return (0..<block.count).compactMap { row in
            let last = block.range(of: row).upperBound - 1
            if StaleMarker.isStale(block.values[last]) { return nil }
            return Sample(labels: block.labels[row], at: block.times[last], value: block.values[last])
        }
    }
}
