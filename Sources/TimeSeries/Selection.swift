import TocsinModel

/// What a select takes out of a shard under its lock, to be decoded outside.
struct Match: Sendable {
    let labels: Labels
    let bornAt: Milliseconds
    let chunks: [Chunk]
}

/// The answer to "the newest sample at a time": known at once when it is the last one, else within these chunks.
enum NewestMatch: Sendable {
    case sample(Sample)
    case within(Labels, [Chunk])
}

extension Shard {
    /// The chunks of these series that overlap the closed span.
    func chunks(_ slots: ArraySlice<UInt32>, from: Milliseconds, through: Milliseconds, into out: inout [Match]) {
        for slot in slots {
            let at = Int(slot)
            let chunks = entries[at].overlapping(from: from, through: through)
            if chunks.isEmpty { continue }
            out.append(Match(labels: entries[at].labels, bornAt: entries[at].bornAt, chunks: chunks))
        }
    }

    func newest(_ slots: ArraySlice<UInt32>, after: Milliseconds, at: Milliseconds, into out: inout [NewestMatch]) {
        for slot in slots {
            let place = Int(slot)
            let (count, last) = (entries[place].open.count, entries[place].open.last)
            if count > 0, last <= at {
                let value = entries[place].open.lastValue
                if last > after, !StaleMarker.isStale(value) {
                    out.append(.sample(Sample(labels: entries[place].labels, at: last, value: value)))
                }
                continue
            }
            let chunks = entries[place].overlapping(from: after &+ 1, through: at)
            if !chunks.isEmpty { out.append(.within(entries[place].labels, chunks)) }
        }
    }
}

extension Shard.Entry {
    fileprivate func overlapping(from: Milliseconds, through: Milliseconds) -> [Chunk] {
        let begin = sealed.partitioningIndex { $0.last >= from }
        var out: [Chunk] = []
        for chunk in sealed[begin...] {
            if chunk.first > through { return out }
            out.append(chunk)
        }
        if open.count > 0, open.last >= from, open.first <= through { out.append(open.sealed()) }
        return out
    }
}
