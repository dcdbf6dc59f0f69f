import Glibc
import TocsinModel

/// Numbers in the forms that Prometheus' template functions give them.
enum Format {
    /// C's `%g` and friends for one value.
    static func c(_ format: String, _ value: Double) -> String {
        withVaList([value]) { list in
            var buffer = [CChar](repeating: 0, count: 512)
            let count = vsnprintf(&buffer, buffer.count, format, list)
            return String(
                decoding: buffer.prefix(max(0, min(Int(count), 511))).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }

    static func significant(_ value: Double, digits: Int) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return c("%.\(digits)g", value)
    }

    /// Four significant digits and a prefix of the metric (1000) or binary (1024) system.
    static func humanize(_ value: Double, base: Double) -> String {
        if value == 0 || !value.isFinite { return significant(value, digits: 4) }
        var scaled = value
        var prefix = ""
        if value.magnitude >= 1 || base == 1024 {
            for next in base == 1000
                ? ["k", "M", "G", "T", "P", "E", "Z", "Y"] : ["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"]
            {
                if scaled.magnitude < base { break }
                prefix = next
                scaled /= base
            }
        } else {
            for next in ["m", "u", "n", "p", "f", "a", "z", "y"] {
                if scaled.magnitude >= 1 { break }
                prefix = next
                scaled *= base
            }
        }
        return significant(scaled, digits: 4) + prefix
    }

    /// `14d 6h 56m 7s`, `42.5ms`.
    static func humanizeDuration(_ seconds: Double) -> String {
        if !seconds.isFinite { return significant(seconds, digits: 4) }
        if seconds == 0 { return "0s" }
        if seconds.magnitude < 1 { return humanize(seconds, base: 1000) + "s" }
        let sign = seconds < 0 ? "-" : ""
        let magnitude = seconds.magnitude
        let whole = Int64(min(magnitude, 9e18))
        let (days, hours, minutes, rest) = (whole / 86_400, whole / 3_600 % 24, whole / 60 % 60, whole % 60)
        if days != 0 { return sign + "\(days)d \(hours)h \(minutes)m \(rest)s" }
        if hours != 0 { return sign + "\(hours)h \(minutes)m \(rest)s" }
        if minutes != 0 { return sign + "\(minutes)m \(rest)s" }
        return sign + significant(magnitude, digits: 4) + "s"
    }

    /// Go's `time.Duration.String`: `1h2m3.5s`, `42ms`.
    static func goDuration(_ seconds: Double) -> String {
        let magnitude = seconds.magnitude
        let sign = seconds < 0 ? "-" : ""
        if magnitude == 0 { return "0s" }
        for (unit, size) in [("ns", 1e-6), ("µs", 1e-3), ("ms", 1.0)] where magnitude < size {
            return sign + GoNumber.plain((magnitude / size * 1000 * 1e6).rounded() / 1e6) + unit
        }
        let whole = Int64(min(magnitude, 9e15))
        let rest = magnitude - Double(whole) + Double(whole % 60)
        var out = sign
        if whole >= 3600 { out += "\(whole / 3600)h" }
        if whole >= 60 { out += "\(whole / 60 % 60)m" }
        return out + GoNumber.plain((rest * 1e9).rounded() / 1e9) + "s"
    }

    /// `2006-01-02 15:04:05 +0000 UTC`
    static func timestamp(_ seconds: Double) -> String {
        if !seconds.isFinite || seconds.magnitude > 9e15 { return significant(seconds, digits: 4) }
        var time = time_t(seconds.rounded(.down))
        var parts = tm()
        gmtime_r(&time, &parts)
        var buffer = [CChar](repeating: 0, count: 64)
        let count = strftime(&buffer, buffer.count, "%Y-%m-%d %H:%M:%S", &parts)
        let text = String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let fraction = seconds - seconds.rounded(.down)
        let digits = fraction == 0 ? "" : String(GoNumber.format((fraction * 1000).rounded() / 1000).dropFirst())
        return text + digits + " +0000 UTC"
    }
}

/// Go's `fmt.Sprintf` for the verbs that rules use.
enum Printf {
    static func format(_ format: String, _ arguments: [TemplateValue]) -> String {
        var out = ""
        var next = 0
        var rest = Substring(format)
        while let percent = rest.firstIndex(of: "%") {
            out += rest[..<percent]
            rest = rest[rest.index(after: percent)...]
            let flags = rest.prefix { "+-# 0123456789.".contains($0) }
            rest = rest.dropFirst(flags.count)
            guard let verb = rest.popFirst() else { return out + "%!(NOVERB)" }
            if verb == "%" {
                out += "%"
                continue
            }
            guard next < arguments.count else {
                out += "%!\(verb)(MISSING)"
                continue
            }
            out += one(verb, String(flags), arguments[next])
            next += 1
        }
        out += rest
        if next < arguments.count {
            let extra = arguments[next...].map { "\($0.typeName)=\($0.text)" }.joined(separator: ", ")
            out += "%!(EXTRA \(extra))"
        }
        return out
    }

    private static func one(_ verb: Character, _ flags: String, _ value: TemplateValue) -> String {
        switch (verb, value) {
        case ("f", .number(let x)), ("g", .number(let x)), ("e", .number(let x)), ("G", .number(let x)),
            ("E", .number(let x)), ("F", .number(let x)):
            if !x.isFinite { return pad(GoNumber.format(x), flags) }
            if verb == "g", !flags.contains(".") { return pad(GoNumber.format(x), flags) }
            return Format.c("%\(flags)\(verb)", x)
        case ("d", .integer(let x)): return pad("\(x)", flags)
        case ("x", .integer(let x)): return pad(String(x, radix: 16), flags)
        case ("s", .string(let text)), ("v", .string(let text)): return pad(text, flags)
        case ("q", .string(let text)): return pad("\"" + text + "\"", flags)
        case ("t", .bool(let x)): return pad("\(x)", flags)
        case ("v", _): return pad(value.text, flags)
        default: return "%!\(verb)(\(value.typeName)=\(value.text))"
        }
    }

    private static func pad(_ text: String, _ flags: String) -> String {
        let left = flags.contains("-")
        let zero = flags.hasPrefix("0") && !left
        let width = Int(flags.drop { "+-# 0".contains($0) }.prefix { $0.isNumber }) ?? 0
        let fill = String(repeating: zero ? "0" : " ", count: max(0, width - text.count))
        return left ? text + fill : fill + text
    }
}
