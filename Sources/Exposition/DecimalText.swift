/// Numbers as expositions write them.
enum DecimalText {
    private static let powers: [Double] = (0...22).reduce(into: []) { all, _ in all.append((all.last ?? 0.1) * 10) }

    /// The number that bytes stand for, or nil. Up to fifteen digits and a short fraction are read without a detour,
    /// exactly: both the digits and the power of ten are representable, and one division rounds once.
    static func value(_ text: ArraySlice<UInt8>) -> Double? {
        var at = text.startIndex
        let end = text.endIndex
        if at == end { return nil }
        let negative = text[at] == UInt8(ascii: "-")
        if negative || text[at] == UInt8(ascii: "+") { at += 1 }
        var digits = 0
        var mantissa: UInt64 = 0
        var decimals = 0
        var seenPoint = false
        while at < end {
            let byte = text[at]
            if byte == UInt8(ascii: "."), !seenPoint {
                seenPoint = true
            } else if byte >= 0x30, byte <= 0x39, digits < 15 {
                mantissa = mantissa &* 10 &+ UInt64(byte &- 0x30)
                digits += 1
                if seenPoint { decimals += 1 }
            } else {
                return general(text)
            }
            at += 1
        }
        if digits == 0 { return nil }
        let value = decimals == 0 ? Double(mantissa) : Double(mantissa) / powers[decimals]
        return negative ? -value : value
    }

    private static func general(_ bytes: ArraySlice<UInt8>) -> Double? {
        let text = String(decoding: bytes, as: UTF8.self)
        switch text.lowercased() {
        case "nan", "+nan", "-nan": return .nan
        case "+inf", "inf", "+infinity", "infinity": return .infinity
        case "-inf", "-infinity": return -.infinity
        default: return text.utf8.contains(where: { $0 >= 0x80 }) ? nil : Double(text)
        }
    }
}
