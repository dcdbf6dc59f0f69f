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
        /// The most series of one source, which is what the label `instance` names.
        public var seriesPerSource: Int

        public init(
            retention: Milliseconds = 3_600_000, bytes: Int = 64 << 20, series: Int = 1_000_000,
            seriesPerSource: Int = 50_000
        ) {
            self.retention = retention
            self.bytes = bytes
            self.series = series
            self.seriesPerSource = seriesPerSource
        }

        /// No bounds at all, for recordings and tests.
        public static let none = Limits(retention: .max, bytes: .max, series: .max, seriesPerSource: .max)
    }

    public let limits: Limits
    private let shards: [LockedShard]
    private let counters = Mutex(StoreCounters())
    private let sources = Mutex(SourceLimit())
    private let journal = Mutex<HeadLogEncoder?>(nil)

    /// A lock cannot live in an array, so each has an object of its own.
    private final class LockedShard: Sendable {
        let state = Mutex(Shard())

        /// Visits the series that satisfy the conditions, some at a time, so that no writer waits for long: the index is
        /// searched outside of the lock, on a copy.
        func visit(_ conditions: [Condition], _ body: (borrowing Shard, ArraySlice<UInt32>) -> Void) {
            let slots = state.withLock(\.index).select(conditions)
            var at = 0
            while at < slots.count {
                let end = min(at + 256, slots.count)
                state.withLock { body($0, slots[at..<end]) }
                at = end
            }
        }
    }

    public init(limits: Limits = Limits(), shards: Int = 4) {
        self.limits = limits
        self.shards = (0..<shards).map { _ in LockedShard() }
    }

    /// The place of a series, which is made when it is new; nil when the store holds as many series as it may.
    public func reference(for labels: Labels) -> Reference? {
        let number = Int(labels.fingerprint % UInt64(shards.count))
        if let known = shards[number].state.withLock({ $0.contains(labels) ? $0.slot(for: labels) : nil }) {
            return Reference(shard: UInt16(number), generation: known.1, slot: known.0)
        }
        guard seriesCount < limits.series,
            sources.withLock({ $0.admit(labels, most: limits.seriesPerSource) })
        else {
            counters.withLock { $0.refusedSeries += 1 }
            return nil
        }
        let (place, isTwin) = shards[number].state.withLock { shard in
            let isTwin = shard.contains(labels)
            return (shard.slot(for: labels), isTwin)
        }
        // Another thread may have made it meanwhile; it counts once.
        if isTwin { sources.withLock { $0.forget(labels) } }
        return Reference(shard: UInt16(number), generation: place.1, slot: place.0)
    }

    /// Stores one value for each reference, all at the same time, taking every shard's lock once. References whose
    /// series was dropped meanwhile are returned, for the caller to ask for new ones.
    @discardableResult
    public func append(_ values: [(Reference, Double)], at time: Milliseconds) -> [Reference] {
        var counts = StoreCounters()
        var gone: [Reference] = []
        for number in shards.indices where values.contains(where: { Int($0.0.shard) == number }) {
            shards[number].state.withLock { shard in
                for (reference, value) in values where Int(reference.shard) == number {
                    let outcome = shard.append(reference.slot, reference.generation, time, value)
                    if case .gone = outcome { gone.append(reference) } else { counts.count(outcome) }
                }
            }
        }
        counters.withLock { $0.add(counts) }
        journal.withLock { $0?.add(values, at: time, labels: label(of:)) }
        return gone
    }

    private func label(of reference: Reference) -> Labels? {
        shards[Int(reference.shard)].state.withLock { $0.labels(reference.slot, reference.generation) }
    }

    /// Stores one sample of a series named by its labels.
    public func append(_ labels: Labels, _ value: Double, at time: Milliseconds) {
        guard let reference = reference(for: labels) else { return }
        append([(reference, value)], at: time)
    }

    /// Applies both bounds: drops what is older than the retention, then, while chunks take more bytes than they may,
    /// the oldest chunks of all series.
    public func enforceLimits(now: Milliseconds) {
        var horizon = now.subtractingReportingOverflow(limits.retention).partialValue
        if limits.retention == .max { horizon = .min }
        drop(before: horizon)
        var shortened = false
        while bytes > limits.bytes, let oldest = shards.compactMap({ $0.state.withLock(\.oldestSealedEnd) }).min() {
            horizon = oldest + 1
            drop(before: horizon)
            shortened = true
        }
        explainRefusals()
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

    private func drop(before horizon: Milliseconds) {
        for shard in shards {
            let removed = shard.state.withLock { $0.drop(before: horizon) }
            if !removed.isEmpty { sources.withLock { sources in removed.forEach { sources.forget($0) } } }
        }
    }

    /// Names the metric that fills a source which was refused more.
    private func explainRefusals() {
        for source in sources.withLock({ $0.unexplained }) {
            // A pattern without meaning beyond itself cannot be malformed.
            guard let condition = try? Condition(LabelMatcher("instance", .equal, source)) else { continue }
            var counts: [String: Int] = [:]
            for shard in shards {
                let index = shard.state.withLock(\.index)
                counts.merge(index.counts(of: "__name__", [condition])) { $0 + $1 }
            }
            guard let worst = counts.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }) else { continue }
            sources.withLock { $0.explain(source, metric: worst.key, series: worst.value) }
        }
    }

    // MARK: What is written down

    /// Keeps what is sealed from now on for ``takeSealed()``, and every sample for ``takeLog()``.
    public func beginRecording() {
        for shard in shards { shard.state.withLock { $0.keepsFresh = true } }
        journal.withLock { $0 = HeadLogEncoder() }
    }

    /// The chunks that were sealed since they were last taken.
    public func takeSealed() -> [SealedChunk] { shards.flatMap { $0.state.withLock { $0.takeSealed() } } }

    /// The log of the samples since it was last taken, in ``HeadLogEncoder``'s form.
    ///
    /// - Parameter restarting: the next piece can be read without this one.
    public func takeLog(restarting: Bool = false) -> [UInt8] {
        journal.withLock { $0?.take(restarting: restarting) ?? [] }
    }

    /// Seals the open chunks of series that had no sample since a time, or all of them.
    public func seal(idleSince horizon: Milliseconds?) {
        for shard in shards { shard.state.withLock { $0.seal(idleSince: horizon) } }
    }

    /// Puts back what was sealed before a restart, the chunks of each series in ascending order.
    public func restore(_ chunks: [SealedChunk]) {
        for sealed in chunks where reference(for: sealed.labels) != nil {
            let number = Int(sealed.labels.fingerprint % UInt64(shards.count))
            shards[number].state.withLock { $0.restore(sealed) }
        }
    }

    private var bytes: Int { shards.reduce(0) { $0 + $1.state.withLock(\.chunkBytes) } }
    public var seriesCount: Int { shards.reduce(0) { $0 + $1.state.withLock(\.seriesCount) } }

    /// What the store holds and has refused.
    public var statistics: StoreStatistics {
        let oldest = shards.compactMap { $0.state.withLock(\.oldestSample) }.min()
        return StoreStatistics(
            series: seriesCount, bytes: bytes, oldest: oldest, counters: counters.withLock { $0 },
            refusals: sources.withLock { $0.refusals.values.sorted { $0.source < $1.source } })
    }
}

extension SeriesStore: SampleSource {
    public func samples(
        matching matchers: [LabelMatcher], from: Milliseconds, through: Milliseconds
    ) throws -> SampleBlock {
        let conditions = try matchers.map { try Condition($0) }
        var block = SampleBlock()
        for shard in shards {
            var matches: [Match] = []
            shard.visit(conditions) { $0.chunks($1, from: from, through: through, into: &matches) }
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
            var matches: [NewestMatch] = []
            shard.visit(conditions) { $0.newest($1, after: after, at: at, into: &matches) }
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

    /// The label sets of the series that satisfy all matchers and have samples in the closed span; no sample is decoded.
    public func labelSets(
        matching matchers: [LabelMatcher], from: Milliseconds, through: Milliseconds
    ) throws -> [Labels] {
        let conditions = try matchers.map { try Condition($0) }
        var found: [Labels] = []
        for shard in shards {
            var matches: [Match] = []
            shard.visit(conditions) { $0.chunks($1, from: from, through: through, into: &matches) }
            found += matches.map(\.labels)
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
