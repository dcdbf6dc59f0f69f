import TocsinModel

/// A sealed run of samples of one series, compressed as in Pelkonen et al., "Gorilla: a fast, scalable, in-memory time
/// series database" (VLDB 2015): delta-of-delta timestamps and XOR-ed values.
///
/// Timestamps are milliseconds, so the classes of the delta-of-delta are wider than the paper's: 14, 17, 20 and 64 bits.
public struct Chunk: Sendable, Equatable {
    /// The compressed samples.
    public let bytes: [UInt8]
    /// The number of samples.
    public let count: Int
    /// The time of the first and of the last sample.
    public let first: Milliseconds
    public let last: Milliseconds

    /// Takes compressed samples from elsewhere, such as a file, as they are.
    public init(bytes: [UInt8], count: Int, first: Milliseconds, last: Milliseconds) {
        self.bytes = bytes
        self.count = count
        self.first = first
        self.last = last
    }

    /// A full chunk: one hour at a sample each 15 s, four minutes at one each second.
    public static let capacity = 240

    /// Appends all samples with `from <= t <= through`. False when the bytes end before the count is reached, which
    /// means that they were damaged.
    @discardableResult
    public func decode(
        from: Milliseconds, through: Milliseconds, times: inout [Milliseconds], values: inout [Double]
    ) -> Bool {
        bytes.withUnsafeBufferPointer { buffer in
            var decoder = ChunkDecoder(buffer)
            for _ in 0..<count {
                guard let (time, value) = decoder.next() else { return false }
                if time > through { return true }
                if time >= from {
                    times.append(time)
                    values.append(value)
                }
            }
            return true
        }
    }
}

/// The open end of a series: takes samples until it is full.
struct ChunkEncoder: Sendable {
    private var bits = BitWriter()
    private(set) var count = 0
    private(set) var first: Milliseconds = 0
    private(set) var last: Milliseconds = 0
    private(set) var lastValue = 0.0
    private var delta: Milliseconds = 0
    private var leading = UInt8.max
    private var trailing: UInt8 = 0

    /// Bytes in use.
    var size: Int { bits.bytes.count }

    /// Adds a sample. The caller has made sure that `time` is later than ``last``.
    mutating func append(_ time: Milliseconds, _ value: Double) {
        if count == 0 {
            first = time
            bits.reserve(48)
            bits.write(UInt64(bitPattern: time), count: 64)
            bits.write(value.bitPattern, count: 64)
        } else {
            let newDelta = time &- last
            write(deltaOfDelta: newDelta &- delta)
            delta = newDelta
            write(value: value)
        }
        last = time
        lastValue = value
        count += 1
    }

    private mutating func write(deltaOfDelta dod: Milliseconds) {
        switch dod {
        case 0:
            bits.write(bit: false)
        case -8_191...8_192:
            bits.write(0b10, count: 2)
            bits.write(UInt64(bitPattern: dod), count: 14)
        case -65_535...65_536:
            bits.write(0b110, count: 3)
            bits.write(UInt64(bitPattern: dod), count: 17)
        case -524_287...524_288:
            bits.write(0b1110, count: 4)
            bits.write(UInt64(bitPattern: dod), count: 20)
        default:
            bits.write(0b1111, count: 4)
            bits.write(UInt64(bitPattern: dod), count: 64)
        }
    }

    private mutating func write(value: Double) {
        let xor = value.bitPattern ^ lastValue.bitPattern
        if xor == 0 {
            bits.write(bit: false)
            return
        }
        bits.write(bit: true)
        let newLeading = UInt8(min(xor.leadingZeroBitCount, 31))
        let newTrailing = UInt8(xor.trailingZeroBitCount)
        if leading != .max, newLeading >= leading, newTrailing >= trailing {
            bits.write(bit: false)
            bits.write(xor >> UInt64(trailing), count: 64 - Int(leading) - Int(trailing))
        } else {
            leading = newLeading
            trailing = newTrailing
            let significant = 64 - Int(leading) - Int(trailing)
            bits.write(bit: true)
            bits.write(UInt64(leading), count: 5)
            // 64 significant bits do not fit into six bits; they are written as 0, which cannot occur otherwise.
            bits.write(UInt64(significant & 63), count: 6)
            bits.write(xor >> UInt64(trailing), count: significant)
        }
    }

    /// The samples so far as a value that no later sample changes. It shares the bytes until the next sample.
    func sealed() -> Chunk { Chunk(bytes: bits.bytes, count: count, first: first, last: last) }

    /// The same for good, in no more memory than it needs.
    func sealedForGood() -> Chunk {
        Chunk(
            bytes: Array(unsafeUninitializedCapacity: bits.bytes.count) { buffer, initialized in
                initialized = buffer.initialize(fromContentsOf: bits.bytes)
            }, count: count, first: first, last: last)
    }
}

/// Steps through the samples of a chunk.
struct ChunkDecoder {
    private var bits: BitReader
    private var read = 0
    private var time: Milliseconds = 0
    private var delta: Milliseconds = 0
    private var value: UInt64 = 0
    private var leading = 0
    private var significant = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) { bits = BitReader(bytes) }

    @inline(__always)
    mutating func next() -> (Milliseconds, Double)? {
        if read == 0 {
            time = Milliseconds(bitPattern: bits.read(64))
            value = bits.read(64)
        } else {
            delta = delta &+ deltaOfDelta()
            time = time &+ delta
            if bits.readBit() {
                if bits.readBit() {
                    leading = Int(bits.read(5))
                    significant = Int(bits.read(6))
                    if significant == 0 { significant = 64 }
                }
                let trailing = 64 - leading - significant
                if trailing < 0 { return nil }
                value ^= bits.read(significant) << UInt64(trailing)
            }
        }
        if bits.overran { return nil }
        read += 1
        return (time, Double(bitPattern: value))
    }

    @inline(__always)
    private mutating func deltaOfDelta() -> Milliseconds {
        switch bits.readOnes(atMost: 4) {
        case 0: 0
        case 1: signed(bits.read(14), bits: 14)
        case 2: signed(bits.read(17), bits: 17)
        case 3: signed(bits.read(20), bits: 20)
        default: Milliseconds(bitPattern: bits.read(64))
        }
    }

    /// The classes reach from -(2^(n-1) - 1) to 2^(n-1).
    @inline(__always)
    private func signed(_ raw: UInt64, bits: UInt64) -> Milliseconds {
        raw > 1 << (bits - 1) ? Milliseconds(bitPattern: raw) - (1 << Milliseconds(bits)) : Milliseconds(raw)
    }
}
