import TocsinModel

/// A chunk that has been sealed, with the series it belongs to: what is written to disk.
public struct SealedChunk: Sendable, Equatable {
    public let labels: Labels
    public let chunk: Chunk

    public init(labels: Labels, chunk: Chunk) {
        self.labels = labels
        self.chunk = chunk
    }
}

/// One part of the store; a lock around it is held for no longer than it takes to copy references to chunks.
struct Shard: Sendable {
    /// One series with its samples.
    struct Entry: Sendable {
        var labels: Labels
        /// 0 for a slot without a series.
        var generation: UInt32
        var bornAt: Milliseconds
        var sealed: [Chunk] = []
        var open = ChunkEncoder()

        /// A slot whose series was dropped.
        static let vacant = Entry(labels: .none, generation: 0, bornAt: .max)
        var isLive: Bool { generation != 0 }

        var lastTime: Milliseconds? {
            open.count > 0 ? open.last : sealed.last?.last
        }
    }

    /// What one append did.
    enum Outcome {
        case stored, duplicate, outOfOrder, gone
    }

    /// Not optional: an optional element would be copied, with all its references, at each look.
    private(set) var entries: [Entry] = []
    private var byLabels: [Labels: UInt32] = [:]
    private(set) var index = PostingsIndex()
    private var vacant: [UInt32] = []
    private var generation: UInt32 = 0
    /// Bytes of all chunks, sealed and open, and the overhead of keeping them.
    private(set) var chunkBytes = 0
    /// Slot and chunk of what was sealed since the last ``takeSealed()``, where someone takes it.
    private var fresh: [SealedChunk] = []
    var keepsFresh = false

    /// The estimated overhead of one chunk beyond its bytes: array header, allocator, the struct itself.
    static let chunkOverhead = 96
    /// A chunk is sealed after an hour even when it is not full, so that history on disk is never far behind.
    static let longestChunk: Milliseconds = 3_600_000

    /// A series that was away for longer is as young as a new one.
    static let longestGap: Milliseconds = 300_000

    var seriesCount: Int { byLabels.count }

    /// The slot of a series, which is made when it is new.
    mutating func slot(for labels: Labels) -> (Int, UInt32) {
        if let at = byLabels[labels] { return (Int(at), entries[Int(at)].generation) }
        generation = generation == .max ? 1 : generation + 1
        let entry = Entry(labels: labels, generation: generation, bornAt: .max)
        let at: UInt32
        if let free = vacant.popLast() {
            at = free
            entries[Int(at)] = entry
        } else {
            at = UInt32(entries.count)
            entries.append(entry)
        }
        byLabels[labels] = at
        index.insert(at, labels)
        return (Int(at), generation)
    }

    /// The labels of a series, unless it was dropped.
    func labels(_ slot: Int, _ wanted: UInt32) -> Labels? {
        guard slot < entries.count, entries[slot].generation == wanted else { return nil }
        return entries[slot].labels
    }

    func contains(_ labels: Labels) -> Bool { byLabels[labels] != nil }

    mutating func append(_ slot: Int, _ wanted: UInt32, _ time: Milliseconds, _ value: Double) -> Outcome {
        guard slot < entries.count, entries[slot].generation == wanted else { return .gone }
        let outcome = entries[slot].append(time, value, &chunkBytes)
        if let full = outcome.sealed, keepsFresh {
            fresh.append(SealedChunk(labels: entries[slot].labels, chunk: full))
        }
        return outcome.outcome
    }

    /// Puts a chunk back that was sealed before a restart, before everything the series has by now.
    mutating func restore(_ sealed: SealedChunk) {
        let (slot, _) = slot(for: sealed.labels)
        let chunk = sealed.chunk
        let place = entries[slot].sealed.partitioningIndex { $0.first > chunk.first }
        let next =
            place < entries[slot].sealed.count
            ? entries[slot].sealed[place].first : entries[slot].open.count > 0 ? entries[slot].open.first : .max
        let previous = place > 0 ? entries[slot].sealed[place - 1].last : .min
        guard chunk.first > previous, chunk.last < next else { return }
        entries[slot].sealed.insert(chunk, at: place)
        // Windows that reach back over a time in which nobody watched are not full.
        let gap = next == .max ? 0 : next - chunk.last
        if gap <= Self.longestGap { entries[slot].bornAt = min(entries[slot].bornAt, chunk.first) }
        chunkBytes += chunk.bytes.count + Self.chunkOverhead
    }

    /// Seals the open chunks of series without a sample since `horizon`, or all of them when it is nil.
    mutating func seal(idleSince horizon: Milliseconds?) {
        for at in entries.indices {
            guard entries[at].open.count > 0 else { continue }
            if let horizon, entries[at].open.last >= horizon { continue }
            let chunk = entries[at].open.sealedForGood()
            entries[at].sealed.append(chunk)
            entries[at].open = ChunkEncoder()
            chunkBytes += Self.chunkOverhead
            if keepsFresh { fresh.append(SealedChunk(labels: entries[at].labels, chunk: chunk)) }
        }
    }

    /// What was sealed since it was last taken.
    mutating func takeSealed() -> [SealedChunk] {
        let taken = fresh
        fresh = []
        return taken
    }

    /// Drops every sealed chunk that ends before `horizon`, and series that have nothing left and no recent sample.
    /// Returns the labels of those series.
    mutating func drop(before horizon: Milliseconds) -> [Labels] {
        var removed: [Labels] = []
        for at in entries.indices {
            guard entries[at].isLive else { continue }
            let gone = entries[at].sealed.prefix { $0.last < horizon }.count
            if gone > 0 {
                chunkBytes -= entries[at].sealed.prefix(gone).reduce(0) { $0 + $1.bytes.count + Self.chunkOverhead }
                entries[at].sealed.removeFirst(gone)
            }
            if entries[at].sealed.isEmpty, let last = entries[at].lastTime, last < horizon {
                removed.append(entries[at].labels)
                remove(at)
            }
        }
        return removed
    }

    private mutating func remove(_ at: Int) {
        let labels = entries[at].labels
        chunkBytes -= entries[at].open.size
        index.remove(UInt32(at), labels)
        byLabels[labels] = nil
        entries[at] = .vacant
        vacant.append(UInt32(at))
    }

    /// The end of the oldest sealed chunk, or nil when everything is still open.
    var oldestSealedEnd: Milliseconds? {
        var oldest: Milliseconds?
        for at in entries.indices {
            if let end = entries[at].sealed.first?.last { oldest = min(oldest ?? end, end) }
        }
        return oldest
    }

    /// The first sample held.
    var oldestSample: Milliseconds? {
        var oldest: Milliseconds?
        for at in entries.indices {
            let first =
                entries[at].sealed.first?.first ?? (entries[at].open.count > 0 ? entries[at].open.first : nil)
            if let first { oldest = min(oldest ?? first, first) }
        }
        return oldest
    }
}

extension Shard.Entry {
    /// Adds a sample; tells which chunk was sealed by it, if one was.
    fileprivate mutating func append(
        _ time: Milliseconds, _ value: Double, _ chunkBytes: inout Int
    ) -> (outcome: Shard.Outcome, sealed: Chunk?) {
        if let last = lastTime {
            if time < last { return (.outOfOrder, nil) }
            if time == last { return (.duplicate, nil) }
            if time.subtractingReportingOverflow(last).partialValue > Shard.longestGap { bornAt = time }
        } else {
            bornAt = time
        }
        var full: Chunk?
        let isOld = open.count > 0 && time.subtractingReportingOverflow(open.first).partialValue > Shard.longestChunk
        if open.count == Chunk.capacity || isOld {
            let chunk = open.sealedForGood()
            sealed.append(chunk)
            full = chunk
            chunkBytes += Shard.chunkOverhead
            open = ChunkEncoder()
        }
        let before = open.size
        open.append(time, value)
        chunkBytes += open.size - before
        return (.stored, full)
    }
}
