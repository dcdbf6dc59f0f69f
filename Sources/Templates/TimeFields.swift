import Glibc
import TocsinModel

/// The methods of Go's `time.Time` that need no arguments, and `Format`. Times are UTC.
enum TimeFields {
    /// A moment taken apart.
    struct Parts {
        let year, month, day, hour, minute, second, weekday, yearDay: Int
        let milliseconds: Int

        init(_ time: Milliseconds) {
            let (quotient, remainder) = time.quotientAndRemainder(dividingBy: 1000)
            milliseconds = Int(remainder < 0 ? remainder + 1000 : remainder)
            var seconds = time_t(remainder < 0 ? quotient - 1 : quotient)
            var parts = tm()
            gmtime_r(&seconds, &parts)
            year = Int(parts.tm_year) + 1900
            month = Int(parts.tm_mon) + 1
            day = Int(parts.tm_mday)
            hour = Int(parts.tm_hour)
            minute = Int(parts.tm_min)
            second = Int(parts.tm_sec)
            weekday = Int(parts.tm_wday)
            yearDay = Int(parts.tm_yday) + 1
        }
    }

    static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
    static let days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]

    static func value(_ name: String, of time: Milliseconds) -> TemplateValue? {
        let parts = Parts(time)
        switch name {
        case "Year": return .integer(parts.year)
        case "Month": return .string(months[parts.month - 1])
        case "Day": return .integer(parts.day)
        case "Hour": return .integer(parts.hour)
        case "Minute": return .integer(parts.minute)
        case "Second": return .integer(parts.second)
        case "Nanosecond": return .integer(parts.milliseconds * 1_000_000)
        case "Weekday": return .string(days[parts.weekday])
        case "YearDay": return .integer(parts.yearDay)
        case "Unix": return .integer(Int((time - Milliseconds(parts.milliseconds)) / 1000))
        case "UnixMilli": return .integer(Int(time))
        case "UnixMicro": return .integer(Int(time) * 1000)
        case "UnixNano": return .integer(Int(time) &* 1_000_000)
        case "UTC", "Local": return .time(time)
        case "String": return .string(string(time))
        case "IsZero": return .bool(false)
        default: return nil
        }
    }

    private static func two(_ number: Int) -> String { (number < 10 ? "0" : "") + "\(number)" }

    private static func wide(_ number: Int, _ digits: Int) -> String {
        let text = "\(abs(number))"
        return (number < 0 ? "-" : "") + String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    /// `2006-01-02 15:04:05.999 +0000 UTC`
    static func string(_ time: Milliseconds) -> String {
        format(time, "2006-01-02 15:04:05.999999999 -0700 MST")
    }

    /// The pieces of a layout, the longer ones first, and what stands for them.
    private static let pieces: [(layout: String, value: @Sendable (Parts) -> String)] = [
        ("January", { months[$0.month - 1] }), ("Monday", { days[$0.weekday] }),
        ("Jan", { String(months[$0.month - 1].prefix(3)) }), ("Mon", { String(days[$0.weekday].prefix(3)) }),
        ("MST", { _ in "UTC" }), ("2006", { wide($0.year, 4) }), ("-07:00", { _ in "+00:00" }),
        ("-0700", { _ in "+0000" }), ("Z07:00", { _ in "Z" }), ("Z0700", { _ in "Z" }), ("-07", { _ in "+00" }),
        ("002", { wide($0.yearDay, 3) }), ("01", { two($0.month) }), ("02", { two($0.day) }),
        ("03", { two(twelve($0)) }),
        ("04", { two($0.minute) }), ("05", { two($0.second) }), ("06", { two($0.year % 100) }),
        ("15", { two($0.hour) }),
        ("_2", { ($0.day < 10 ? " " : "") + "\($0.day)" }), ("PM", { $0.hour >= 12 ? "PM" : "AM" }),
        ("pm", { $0.hour >= 12 ? "pm" : "am" }), ("1", { "\($0.month)" }), ("2", { "\($0.day)" }),
        ("3", { "\(twelve($0))" }), ("4", { "\($0.minute)" }), ("5", { "\($0.second)" }),
    ]

    private static func twelve(_ parts: Parts) -> Int { parts.hour % 12 == 0 ? 12 : parts.hour % 12 }

    /// The time in a layout of Go's.
    static func format(_ time: Milliseconds, _ layout: String) -> String {
        let parts = Parts(time)
        var rest = Substring(layout)
        var out = ""
        while let first = rest.first {
            if first == "." || first == ",", let (text, count) = fraction(rest, parts) {
                out += text
                rest = rest.dropFirst(count)
            } else if let piece = pieces.first(where: { rest.hasPrefix($0.layout) }) {
                out += piece.value(parts)
                rest = rest.dropFirst(piece.layout.count)
            } else {
                out.append(first)
                rest.removeFirst()
            }
        }
        return out
    }

    /// `.000` keeps its zeros, `.999` loses them and the dot with them.
    private static func fraction(_ rest: Substring, _ parts: Parts) -> (String, Int)? {
        for digit in ["0", "9"] as [Character] {
            let run = rest.dropFirst().prefix { $0 == digit }
            guard !run.isEmpty, rest.dropFirst(1 + run.count).first?.isNumber != true else { continue }
            let nanoseconds = wide(parts.milliseconds, 3) + "000000"
            var text = String(nanoseconds.prefix(run.count))
            if digit == "9" {
                while text.hasSuffix("0") { text.removeLast() }
                if text.isEmpty { return ("", 1 + run.count) }
            }
            return (String(rest.first!) + text, 1 + run.count)
        }
        return nil
    }
}

/// The methods of Go's `time.Duration` that need no arguments.
enum DurationFields {
    static func value(_ name: String, of seconds: Double) -> TemplateValue? {
        switch name {
        case "Hours": .number(seconds / 3600)
        case "Minutes": .number(seconds / 60)
        case "Seconds": .number(seconds)
        case "Milliseconds": .integer(whole(seconds * 1e3))
        case "Microseconds": .integer(whole(seconds * 1e6))
        case "Nanoseconds": .integer(whole(seconds * 1e9))
        case "String": .string(Format.goDuration(seconds))
        default: nil
        }
    }

    private static func whole(_ value: Double) -> Int { Int(exactly: value.rounded(.towardZero)) ?? .max }
}
