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
    /// The chunks of every matching series that overlap the closed span.
    func chunks(_ conditions: [Condition], from: Milliseconds, through: Milliseconds) -> [Match] {
        index.select(conditions).compactMap { id in
            guard let entry = entries[id] else { return nil }
            let chunks = entry.overlapping(from: from, through: through)
            return chunks.isEmpty ? nil : Match(labels: entry.labels, bornAt: entry.bornAt, chunks: chunks)
        }
    }

    func newest(_ conditions: [Condition], after: Milliseconds, at: Milliseconds) -> [NewestMatch] {
        index.select(conditions).compactMap { id in
            guard let entry = entries[id] else { return nil }
            if entry.open.count > 0, entry.open.last <= at {
                guard entry.open.last > after, !StaleMarker.isStale(entry.open.lastValue) else { return nil }
                return .sample(
                    Sample(labels: entry.labels, at: entry.open.last, value: entry.open.lastValue))
            }
            let chunks = entry.overlapping(from: after + 1, through: at)
            return chunks.isEmpty ? nil : .within(entry.labels, chunks)
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
