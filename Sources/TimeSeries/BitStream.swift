/// Appends bits, most significant first, to a growing byte array.
struct BitWriter: Sendable {
    private(set) var bytes: [UInt8] = []
    /// Bits still unused in the last byte.
    private var free = 0

    mutating func reserve(_ count: Int) { bytes.reserveCapacity(count) }

    /// By a quarter at a time: there are many writers, and what they hold in reserve adds up.
    private mutating func makeRoom() {
        if bytes.count == bytes.capacity { bytes.reserveCapacity(bytes.count + max(24, bytes.count / 4)) }
    }

    mutating func write(bit: Bool) {
        if free == 0 {
            makeRoom()
            bytes.append(0)
            free = 8
        }
        free -= 1
        if bit { bytes[bytes.count - 1] |= 1 << UInt8(free) }
    }

    /// Writes the lowest `count` bits of a value; `count` is 0…64.
    mutating func write(_ value: UInt64, count: Int) {
        var left = count
        while left > 0 {
            if free == 0 {
                makeRoom()
                bytes.append(0)
                free = 8
            }
            let take = min(left, free)
            let part = UInt8(truncatingIfNeeded: (value >> UInt64(left - take)) & ((1 << UInt64(take)) - 1))
            bytes[bytes.count - 1] |= part << UInt8(free - take)
            free -= take
            left -= take
        }
    }
}

/// Reads what ``BitWriter`` wrote. Past the end it yields zeros and says so in ``overran``.
struct BitReader {
    private let bytes: UnsafeBufferPointer<UInt8>
    /// The next bit, counted from the first.
    private var position = 0
    private let end: Int

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
        end = bytes.count * 8
    }

    /// True once more was read than there is.
    var overran: Bool { position > end }

    /// The next bits at the top of a word; at least 57 of them count.
    @inline(__always)
    private var window: UInt64 {
        let byte = position >> 3
        if byte + 8 <= bytes.count, let base = bytes.baseAddress {
            let word = UnsafeRawPointer(base + byte).loadUnaligned(as: UInt64.self)
            return UInt64(bigEndian: word) << UInt64(position & 7)
        }
        return tail(byte)
    }

    private func tail(_ byte: Int) -> UInt64 {
        var word: UInt64 = 0
        for offset in 0..<8 where byte + offset < bytes.count {
            word |= UInt64(bytes[byte + offset]) << UInt64(56 - offset * 8)
        }
        return word << UInt64(position & 7)
    }

    @inline(__always)
    mutating func readBit() -> Bool {
        let bit = window >> 63 == 1
        position += 1
        return bit
    }

    /// Reads `count` bits, 0…64.
    @inline(__always)
    mutating func read(_ count: Int) -> UInt64 {
        if count == 0 { return 0 }
        if count > 57 {
            let high = read(count - 32)
            return high << 32 | read(32)
        }
        let value = window >> UInt64(64 - count)
        position += count
        return value
    }

    /// How many ones come before the next zero, at most so many; they are consumed, and the zero with them.
    @inline(__always)
    mutating func readOnes(atMost most: Int) -> Int {
        let ones = min(most, (~window).leadingZeroBitCount)
        position += ones < most ? ones + 1 : ones
        return ones
    }
}
