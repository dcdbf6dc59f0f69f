import TocsinModel

/// A function a template may call, with what it takes.
struct TemplateFunction: Sendable {
    enum Parameter: Sendable {
        case any, string, elements, element

        var typeName: String {
            switch self {
            case .any: "interface {}"
            case .string: "string"
            case .elements: "template.queryResult"
            case .element: TemplateValue.elementType
            }
        }

        /// Why a value cannot be given for it, in Go's words; nil when it can.
        func refusal(of value: TemplateValue) -> String? {
            switch (self, value) {
            case (.any, _), (.string, .string): nil
            case (.string, .none): "invalid value; expected string"
            case (.elements, .list(let list)) where list.allSatisfy(\.isElement): nil
            case (.elements, .none), (.element, .none): nil
            case (.element, _) where value.isElement: nil
            default: "wrong type for value; expected \(typeName); got \(value.typeName)"
            }
        }
    }

    let parameters: [Parameter]
    /// The last parameter stands for any number of arguments, none included.
    let isVariadic: Bool
    let body: TemplateFunctions.Body

    init(_ parameters: [Parameter], variadic: Bool = false, _ body: @escaping TemplateFunctions.Body) {
        self.parameters = parameters
        isVariadic = variadic
        self.body = body
    }

    func parameter(_ number: Int) -> Parameter {
        number < parameters.count ? parameters[number] : parameters.last ?? .any
    }

    /// Why so many arguments cannot be given, in Go's words; nil when they can.
    func countFault(_ name: String, _ count: Int) -> String? {
        if isVariadic {
            let least = parameters.count - 1
            return count < least ? "wrong number of args for \(name): want at least \(least) got \(count)" : nil
        }
        return count == parameters.count
            ? nil : "wrong number of args for \(name): want \(parameters.count) got \(count)"
    }
}

/// The functions a template may call, one row each.
enum TemplateFunctions {
    struct Misuse: Error {
        let reason: String
    }

    typealias Body = @Sendable ([TemplateValue], Template.Data) throws(Misuse) -> TemplateValue

    /// Prometheus' own and Go's.
    static let all: [String: TemplateFunction] = [
        numberFunctions, textFunctions, queryFunctions, goFunctions, comparisons,
    ].reduce(into: [:]) { all, some in all.merge(some) { first, _ in first } }

    private static let numberFunctions: [String: TemplateFunction] = [
        "humanize": number { Format.humanize($0, base: 1000) },
        "humanize1024": number { Format.humanize($0, base: 1024) },
        "humanizeDuration": number { Format.humanizeDuration($0) },
        "humanizePercentage": number { Format.significant($0 * 100, digits: 4) + "%" },
        "humanizeTimestamp": TemplateFunction([.any]) { (arguments, _) throws(Misuse) in
            let value = try float(arguments[0])
            if !value.isFinite { return .string(Format.significant(value, digits: 4)) }
            return .string(TimeFields.string(try time(value)))
        },
        "toTime": TemplateFunction([.any]) { (arguments, _) throws(Misuse) in
            let value = try float(arguments[0])
            if !value.isFinite { throw Misuse(reason: "value is NaN or Inf") }
            return .time(try time(value))
        },
        "toDuration": TemplateFunction([.any]) { (arguments, _) throws(Misuse) in
            let value = try float(arguments[0])
            if !value.isFinite { throw Misuse(reason: "value is NaN or Inf") }
            return .duration(value)
        },
        "now": TemplateFunction([]) { (_, data) throws(Misuse) in .number(Double(data.time) / 1000) },
        "parseDuration": TemplateFunction([.string]) { (arguments, _) throws(Misuse) in
            guard let milliseconds = PrometheusDuration.parse(arguments[0].text) else {
                throw Misuse(reason: "not a valid duration string: \(GoQuote.double(arguments[0].text))")
            }
            return .number(Double(milliseconds) / 1000)
        },
    ]

    /// Seconds as a time, which Prometheus keeps in nanoseconds and shows in milliseconds.
    private static func time(_ seconds: Double) throws(Misuse) -> Milliseconds {
        let nanoseconds = seconds * 1e9
        guard nanoseconds <= 0x1p63, nanoseconds >= -0x1p63,
            let whole = Int64(exactly: nanoseconds.rounded(.towardZero))
        else {
            throw Misuse(
                reason: "\(GoNumber.format(seconds)) cannot be represented as a nanoseconds timestamp since it "
                    + "overflows int64")
        }
        return whole / 1_000_000
    }

    /// A function of one number.
    private static func number(_ body: @escaping @Sendable (Double) -> String) -> TemplateFunction {
        TemplateFunction([.any]) { (arguments, _) throws(Misuse) in .string(body(try float(arguments[0]))) }
    }

    /// An argument as a number; texts are read, as in Prometheus.
    static func float(_ argument: TemplateValue) throws(Misuse) -> Double {
        switch argument {
        case .integer(let value): return Double(value)
        case .number(let value): return value
        case .string(let text):
            guard let value = GoFloat.parse(text) else {
                throw Misuse(reason: "strconv.ParseFloat: parsing \(GoQuote.double(text)): invalid syntax")
            }
            return value
        default: throw Misuse(reason: "can't convert \(argument.typeName) to float")
        }
    }
}

/// Numbers as Go's `strconv.ParseFloat` reads them.
private enum GoFloat {
    static func parse(_ text: String) -> Double? {
        let words: [String: Double] = ["inf": .infinity, "infinity": .infinity, "nan": .nan]
        let isNegative = text.first == "-"
        let bare = text.first == "-" || text.first == "+" ? String(text.dropFirst()) : text
        if let special = words[bare.lowercased()] {
            return special.isNaN && bare.count != text.count ? nil : isNegative ? -special : special
        }
        guard let first = bare.utf8.first, (0x30...0x39).contains(first) || first == UInt8(ascii: ".") else {
            return nil
        }
        guard GoLiteral.underscoresAreFine(bare) else { return nil }
        // A hexadecimal number needs its exponent.
        if bare.lowercased().hasPrefix("0x"), !bare.lowercased().contains("p") { return nil }
        let digits = bare.filter { $0 != "_" }
        return Double(digits.hasPrefix(".") ? "0" + digits : digits.hasSuffix(".") ? digits + "0" : digits).map {
            isNegative ? -$0 : $0
        }
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
