import TocsinModel

/// Writes down every sample in a few bytes, so that the newest ones, not yet in a sealed chunk, survive a restart.
///
/// The log is a run of records, each with its length and a check sum before it: a torn end is noticed and left out. A
/// record is either a series (number and labels) or a batch (time, then for each sample the number of its series as a
/// difference and its value as the bytes that changed).
struct HeadLogEncoder: Sendable {
    private var bytes: [UInt8] = []
    private var numbers = SeriesNumbers()
    private var last: [UInt64] = []

    enum Kind {
        static let series: UInt8 = 1
        static let batch: UInt8 = 2
        static let restart: UInt8 = 3
    }

    mutating func add(
        _ values: [(SeriesStore.Reference, Double)], at time: Milliseconds,
        labels: (SeriesStore.Reference) -> Labels?
    ) {
        var record: [UInt8] = [Kind.batch]
        record.reserveCapacity(values.count * 4 + 16)
        Varint.append(UInt64(bitPattern: time), to: &record)
        var previous: UInt32 = 0
        for (reference, value) in values {
            guard let number = number(of: reference, labels) else { continue }
            Varint.append(Varint.zigzag(Int64(number) - Int64(previous)), to: &record)
            previous = number
            Self.append(value.bitPattern ^ last[Int(number)], to: &record)
            last[Int(number)] = value.bitPattern
        }
        write(record)
    }

    private mutating func number(
        of reference: SeriesStore.Reference, _ labels: (SeriesStore.Reference) -> Labels?
    ) -> UInt32? {
        if let known = numbers[reference] { return known }
        guard let labels = labels(reference) else { return nil }
        let number = UInt32(last.count)
        numbers[reference] = number
        last.append(0)
        write([Kind.series] + labels.bytes)
        return number
    }

    /// The bytes in which a value differs from the one before: how many zero bytes there are at the low end, how many
    /// bytes follow, and those.
    private static func append(_ xor: UInt64, to record: inout [UInt8]) {
        if xor == 0 {
            record.append(0)
            return
        }
        let low = xor.trailingZeroBitCount / 8
        let high = xor.leadingZeroBitCount / 8
        let count = 8 - low - high
        record.append(UInt8(low << 4 | count))
        var rest = xor >> UInt64(low * 8)
        for _ in 0..<count {
            record.append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }

    private mutating func write(_ record: [UInt8]) {
        Varint.append(UInt64(record.count), to: &bytes)
        let sum = CheckSum.of(record)
        for shift in stride(from: 0, to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: sum >> UInt32(shift))) }
        bytes += record
    }

    /// What was written since it was last taken.
    mutating func take(restarting: Bool) -> [UInt8] {
        let taken = bytes
        bytes = []
        if restarting {
            numbers = SeriesNumbers()
            last = []
            write([Kind.restart])
        }
        return taken
    }
}

/// The number of each series in a log. Places are small numbers, so arrays find it without hashing.
private struct SeriesNumbers: Sendable {
    private struct Entry {
        var generation: UInt32
        /// One more than the number; 0 stands for none.
        var number: UInt32
    }

    private var shards: [[Entry]] = []

    subscript(reference: SeriesStore.Reference) -> UInt32? {
        get {
            let shard = Int(reference.shard)
            guard shard < shards.count, reference.slot < shards[shard].count else { return nil }
            let entry = shards[shard][reference.slot]
            return entry.generation == reference.generation && entry.number > 0 ? entry.number - 1 : nil
        }
        set {
            let shard = Int(reference.shard)
            while shards.count <= shard { shards.append([]) }
            let missing = reference.slot + 1 - shards[shard].count
            if missing > 0 {
                shards[shard].append(contentsOf: repeatElement(Entry(generation: 0, number: 0), count: missing))
            }
            shards[shard][reference.slot] = Entry(
                generation: reference.generation, number: newValue.map { $0 + 1 } ?? 0)
        }
    }
}

/// Reads a head log back.
public enum HeadLog {
    /// One sample of a log.
    public struct Entry: Sendable, Equatable {
        public let labels: Labels
        public let time: Milliseconds
        public let value: Double

        public init(labels: Labels, time: Milliseconds, value: Double) {
            self.labels = labels
            self.time = time
            self.value = value
        }
    }

    /// Calls `body` for every batch, in order, up to the end or to the first damaged record. Returns how many bytes were
    /// good.
    @discardableResult
    public static func read(_ bytes: [UInt8], _ body: ([Entry]) -> Void) -> Int {
        var at = 0
        var series: [Labels] = []
        var last: [UInt64] = []
        while at < bytes.count {
            var next = at
            guard let length = Varint.read(bytes, &next), length >= 1, length < 1 << 28,
                next + 4 + Int(length) <= bytes.count
            else { return at }
            var sum: UInt32 = 0
            for shift in 0..<4 { sum |= UInt32(bytes[next + shift]) << UInt32(shift * 8) }
            let record = Array(bytes[(next + 4)..<(next + 4 + Int(length))])
            guard CheckSum.of(record) == sum else { return at }
            switch record[0] {
            case HeadLogEncoder.Kind.series:
                guard let labels = Labels(stored: record[1...]) else { return at }
                series.append(labels)
                last.append(0)
            case HeadLogEncoder.Kind.batch:
                guard let entries = batch(record, series, &last) else { return at }
                body(entries)
            case HeadLogEncoder.Kind.restart:
                series = []
                last = []
            default: return at
            }
            at = next + 4 + Int(length)
        }
        return at
    }

    private static func batch(_ record: [UInt8], _ series: [Labels], _ last: inout [UInt64]) -> [Entry]? {
        var at = 1
        guard let raw = Varint.read(record, &at) else { return nil }
        let time = Milliseconds(bitPattern: raw)
        var entries: [Entry] = []
        var number: Int64 = 0
        while at < record.count {
            guard let step = Varint.read(record, &at), at < record.count else { return nil }
            number &+= Varint.unzigzag(step)
            guard series.indices.contains(Int(number)) else { return nil }
            let shape = record[at]
            at += 1
            let (low, count) = (UInt64(shape >> 4), Int(shape & 15))
            guard Int(low) + count <= 8, at + count <= record.count else { return nil }
            var xor: UInt64 = 0
            for shift in 0..<count { xor |= UInt64(record[at + shift]) << UInt64(shift * 8) }
            at += count
            if count > 0 { last[Int(number)] ^= xor << (low * 8) }
            entries.append(
                Entry(labels: series[Int(number)], time: time, value: Double(bitPattern: last[Int(number)])))
        }
        return entries
    }
}

/// Whole numbers in as few bytes as they need, seven bits to a byte (as in Protocol Buffers).
enum Varint {
    static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    static func read(_ bytes: [UInt8], _ at: inout Int) -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard at < bytes.count else { return nil }
            let byte = bytes[at]
            at += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        return nil
    }

    static func zigzag(_ value: Int64) -> UInt64 { UInt64(bitPattern: (value << 1) ^ (value >> 63)) }
    static func unzigzag(_ value: UInt64) -> Int64 { Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1) }
}

/// FNV-1a with 32 bits: notices torn and damaged records.
private enum CheckSum {
    static func of(_ bytes: [UInt8]) -> UInt32 {
        var sum: UInt32 = 0x811c_9dc5
        for byte in bytes { sum = (sum ^ UInt32(byte)) &* 0x0100_0193 }
        return sum
    }
}
