import LinearRegex
import Synchronization
import TocsinModel

/// A store of time series in memory, compressed, indexed by label, bounded in time and in bytes.
///
/// The store is divided into shards, each behind its own lock, so it can be read while it is written: a reader copies
/// references to immutable chunks under the lock and decodes them outside. Samples of one series must come in ascending
/// order of time; later ones than the last are kept, others are refused and counted.
public final class SeriesStore: Sendable {
    /// Where a series is kept. Holding one saves the look-up at each append.
    public struct Reference: Sendable, Hashable {
        let shard: UInt16
        let generation: UInt32
        let slot: Int
    }

    /// The bounds of a store.
    public struct Limits: Sendable, Equatable {
        /// How long samples are kept, in milliseconds.
        public var retention: Milliseconds
        /// Bytes that chunks may take; past them the oldest go, and retention shortens for all series alike.
        public var bytes: Int
        /// The most series that may exist; appends to further ones are refused and counted.
        public var series: Int

        public init(retention: Milliseconds = 3_600_000, bytes: Int = 64 << 20, series: Int = 200_000) {
            self.retention = retention
            self.bytes = bytes
            self.series = series
        }
    }

    public let limits: Limits
    private let shards: [LockedShard]
    private let counters = Mutex(StoreCounters())

    /// A lock cannot live in an array, so each has an object of its own.
    private final class LockedShard: Sendable {
        let state = Mutex(Shard())
    }

    public init(limits: Limits = Limits(), shards: Int = 4) {
        self.limits = limits
        self.shards = (0..<shards).map { _ in LockedShard() }
    }

    /// The place of a series, which is made when it is new; nil when the store holds as many series as it may.
    public func reference(for labels: Labels) -> Reference? {
        let number = Int(labels.fingerprint % UInt64(shards.count))
        let room = seriesCount < limits.series
        let place = shards[number].state.withLock { shard -> (Int, UInt32)? in
            guard room || shard.contains(labels) else { return nil }
            return shard.slot(for: labels)
        }
        guard let place else {
            counters.withLock { $0.refusedSeries += 1 }
            return nil
        }
        return Reference(shard: UInt16(number), generation: place.1, slot: place.0)
    }

    /// Stores one value for each reference, all at the same time, taking every shard's lock once. References whose
    /// series was dropped meanwhile are returned, for the caller to ask for new ones.
    @discardableResult
    public func append(_ values: [(Reference, Double)], at time: Milliseconds) -> [Reference] {
        var counts = StoreCounters()
        var gone: [Reference] = []
        for number in shards.indices {
            shards[number].state.withLock { shard in
                for (reference, value) in values where Int(reference.shard) == number {
                    let outcome = shard.append(reference.slot, reference.generation, time, value)
                    if case .gone = outcome { gone.append(reference) } else { counts.count(outcome) }
                }
            }
        }
        counters.withLock { $0.add(counts) }
        return gone
    }

    /// Stores one sample of a series named by its labels.
    public func append(_ labels: Labels, _ value: Double, at time: Milliseconds) {
        guard let reference = reference(for: labels) else { return }
        append([(reference, value)], at: time)
    }

    /// Applies both bounds: drops what is older than the retention, then, while chunks take more bytes than they may,
    /// the oldest chunks of all series.
    public func enforceLimits(now: Milliseconds) {
        var horizon = now - limits.retention
        for shard in shards { shard.state.withLock { $0.drop(before: horizon) } }
        var shortened = false
        while bytes > limits.bytes, let oldest = shards.compactMap({ $0.state.withLock(\.oldestSealedEnd) }).min() {
            horizon = oldest + 1
            for shard in shards { shard.state.withLock { $0.drop(before: horizon) } }
            shortened = true
        }
        counters.withLock {
            if shortened {
                $0.shortenedTo = now - horizon
                $0.shortenedAt = now
            } else if now - $0.shortenedAt > limits.retention {
                // A whole retention has gone by without a loss: everything is kept again.
                $0.shortenedTo = nil
            }
        }
    }

    private var bytes: Int { shards.reduce(0) { $0 + $1.state.withLock(\.chunkBytes) } }
    private var seriesCount: Int { shards.reduce(0) { $0 + $1.state.withLock(\.seriesCount) } }

    /// What the store holds and has refused.
    public var statistics: StoreStatistics {
        let oldest = shards.compactMap { $0.state.withLock(\.oldestSample) }.min()
        return StoreStatistics(
            series: seriesCount, bytes: bytes, oldest: oldest, counters: counters.withLock { $0 })
    }
}

extension SeriesStore: SampleSource {
    public func samples(
        matching matchers: [LabelMatcher], from: Milliseconds, through: Milliseconds
    ) throws -> SampleBlock {
        let conditions = try matchers.map { try Condition($0) }
        var block = SampleBlock()
        for shard in shards {
            let matches = shard.state.withLock { $0.chunks(conditions, from: from, through: through) }
            block.reserve(block.sampleCount + matches.reduce(0) { $0 + $1.chunks.reduce(0) { $0 + $1.count } })
            for match in matches {
                block.add(match.labels, bornAt: match.bornAt) { times, values in
                    for chunk in match.chunks {
                        chunk.decode(from: from, through: through, times: &times, values: &values)
                    }
                }
            }
        }
        return block
    }

    public func latest(
        matching matchers: [LabelMatcher], after: Milliseconds, at: Milliseconds
    ) throws -> [Sample] {
        let conditions = try matchers.map { try Condition($0) }
        var found: [Sample] = []
        for shard in shards {
            let matches = shard.state.withLock { $0.newest(conditions, after: after, at: at) }
            for match in matches {
                switch match {
                case .sample(let sample): found.append(sample)
                case .within(let labels, let chunks):
                    if let sample = Self.newest(in: chunks, labels, after, at) { found.append(sample) }
                }
            }
        }
        return found
    }

    private static func newest(
        in chunks: [Chunk], _ labels: Labels, _ after: Milliseconds, _ at: Milliseconds
    ) -> Sample? {
        var times: [Milliseconds] = []
        var values: [Double] = []
        for chunk in chunks { chunk.decode(from: after &+ 1, through: at, times: &times, values: &values) }
        guard let time = times.last, let value = values.last, !StaleMarker.isStale(value) else { return nil }
        return Sample(labels: labels, at: time, value: value)
    }
}
