import TocsinModel

/// One part of the store; a lock around it is held for no longer than it takes to copy references to chunks.
struct Shard: Sendable {
    /// One series with its samples.
    struct Entry: Sendable {
        var labels: Labels
        var generation: UInt32
        var bornAt: Milliseconds
        var sealed: [Chunk] = []
        var open = ChunkEncoder()

        var lastTime: Milliseconds? {
            open.count > 0 ? open.last : sealed.last?.last
        }
    }

    /// What one append did.
    enum Outcome {
        case stored, duplicate, outOfOrder, gone
    }

    private(set) var entries: [Entry?] = []
    private var byLabels: [Labels: Int] = [:]
    private(set) var index = PostingsIndex()
    private var vacant: [Int] = []
    private var generation: UInt32 = 0
    /// Bytes of all chunks, sealed and open, and the overhead of keeping them.
    private(set) var chunkBytes = 0

    /// The estimated overhead of one chunk beyond its bytes: array header, allocator, the struct itself.
    static let chunkOverhead = 96

    var seriesCount: Int { byLabels.count }

    /// The slot of a series, which is made when it is new.
    mutating func slot(for labels: Labels) -> (Int, UInt32) {
        if let at = byLabels[labels], let entry = entries[at] { return (at, entry.generation) }
        generation &+= 1
        let entry = Entry(labels: labels, generation: generation, bornAt: .max)
        let at: Int
        if let free = vacant.popLast() {
            at = free
            entries[at] = entry
        } else {
            at = entries.count
            entries.append(entry)
        }
        byLabels[labels] = at
        index.insert(at, labels)
        return (at, generation)
    }

    func contains(_ labels: Labels) -> Bool { byLabels[labels] != nil }

    mutating func append(_ slot: Int, _ wanted: UInt32, _ time: Milliseconds, _ value: Double) -> Outcome {
        guard entries[slot]?.generation == wanted else { return .gone }
        return entries[slot]!.append(time, value, &chunkBytes)
    }

    /// Drops every sealed chunk that ends before `horizon`, and series that have nothing left and no recent sample.
    mutating func drop(before horizon: Milliseconds) {
        for at in entries.indices {
            guard let entry = entries[at] else { continue }
            let gone = entry.sealed.prefix { $0.last < horizon }.count
            if gone > 0 {
                chunkBytes -= entry.sealed.prefix(gone).reduce(0) { $0 + $1.bytes.count + Self.chunkOverhead }
                entries[at]!.sealed.removeFirst(gone)
            }
            let hasRoom = entry.sealed.count == gone
            if hasRoom, let last = entry.lastTime, last < horizon { remove(at) }
        }
    }

    private mutating func remove(_ at: Int) {
        guard let entry = entries[at] else { return }
        chunkBytes -= entry.open.size
        index.remove(at, entry.labels)
        byLabels[entry.labels] = nil
        entries[at] = nil
        vacant.append(at)
    }

    /// The end of the oldest sealed chunk, or nil when everything is still open.
    var oldestSealedEnd: Milliseconds? {
        var oldest: Milliseconds?
        for case let entry? in entries {
            if let end = entry.sealed.first?.last { oldest = min(oldest ?? end, end) }
        }
        return oldest
    }

    /// The first sample held.
    var oldestSample: Milliseconds? {
        var oldest: Milliseconds?
        for case let entry? in entries {
            let first = entry.sealed.first?.first ?? (entry.open.count > 0 ? entry.open.first : nil)
            if let first { oldest = min(oldest ?? first, first) }
        }
        return oldest
    }
}

extension Shard.Entry {
    fileprivate mutating func append(
        _ time: Milliseconds, _ value: Double, _ chunkBytes: inout Int
    ) -> Shard.Outcome {
        if let last = lastTime {
            if time < last { return .outOfOrder }
            if time == last { return .duplicate }
        } else {
            bornAt = time
        }
        if open.count == Chunk.capacity {
            sealed.append(open.sealed())
            chunkBytes += Shard.chunkOverhead
            open = ChunkEncoder()
        }
        let before = open.size
        open.append(time, value)
        chunkBytes += open.size - before
        return .stored
    }
}
