import TocsinModel

extension FunctionTable {
    static let timeFunctions: [Function] = [
        Function("time", [], returns: .scalar, dependsOnTime: true) { evaluator, _ in
            .scalars((0..<evaluator.steps.count).map { Double(evaluator.steps[$0]) / 1000 })
        },
        Function("timestamp", [.instantVector]) { evaluator, arguments in
            if case .selector(let selector) = arguments[0].unwrapped {
                return .frame(try evaluator.sampleTimes(selector).withoutNames())
            }
            let steps = evaluator.steps
            let frame = try evaluator.frame(arguments[0])
            return .frame(try frame.mapValues { Double(steps[$1]) / 1000 }.withoutNames())
        },
        date("year") { Double($0.year) },
        date("month") { Double($0.month) },
        date("day_of_month") { Double($0.day) },
        date("day_of_week") { Double($0.weekday) },
        date("day_of_year") { Double($0.dayOfYear) },
        date("days_in_month") { Double($0.daysInMonth) },
        date("hour") { Double($0.second / 3600) },
        date("minute") { Double($0.second / 60 % 60) },
    ]

    /// A part of the date in UTC, of the values given as seconds since the epoch, or of the evaluation's own time.
    private static func date(_ name: String, _ part: @escaping @Sendable (CivilTime) -> Double) -> Function {
        Function(name, [.instantVector], optional: 1, dependsOnTime: true) { evaluator, arguments in
            guard let argument = arguments.first else {
                let steps = evaluator.steps
                let values = (0..<steps.count).map { part(CivilTime(Double(steps[$0]) / 1000)) }
                return .frame(Frame(labels: [.none], values: values, steps: steps.count))
            }
            return .frame(
                try evaluator.frame(argument).mapValues { $0.isFinite ? part(CivilTime($0)) : .nan }.withoutNames())
        }
    }
}

/// A time of the proleptic Gregorian calendar in UTC.
private struct CivilTime {
    let year: Int
    let month: Int
    let day: Int
    /// Of the day.
    let second: Int
    /// 0 is Sunday.
    let weekday: Int
    let isLeap: Bool

    private static let daysBefore = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]
    private static let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

    /// From seconds since the epoch. The days are turned into a date as in H. Hinnant, "chrono-compatible low-level date
    /// algorithms", with eras of 400 years that begin in March.
    init(_ seconds: Double) {
        let whole = Int(max(-9.2e18, min(9.2e18, seconds)))
        var days = whole / 86_400
        if whole % 86_400 < 0 { days -= 1 }
        second = whole - days * 86_400
        weekday = ((days + 4) % 7 + 7) % 7
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        self.year = year
        isLeap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
    }

    var dayOfYear: Int { Self.daysBefore[month - 1] + day + (isLeap && month > 2 ? 1 : 0) }
    var daysInMonth: Int { month == 2 && isLeap ? 29 : Self.lengths[month - 1] }
}
