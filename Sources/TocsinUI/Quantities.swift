import TocsinModel

/// Numbers as the screens write them: three significant digits and a unit.
enum Quantities {
    /// `38 GiB`, `1.5 MiB`, `812 B`.
    static func bytes(_ value: Double?) -> String {
        guard let value, value.isFinite else { return "?" }
        return scaled(value, 1024, ["B", "KiB", "MiB", "GiB", "TiB", "PiB"])
    }

    /// `4.1 M`, `812`, `88.0 M`: per second, in powers of ten.
    static func rate(_ value: Double?) -> String {
        guard let value, value.isFinite else { return "?" }
        return scaled(value, 1000, ["", "k", "M", "G", "T"])
    }

    private static func scaled(_ value: Double, _ base: Double, _ units: [String]) -> String {
        var value = value
        var unit = 0
        while value.magnitude >= base * 0.9995, unit < units.count - 1 {
            value /= base
            unit += 1
        }
        let number =
            unit == 0 || value.magnitude >= 99.95
            ? GoNumber.fixed(value, decimals: 0) : GoNumber.fixed(value, decimals: 1)
        return units[unit].isEmpty ? number : "\(number) \(units[unit])"
    }

    /// `41 %`
    static func percent(_ value: Double?) -> String {
        guard let value, value.isFinite else { return "? %" }
        return GoNumber.fixed(value, decimals: 0) + " %"
    }

    /// `0.3`, `12`, `100`.
    static func short(_ value: Double?) -> String {
        guard let value, value.isFinite else { return "?" }
        return GoNumber.fixed(value, decimals: value.magnitude < 9.95 ? 1 : 0)
    }

    /// `48 ms`, `0.3 ms`, `1.2 s`; a dash when there was nothing to measure.
    static func latency(_ seconds: Double?) -> String {
        guard let seconds, seconds.isFinite else { return "–" }
        let milliseconds = seconds * 1000
        if milliseconds >= 999.5 { return short(seconds) + " s" }
        return short(milliseconds) + " ms"
    }

    /// A value without a unit: `41.2`, `88.0 M`, `-3.1 k`.
    static func plain(_ value: Double?) -> String {
        guard let value, value.isFinite else { return "?" }
        if value.magnitude < 0.995, value != 0 { return GoNumber.fixed(value, decimals: 3) }
        guard value.magnitude < 999.5 else { return rate(value) }
        let isWhole = value == value.rounded() || value.magnitude >= 99.5
        return GoNumber.fixed(value, decimals: isWhole ? 0 : 1)
    }

    /// A score of 0 to 1.
    static func score(_ value: Double) -> String { GoNumber.fixed(value, decimals: 2) }

    /// `41d`, `3h`, `12m`: the shortest age, for narrow columns.
    static func age(_ milliseconds: Milliseconds) -> String {
        let seconds = max(0, milliseconds / 1000)
        switch seconds {
        case ..<60: return "\(seconds)s"
        case ..<3600: return "\(seconds / 60)m"
        case ..<86_400: return "\(seconds / 3600)h"
        default: return "\(seconds / 86_400)d"
        }
    }
}

/// Times of day.
struct Clock {
    let zone: @Sendable (Milliseconds) -> (seconds: Int, name: String)
    let offset: Milliseconds

    /// `14:21:07` of an engine time, in the operator's zone.
    func time(_ engine: Milliseconds, seconds: Bool = true) -> String { wallTime(engine + offset, seconds: seconds) }

    /// The same of a wall time.
    func wallTime(_ wall: Milliseconds, seconds: Bool = true) -> String {
        let local = wall / 1000 + Int64(zone(wall).seconds)
        let day = (local % 86_400 + 86_400) % 86_400
        func two(_ value: Int64) -> String { (value < 10 ? "0" : "") + "\(value)" }
        let hm = two(day / 3600) + ":" + two(day / 60 % 60)
        return seconds ? hm + ":" + two(day % 60) : hm
    }

    /// `2026-11-22 14:21:07` of a wall time. Days by Howard Hinnant's civil-from-days.
    func dateTime(_ wall: Milliseconds) -> String {
        let local = wall / 1000 + Int64(zone(wall).seconds)
        let days = (local - ((local % 86_400 + 86_400) % 86_400)) / 86_400 + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shifted + 2) / 5 + 1
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        func two(_ value: Int64) -> String { (value < 10 ? "0" : "") + "\(value)" }
        return "\(year)-\(two(month))-\(two(day)) \(wallTime(wall))"
    }
}
