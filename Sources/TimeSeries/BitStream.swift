/// Appends bits, most significant first, to a growing byte array.
struct BitWriter: Sendable {
    private(set) var bytes: [UInt8] = []
    /// Bits still unused in the last byte.
    private var free = 0

    mutating func reserve(_ count: Int) { bytes.reserveCapacity(count) }

    mutating func write(bit: Bool) {
        if free == 0 {
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
    private var at = 0
    private var window: UInt64 = 0
    private var held = 0
    private(set) var overran = false

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    @inline(__always)
    private mutating func fill() {
        while held <= 56, at < bytes.count {
            window |= UInt64(bytes[at]) << UInt64(56 - held)
            at += 1
            held += 8
        }
    }

    @inline(__always)
    mutating func readBit() -> Bool {
        if held == 0 {
            fill()
            if held == 0 {
                overran = true
                return false
            }
        }
        let bit = window >> 63 == 1
        window <<= 1
        held -= 1
        return bit
    }

    /// Reads `count` bits, 0…64.
    @inline(__always)
    mutating func read(_ count: Int) -> UInt64 {
        if count == 0 { return 0 }
        if count > 56 {
            let high = read(count - 32)
            return high << 32 | read(32)
        }
        if held < count {
            fill()
            if held < count {
                overran = true
                return 0
            }
        }
        let value = window >> UInt64(64 - count)
        window <<= UInt64(count)
        held -= count
        return value
    }
}
