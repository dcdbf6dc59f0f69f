/// The samples of many series in two flat arrays: what a selection hands to an evaluation.
///
/// One allocation holds them all, however many series there are. Row `i` has the labels `labels[i]` and the samples in
/// ``range(of:)``, strictly ascending in time.
public struct SampleBlock: Sendable {
    /// The identity of each row.
    public private(set) var labels: [Labels] = []
    /// When each series was first seen, which may lie before its first sample here.
    public private(set) var bornAt: [Milliseconds] = []
    private var ends: [Int] = []
    /// Milliseconds, ascending within a row.
    public private(set) var times: [Milliseconds] = []
    /// As many as times; may hold stale markers.
    public private(set) var values: [Double] = []

    public init() {}

    /// Makes room for so many samples.
    public mutating func reserve(_ samples: Int) {
        times.reserveCapacity(samples)
        values.reserveCapacity(samples)
    }

    /// The number of rows.
    public var count: Int { labels.count }

    /// Where the samples of a row are.
    public func range(of row: Int) -> Range<Int> { (row == 0 ? 0 : ends[row - 1])..<ends[row] }

    /// Adds a row whose samples `fill` appends to the arrays. A row that stays empty is left out.
    @inlinable
    public mutating func add(
        _ labels: Labels, bornAt: Milliseconds, _ fill: (inout [Milliseconds], inout [Double]) -> Void
    ) {
        let before = sampleCount
        append(fill)
        if sampleCount > before { close(labels, bornAt) }
    }

    /// The number of samples in all rows.
    public var sampleCount: Int { times.count }

    @usableFromInline
    mutating func append(_ fill: (inout [Milliseconds], inout [Double]) -> Void) { fill(&times, &values) }

    @usableFromInline
    mutating func close(_ labels: Labels, _ bornAt: Milliseconds) {
        self.labels.append(labels)
        self.bornAt.append(bornAt)
        ends.append(times.count)
    }

    /// Adds a row of one sample.
    public mutating func add(_ labels: Labels, bornAt: Milliseconds, at time: Milliseconds, _ value: Double) {
        times.append(time)
        values.append(value)
        close(labels, bornAt)
    }

    /// Takes out the stale markers, and rows that were made of nothing else.
    public mutating func removeStale() {
        guard values.contains(where: StaleMarker.isStale) else { return }
        var kept = SampleBlock()
        kept.reserve(values.count)
        for row in 0..<count {
            let samples = range(of: row)
            kept.add(labels[row], bornAt: bornAt[row]) { keptTimes, keptValues in
                for at in samples where !StaleMarker.isStale(values[at]) {
                    keptTimes.append(times[at])
                    keptValues.append(values[at])
                }
            }
        }
        self = kept
    }

    /// One row as a value of its own.
    public func series(_ row: Int) -> SampleSeries {
        let samples = range(of: row)
        return SampleSeries(
            labels: labels[row], timestamps: Array(times[samples]), values: Array(values[samples]), bornAt: bornAt[row])
    }
}
