import Glibc
import TocsinModel

/// Numbers in the forms that Prometheus' template functions give them.
enum Format {
    /// C's `%g` and friends for one value.
    static func c(_ format: String, _ value: Double) -> String {
        var room = 64
        while true {
            var buffer = [CChar](repeating: 0, count: room)
            let count = Int(withVaList([value]) { vsnprintf(&buffer, room, format, $0) })
            if count < room {
                return String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
            }
            room = count + 1
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
}
