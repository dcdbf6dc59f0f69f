/// A place in a span of bytes, for reading the kernel's text files without making strings.
///
/// The span is handed to each call rather than kept, because a struct of ours cannot hold a span.
package struct ByteCursor {
    package var at = 0

    package init(at: Int = 0) { self.at = at }

    /// Skips spaces and tabs, not line ends.
    @inline(__always)
    package mutating func skipBlank(in bytes: RawSpan) {
        while at < bytes.byteCount, bytes[at] == 0x20 || bytes[at] == 0x09 { at += 1 }
    }

    /// Moves behind the next line end; false at the end of the bytes.
    @inline(__always)
    @discardableResult
    package mutating func nextLine(in bytes: RawSpan) -> Bool {
        while at < bytes.byteCount, bytes[at] != 0x0A { at += 1 }
        if at < bytes.byteCount { at += 1 }
        return at < bytes.byteCount
    }

    /// An unsigned decimal number after blanks, or nil without moving past anything but blanks. Wraps around 2^64 as the
    /// kernel's own counters do.
    @inline(__always)
    package mutating func number(in bytes: RawSpan) -> UInt64? {
        skipBlank(in: bytes)
        let start = at
        var value: UInt64 = 0
        while at < bytes.byteCount {
            let digit = bytes[at] &- 0x30
            if digit > 9 { break }
            value = value &* 10 &+ UInt64(digit)
            at += 1
        }
        return at == start ? nil : value
    }

    /// A signed decimal number with an optional fraction, such as `-1` or `0.25`.
    package mutating func decimal(in bytes: RawSpan) -> Double? {
        skipBlank(in: bytes)
        let negative = at < bytes.byteCount && bytes[at] == 0x2D
        if negative { at += 1 }
        guard let whole = number(in: bytes) else { return nil }
        var value = Double(whole)
        if at < bytes.byteCount, bytes[at] == 0x2E {
            at += 1
            let start = at
            if let fraction = number(in: bytes) {
                var scale = 1.0
                for _ in start..<at { scale *= 10 }
                // One division of whole numbers rounds once: 1.57 is 157 / 100 and nothing else.
                let digits = value * scale + Double(fraction)
                value = digits < 9e15 ? digits / scale : value + Double(fraction) / scale
            }
        }
        return negative ? -value : value
    }

    /// True, and moves past it, when these bytes come next.
    @inline(__always)
    package mutating func take(_ text: StaticString, in bytes: RawSpan) -> Bool {
        let count = text.utf8CodeUnitCount
        guard at + count <= bytes.byteCount else { return false }
        let wanted = UnsafeBufferPointer(start: text.utf8Start, count: count)
        for offset in 0..<count where bytes[at + offset] != wanted[offset] { return false }
        at += count
        return true
    }

    /// The bytes up to a blank or a line end, as a range.
    @inline(__always)
    package mutating func word(in bytes: RawSpan) -> Range<Int> {
        skipBlank(in: bytes)
        let start = at
        while at < bytes.byteCount, bytes[at] > 0x20 { at += 1 }
        return start..<at
    }
}

extension RawSpan {
    /// One byte; out of range is a fault of the caller.
    @inline(__always)
    package subscript(_ offset: Int) -> UInt8 {
        precondition(offset >= 0 && offset < byteCount)
        return unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
    }

    /// The text of a range; invalid UTF-8 becomes U+FFFD.
    package func text(_ range: Range<Int>) -> String {
        withUnsafeBytes { String(decoding: $0[range], as: UTF8.self) }
    }

    /// True when the bytes of a range are these.
    @inline(__always)
    package func equals(_ range: Range<Int>, _ other: [UInt8]) -> Bool {
        guard range.count == other.count else { return false }
        for offset in 0..<other.count where self[range.lowerBound + offset] != other[offset] { return false }
        return true
    }
}
