import TocsinModel

/// Times as Prometheus' API has them: seconds since 1970, or RFC 3339.
public enum WireTime {
    /// Reads seconds with a fraction, or `2026-01-02T15:04:05.123Z`. Nil when it is neither.
    public static func parse(_ text: String) -> Milliseconds? {
        if let seconds = Double(text), seconds.isFinite, seconds.magnitude < 9.2e15 {
            return Milliseconds((seconds * 1000).rounded())
        }
        return rfc3339(text)
    }

    private static func rfc3339(_ text: String) -> Milliseconds? {
        let bytes = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int? {
            guard range.upperBound <= bytes.count, bytes[range].allSatisfy({ (0x30...0x39).contains($0) }) else {
                return nil
            }
            return bytes[range].reduce(0) { $0 * 10 + Int($1 - 0x30) }
        }
        guard bytes.count >= 20, bytes[4] == 0x2D, bytes[7] == 0x2D, bytes[10] | 0x20 == 0x74, bytes[13] == 0x3A,
            bytes[16] == 0x3A, let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19), hour < 24,
            minute < 60, second < 61, (1...12).contains(month), day >= 1, day <= days(in: month, of: year)
        else { return nil }
        var at = 19
        var milliseconds = 0.0
        if bytes[at] == UInt8(ascii: ".") {
            at += 1
            var unit = 100.0
            let begin = at
            while at < bytes.count, (0x30...0x39).contains(bytes[at]) {
                milliseconds += Double(bytes[at] - 0x30) * unit
                unit /= 10
                at += 1
            }
            if at == begin { return nil }
        }
        guard let offset = zone(Array(bytes[at...])) else { return nil }
        let seconds = daysSince1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset
        return Milliseconds(seconds) * 1000 + Milliseconds(milliseconds.rounded())
    }

    /// Seconds east of Greenwich.
    private static func zone(_ bytes: [UInt8]) -> Int? {
        if bytes.count == 1, bytes[0] | 0x20 == 0x7A { return 0 }
        let digits = bytes.map { Int($0) - 0x30 }
        guard bytes.count == 6, bytes[0] == UInt8(ascii: "+") || bytes[0] == UInt8(ascii: "-"), bytes[3] == 0x3A,
            [1, 2, 4, 5].allSatisfy({ (0...9).contains(digits[$0]) })
        else { return nil }
        let (hours, minutes) = (digits[1] * 10 + digits[2], digits[4] * 10 + digits[5])
        guard hours < 24, minutes < 60 else { return nil }
        return (bytes[0] == UInt8(ascii: "-") ? -1 : 1) * (hours * 3600 + minutes * 60)
    }

    private static func days(in month: Int, of year: Int) -> Int {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    }

    /// Howard Hinnant's `days_from_civil`, for the Gregorian calendar.
    private static func daysSince1970(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let y = month <= 2 ? year - 1 : year
        let era = (y >= 0 ? y : y - 399) / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// `2026-01-02T15:04:05.123Z`
    public static func text(_ time: Milliseconds) -> String {
        let (days, rest) = time.quotientAndRemainder(dividingBy: 86_400_000)
        let day = rest < 0 ? days - 1 : days
        let inDay = rest < 0 ? rest + 86_400_000 : rest
        let (year, month, date) = civil(Int(day))
        func two(_ number: Int64) -> String { (number < 10 ? "0" : "") + "\(number)" }
        let clock = "\(two(inDay / 3_600_000)):\(two(inDay / 60_000 % 60)):\(two(inDay / 1000 % 60))"
        let fraction = inDay % 1000 == 0 ? "" : "." + String("\(1000 + inDay % 1000)".dropFirst())
        let years = String(repeating: "0", count: max(0, 4 - "\(year)".count)) + "\(year)"
        return "\(years)-\(two(Int64(month)))-\(two(Int64(date)))T\(clock)\(fraction)Z"
    }

    private static func civil(_ days: Int) -> (Int, Int, Int) {
        let z = days + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let m = (5 * dayOfYear + 2) / 153
        let month = m + (m < 10 ? 3 : -9)
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * m + 2) / 5 + 1)
    }
}
