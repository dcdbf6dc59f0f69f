import TocsinModel

/// The functions a template may call, one row each.
enum TemplateFunctions {
    struct Misuse: Error {
        let reason: String
    }

    typealias Body = @Sendable ([TemplateValue], Template.Data) throws(Misuse) -> TemplateValue

    /// Prometheus' own and Go's.
    static let all: [String: Body] = [numberFunctions, textFunctions, queryFunctions, goFunctions]
        .reduce(into: [:]) { all, some in all.merge(some) { first, _ in first } }

    private static let numberFunctions: [String: Body] = [
        "humanize": number { Format.humanize($0, base: 1000) },
        "humanize1024": number { Format.humanize($0, base: 1024) },
        "humanizeDuration": number { Format.humanizeDuration($0) },
        "humanizePercentage": number { Format.significant($0 * 100, digits: 4) + "%" },
        "humanizeTimestamp": number { Format.timestamp($0) },
        "toTime": { (arguments, _) throws(Misuse) in .time(try float(arguments)) },
        "toDuration": { (arguments, _) throws(Misuse) in .duration(try float(arguments)) },
        "now": { (_, data) throws(Misuse) in .number(Double(data.time) / 1000) },
        "parseDuration": { (arguments, _) throws(Misuse) in
            guard arguments.count == 1, let milliseconds = PrometheusDuration.parse(arguments[0].text) else {
                throw Misuse(reason: "not a valid duration string: \"\(arguments.first?.text ?? "")\"")
            }
            return .number(Double(milliseconds) / 1000)
        },
    ]

    /// A function of one number.
    private static func number(_ body: @escaping @Sendable (Double) -> String) -> Body {
        { (arguments, _) throws(Misuse) in .string(body(try float(arguments))) }
    }

    /// The only argument as a number; texts are read, as in Prometheus.
    static func float(_ arguments: [TemplateValue]) throws(Misuse) -> Double {
        guard arguments.count == 1 else {
            throw Misuse(reason: "wrong number of args: want 1 got \(arguments.count)")
        }
        switch arguments[0] {
        case .integer(let value): return Double(value)
        case .number(let value): return value
        case .string(let text):
            guard let value = Double(text) else {
                throw Misuse(reason: "strconv.ParseFloat: parsing \"\(text)\": invalid syntax")
            }
            return value
        default: throw Misuse(reason: "can't convert \(arguments[0].typeName) to float")
        }
    }

    static func texts(_ arguments: [TemplateValue], _ count: Int) throws(Misuse) -> [String] {
        guard arguments.count == count else {
            throw Misuse(reason: "wrong number of args: want \(count) got \(arguments.count)")
        }
        return arguments.map(\.text)
    }
}

/// Durations as `parseDuration` reads them.
private enum PrometheusDuration {
    private static let units: [(name: String, milliseconds: Double)] = [
        ("ms", 1), ("y", 31_536_000_000), ("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000),
        ("s", 1000),
    ]

    static func parse(_ text: String) -> Double? {
        if text == "0" { return 0 }
        var rest = Substring(text)
        var total = 0.0
        var last = Double.infinity
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            guard let amount = Double(digits), let unit = units.first(where: { rest.hasPrefix($0.name) }),
                unit.milliseconds < last
            else { return nil }
            total += amount * unit.milliseconds
            last = unit.milliseconds
            rest = rest.dropFirst(unit.name.count)
        }
        return text.isEmpty ? nil : total
    }
}
