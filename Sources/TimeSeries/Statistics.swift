import TocsinModel

/// How many samples were taken and refused since the store was made.
public struct StoreCounters: Sendable, Equatable {
    public internal(set) var appended = 0
    /// Samples with the time of the series' last one; the first stays.
    public internal(set) var duplicates = 0
    /// Samples older than the series' last one.
    public internal(set) var outOfOrder = 0
    /// Series that were not made because the store holds as many as it may.
    public internal(set) var refusedSeries = 0
    /// The retention in force while the byte bound shortens it; nil while it does not.
    public internal(set) var shortenedTo: Milliseconds?
    /// When the byte bound last took something.
    var shortenedAt: Milliseconds = .min / 2

    mutating func count(_ outcome: Shard.Outcome) {
        switch outcome {
        case .stored: appended += 1
        case .duplicate: duplicates += 1
        case .outOfOrder: outOfOrder += 1
        case .gone: break
        }
    }

    mutating func add(_ other: StoreCounters) {
        appended += other.appended
        duplicates += other.duplicates
        outOfOrder += other.outOfOrder
        refusedSeries += other.refusedSeries
    }
}

/// The state of a store at one moment.
public struct StoreStatistics: Sendable, Equatable {
    public let series: Int
    /// Bytes taken by chunks.
    public let bytes: Int
    /// The time of the oldest sample held.
    public let oldest: Milliseconds?
    public let counters: StoreCounters
    /// Sources that want more series than they may have.
    public let refusals: [SourceRefusal]
}
