/// Writes a state down field by field, or reads one back: the same list of fields serves both.
struct StateCodec {
    private(set) var bytes: [UInt8]
    private var at = 0
    private let isReading: Bool
    /// False once something was missing or impossible.
    private(set) var isSound = true

    init() {
        bytes = []
        isReading = false
    }

    init(reading bytes: [UInt8]) {
        self.bytes = bytes
        isReading = true
    }

    var isAtEnd: Bool { at == bytes.count }

    mutating func check(_ condition: Bool) { if !condition { isSound = false } }

    mutating func visit(_ value: inout Double) {
        var raw = value.bitPattern
        visit(&raw)
        if isReading { value = Double(bitPattern: raw) }
        check(value.isFinite)
    }

    mutating func visit(_ value: inout Float) {
        var raw = value.bitPattern
        visit(&raw)
        if isReading { value = Float(bitPattern: raw) }
        check(value.isFinite)
    }

    mutating func visit(_ value: inout Int32) {
        var raw = UInt32(bitPattern: value)
        visit(&raw)
        if isReading { value = Int32(bitPattern: raw) }
    }

    /// The least significant byte comes first.
    mutating func visit<Number: FixedWidthInteger & UnsignedInteger>(_ value: inout Number) {
        let count = Number.bitWidth / 8
        guard isReading else {
            for shift in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value >> Number(shift * 8))) }
            return
        }
        guard at + count <= bytes.count else {
            isSound = false
            return
        }
        value = 0
        for shift in 0..<count { value |= Number(bytes[at + shift]) << Number(shift * 8) }
        at += count
    }
}
