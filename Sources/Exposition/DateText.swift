/// Dates and times as records write them: ISO 8601 with `T` or a space, a fraction of a second and a zone or neither.
enum DateText {
    /// Seconds since 1970, UTC where no zone is named; nil for anything else.
    static func seconds(_ text: ArraySlice<UInt8>) -> Double? {
        var cursor = Cursor(text)
        guard let year = cursor.digits(4), cursor.skip("-"), let month = cursor.digits(2), cursor.skip("-"),
            let day = cursor.digits(2), (1...12).contains(month), (1...days(in: month, of: year)).contains(day)
        else { return nil }
        var seconds = Double(daysSince1970(year, month, day)) * 86_400
        if cursor.isAtEnd { return seconds }
        guard cursor.skip("T") || cursor.skip(" "), let hour = cursor.digits(2), cursor.skip(":"),
            let minute = cursor.digits(2), hour < 24, minute < 60
        else { return nil }
        seconds += Double(hour * 3_600 + minute * 60)
        if cursor.skip(":") {
            // A leap second is the next minute's first.
            guard let second = cursor.digits(2), second <= 60 else { return nil }
            seconds += Double(second)
            if cursor.skip(".") || cursor.skip(",") {
                guard let fraction = cursor.fraction() else { return nil }
                seconds += fraction
            }
        }
        return cursor.zone().flatMap { cursor.isAtEnd ? seconds - Double($0) : nil }
    }

    private struct Cursor {
        private var rest: ArraySlice<UInt8>

        init(_ text: ArraySlice<UInt8>) { rest = text }

        var isAtEnd: Bool { rest.isEmpty }

        mutating func skip(_ character: Unicode.Scalar) -> Bool {
            guard rest.first == UInt8(ascii: character) else { return false }
            rest = rest.dropFirst()
            return true
        }

        mutating func digits(_ count: Int) -> Int? {
            guard rest.count >= count else { return nil }
            var value = 0
            for byte in rest.prefix(count) {
                guard (0x30...0x39).contains(byte) else { return nil }
                value = value * 10 + Int(byte - 0x30)
            }
            rest = rest.dropFirst(count)
            return value
        }

        mutating func fraction() -> Double? {
            var (value, scale, count) = (0.0, 1.0, 0)
            while let digit = digits(1) {
                if count < 15 {
                    value = value * 10 + Double(digit)
                    scale *= 10
                }
                count += 1
            }
            return count > 0 ? value / scale : nil
        }

        /// Seconds east of Greenwich; 0 where nothing is said.
        mutating func zone() -> Int? {
            if isAtEnd || skip("Z") { return 0 }
            let isEast = skip("+")
            guard isEast || skip("-"), let hours = digits(2) else { return nil }
            _ = skip(":")
            guard let minutes = isAtEnd ? 0 : digits(2), hours < 24, minutes < 60 else { return nil }
            return (hours * 3_600 + minutes * 60) * (isEast ? 1 : -1)
        }
    }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970 of the Gregorian calendar, counted in years that begin with March.
    private static func daysSince1970(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
