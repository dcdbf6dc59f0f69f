import TimeSeries
import TocsinModel

/// The series a page was seen to hold, in the order of the page: each line is first compared with the one that followed
/// last time, so that an unchanged page needs neither hashing nor parsing of labels.
struct SeriesCache {
    struct Entry {
        /// Where the text of the series is.
        var start: Int32
        var end: Int32
        /// Nil when relabelling drops it, or the store is full.
        var reference: SeriesStore.Reference?
        /// The number of the scrape that saw it last.
        var seen: Int
        /// Lines that state their own time do not end with the page.
        var statesTime: Bool
    }

    private(set) var entries: [Entry] = []
    private var text: [UInt8] = []
    private var index: [UInt64: Int32] = [:]
    private var cursor = 0

    /// Begins at the top of a page.
    mutating func rewind() { cursor = 0 }

    /// The entry of a series by its text; nil when it is new.
    mutating func find(_ bytes: [UInt8], _ series: Range<Int>) -> Int? {
        if cursor < entries.count, isEqual(cursor, bytes, series) {
            cursor += 1
            return cursor - 1
        }
        guard let at = index[Self.hash(bytes, series)].map(Int.init), isEqual(at, bytes, series) else { return nil }
        cursor = at + 1
        return at
    }

    private func isEqual(_ at: Int, _ bytes: [UInt8], _ series: Range<Int>) -> Bool {
        let (start, end) = (Int(entries[at].start), Int(entries[at].end))
        guard end - start == series.count else { return false }
        return text.withUnsafeBufferPointer { own in
            bytes.withUnsafeBufferPointer { page in
                var a = start
                var b = series.lowerBound
                while a < end {
                    if own[a] != page[b] { return false }
                    a += 1
                    b += 1
                }
                return true
            }
        }
    }

    /// Remembers a series; its place.
    mutating func add(_ bytes: ArraySlice<UInt8>, _ reference: SeriesStore.Reference?, seen: Int) {
        let start = Int32(text.count)
        text.append(contentsOf: bytes)
        index[Self.hash(text, Int(start)..<text.count)] = Int32(entries.count)
        entries.append(
            Entry(start: start, end: Int32(text.count), reference: reference, seen: seen, statesTime: false))
    }

    mutating func mark(_ at: Int, seen: Int, statesTime: Bool) {
        entries[at].seen = seen
        entries[at].statesTime = statesTime
    }

    /// Forgets what the last scrapes have not seen, where there is much of it.
    mutating func tidy(after scrape: Int) {
        let present = entries.count { $0.seen == scrape }
        guard entries.count > 2 * present + 64 else { return }
        let (old, bytes) = (entries, text)
        self = SeriesCache()
        for entry in old where entry.seen == scrape {
            add(bytes[Int(entry.start)..<Int(entry.end)], entry.reference, seen: scrape)
            entries[entries.count - 1].statesTime = entry.statesTime
        }
    }

    private static func hash(_ bytes: [UInt8], _ range: Range<Int>) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for at in range { hash = (hash ^ UInt64(bytes[at])) &* 0x0000_0100_0000_01b3 }
        return hash
    }
}
