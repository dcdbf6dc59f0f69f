import HeapModule
import TocsinModel

/// When each target's turn is: spread over the interval by the target's own hash, so that neither all targets are asked at
/// once nor one target at another time after a restart.
package struct ScrapeCalendar<Key: Hashable & Sendable>: Sendable {
    private struct Entry: Sendable, Comparable {
        var due: Milliseconds
        var generation: Int
        var key: Key

        static func < (a: Entry, b: Entry) -> Bool { (a.due, a.generation) < (b.due, b.generation) }
    }

    private var heap = Heap<Entry>()
    private var known: [Key: (interval: Milliseconds, generation: Int)] = [:]
    private var generation = 0

    package init() {}

    /// Turns begin together at even moments where there are many: a thread that wakes up once for five targets costs
    /// less than five that wake up for one.
    private static var grain: Milliseconds { 50 }

    /// The first moment at or after `now` that is a turn of the target.
    package static func first(_ hash: UInt64, every interval: Milliseconds, from now: Milliseconds) -> Milliseconds {
        let spread = Milliseconds(hash % UInt64(interval))
        let offset = interval >= 20 * grain ? spread / grain * grain : spread
        let begun = now - (now % interval + interval) % interval
        let candidate = begun + offset
        return candidate >= now ? candidate : candidate + interval
    }

    /// Adds a target.
    package mutating func add(_ key: Key, hash: UInt64, every interval: Milliseconds, from now: Milliseconds) {
        generation += 1
        known[key] = (interval, generation)
        heap.insert(Entry(due: Self.first(hash, every: interval, from: now), generation: generation, key: key))
    }

    /// Takes a target out; its entry is passed over when its turn comes.
    package mutating func remove(_ key: Key) { known[key] = nil }

    /// When the next turn is.
    package mutating func next() -> Milliseconds? {
        while let first = heap.min, known[first.key]?.generation != first.generation { heap.removeMin() }
        return heap.min?.due
    }

    /// The targets whose turn has come, with the moment it was planned for. Turns that were slept through are left out.
    package mutating func take(at now: Milliseconds) -> [(key: Key, planned: Milliseconds)] {
        var out: [(Key, Milliseconds)] = []
        while let due = next(), due <= now, var entry = heap.popMin(), let interval = known[entry.key]?.interval {
            let planned = due + (now - due) / interval * interval
            out.append((entry.key, planned))
            entry.due = planned + interval
            heap.insert(entry)
        }
        return out
    }
}
