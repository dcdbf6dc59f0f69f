/// Numbers as Go prints a float64 with `%v` or `strconv.FormatFloat(v, 'g', -1, 64)`: what users of Prometheus know.
public enum GoNumber {
    /// Shortest digits that read back as the same value, an exponent below 1e-4 and from 1e6 on, as Go's `%v` has it:
    /// 1234567.891 is 1.234567891e+06.
    public static func format(_ value: Double) -> String { format(value, exponentFrom: 6) }

    /// The same without an exponent, as `strconv.FormatFloat(v, 'f', -1, 64)` prints it.
    public static func plain(_ value: Double) -> String { format(value, exponentFrom: 400, exponentBelow: -400) }

    /// With an exponent always, as `strconv.FormatFloat(v, 'e', -1, 64)` prints it: 1e+00.
    public static func exponential(_ value: Double) -> String {
        let text = format(value, exponentFrom: -400, exponentBelow: 400)
        return value == 0 ? text + "e+00" : text
    }

    /// With an exponent always, as `strconv.FormatFloat(v, 'E', -1, 64)` prints it: 1E+00.
    public static func scientific(_ value: Double) -> String {
        let text = format(value, exponentFrom: -400, exponentBelow: 400)
        if value.isFinite, value == 0 { return text + "E+00" }
        return text.replacingExponent
    }

    static func format(_ value: Double, exponentFrom limit: Int, exponentBelow least: Int = -4) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value == 0 { return value.sign == .minus ? "-0" : "0" }
        let (digits, exponent) = shortest(value.magnitude)
        let sign = value < 0 ? "-" : ""
        if exponent < least || exponent >= limit {
            var out = sign + String(digits.first!)
            if digits.count > 1 { out += "." + digits.dropFirst() }
            let magnitude = abs(exponent)
            return out + "e" + (exponent < 0 ? "-" : "+") + (magnitude < 10 ? "0" : "") + "\(magnitude)"
        }
        if exponent < 0 { return sign + "0." + String(repeating: "0", count: -exponent - 1) + digits }
        if digits.count <= exponent + 1 {
            return sign + digits + String(repeating: "0", count: exponent + 1 - digits.count)
        }
        return sign + digits.prefix(exponent + 1) + "." + digits.dropFirst(exponent + 1)
    }

    /// The shortest decimal digits of a positive value and the exponent of the first.
    static func shortest(_ value: Double) -> (digits: String, exponent: Int) {
        // Swift's description is the shortest that round-trips, like Go's; only its layout differs.
        let text = value.description
        let parts = text.split(separator: "e")
        let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        let whole = String(mantissa[0])
        var fraction = mantissa.count > 1 ? String(mantissa[1]) : ""
        while fraction.hasSuffix("0") { fraction.removeLast() }
        var exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        var digits = whole + fraction
        exponent += whole.count - 1
        while digits.hasPrefix("0"), digits.count > 1 {
            digits.removeFirst()
            exponent -= 1
        }
        while digits.hasSuffix("0"), digits.count > 1 { digits.removeLast() }
        return (digits, exponent)
    }

    /// A fixed number of decimals, trailing zeros kept.
    public static func fixed(_ value: Double, decimals: Int) -> String {
        if !value.isFinite { return format(value) }
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        if value.magnitude * scale > 9e15 { return fixedFromDigits(value, decimals, scale) }
        let scaled = (value.magnitude * scale).rounded(.toNearestOrEven)
        let whole = UInt64(scaled / scale)
        let rest = UInt64(scaled) - whole * UInt64(scale)
        let sign = value < 0 && scaled != 0 ? "-" : ""
        if decimals == 0 { return sign + "\(UInt64(scaled))" }
        let digits = "\(rest)"
        return sign + "\(whole)." + String(repeating: "0", count: decimals - digits.count) + digits
    }

    /// The same where the decimals are at the end of what a Double can tell.
    private static func fixedFromDigits(_ value: Double, _ decimals: Int, _ scale: Double) -> String {
        let text = format(value.magnitude, exponentFrom: 400)
        let sign = value < 0 ? "-" : ""
        let parts = text.split(separator: ".")
        let fraction = parts.count > 1 ? String(parts[1]) : ""
        if fraction.count <= decimals {
            let zeros = String(repeating: "0", count: decimals - fraction.count)
            return sign + parts[0] + (decimals > 0 ? "." + fraction + zeros : "")
        }
        // With a fraction left the whole is far below 2^63.
        var whole = UInt64(parts[0]) ?? 0
        var kept = UInt64(fraction.prefix(decimals)) ?? 0
        if fraction.dropFirst(decimals).first.map({ $0 >= "5" }) ?? false { kept += 1 }
        if kept >= UInt64(scale) {
            kept = 0
            whole += 1
        }
        if decimals == 0 { return sign + "\(whole)" }
        let digits = "\(kept)"
        return sign + "\(whole)." + String(repeating: "0", count: decimals - digits.count) + digits
    }
}

extension String {
    fileprivate var replacingExponent: String { String(map { $0 == "e" ? "E" : $0 }) }
}
