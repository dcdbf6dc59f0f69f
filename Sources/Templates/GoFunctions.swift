import TocsinModel

/// The functions that Go's templates bring themselves.
extension TemplateFunctions {
    static let goFunctions: [String: Body] = [
        "printf": { (arguments, _) throws(Misuse) in
            guard case .string(let format)? = arguments.first else {
                throw Misuse(reason: "wrong type for value; expected string")
            }
            return .string(Printf.format(format, Array(arguments.dropFirst())))
        },
        "print": { (arguments, _) throws(Misuse) in .string(Printf.spaced(arguments)) },
        "println": { (arguments, _) throws(Misuse) in
            .string(arguments.map(\.text).joined(separator: " ") + "\n")
        },
        "len": { (arguments, _) throws(Misuse) in
            switch arguments.first {
            case .string(let text)?: return .integer(text.utf8.count)
            case .list(let list)?: return .integer(list.count)
            case .labels(let labels)?: return .integer(labels.pairs.count)
            case .named(let all)?: return .integer(all.count)
            default: throw Misuse(reason: "len of type \(arguments.first?.typeName ?? "<nil>")")
            }
        },
        "index": { (arguments, _) throws(Misuse) in
            guard var value = arguments.first else { throw Misuse(reason: "index of untyped nil") }
            for place in arguments.dropFirst() { value = try item(value, place) }
            return value
        },
        "slice": { (arguments, _) throws(Misuse) in try slice(arguments) },
        "html": escaping(["&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&#34;", "'": "&#39;", "\u{0}": "\u{FFFD}"]),
        "js": escaping([
            "\\": "\\\\", "'": "\\'", "\"": "\\\"", "<": "\\u003C", ">": "\\u003E", "&": "\\u0026", "=": "\\u003D",
            "\n": "\\u000A", "\r": "\\u000D",
        ]),
        "urlquery": { (arguments, _) throws(Misuse) in .string(escape(Printf.spaced(arguments))) },
        "not": { (arguments, _) throws(Misuse) in .bool(!(arguments.first?.isTrue ?? false)) },
        "and": { (arguments, _) throws(Misuse) in arguments.first { !$0.isTrue } ?? arguments.last ?? .none },
        "or": { (arguments, _) throws(Misuse) in arguments.first { $0.isTrue } ?? arguments.last ?? .none },
        "eq": { (arguments, _) throws(Misuse) in
            guard let first = arguments.first, arguments.count > 1 else {
                throw Misuse(reason: "missing argument for comparison")
            }
            for other in arguments.dropFirst() where try isEqual(first, other) { return .bool(true) }
            return .bool(false)
        },
        "ne": { (arguments, _) throws(Misuse) in
            let (a, b) = try two(arguments)
            return .bool(!(try isEqual(a, b)))
        },
        "lt": compare { $0 < 0 },
        "le": compare { $0 <= 0 },
        "gt": compare { $0 > 0 },
        "ge": compare { $0 >= 0 },
    ]

    private static func item(_ value: TemplateValue, _ place: TemplateValue) throws(Misuse) -> TemplateValue {
        switch (value, place) {
        case (.labels(let labels), .string(let name)): return .string(labels[name] ?? "")
        case (.named(let all), .string(let name)): return all[name] ?? .none
        case (.list(let list), .integer(let at)):
            guard list.indices.contains(at) else { throw Misuse(reason: "index out of range: \(at)") }
            return list[at]
        default: throw Misuse(reason: "can't index item of type \(value.typeName)")
        }
    }

    private static func slice(_ arguments: [TemplateValue]) throws(Misuse) -> TemplateValue {
        guard let value = arguments.first else { throw Misuse(reason: "slice of untyped nil") }
        var bounds: [Int] = []
        for argument in arguments.dropFirst() {
            guard case .integer(let bound) = argument else {
                throw Misuse(reason: "cannot index slice/array with type \(argument.typeName)")
            }
            bounds.append(bound)
        }
        let count: Int
        switch value {
        case .string(let text): count = text.utf8.count
        case .list(let list): count = list.count
        default: throw Misuse(reason: "can't slice item of type \(value.typeName)")
        }
        let low = bounds.first ?? 0
        let high = bounds.count > 1 ? bounds[1] : count
        guard low >= 0, low <= high, high <= count else { throw Misuse(reason: "index out of range: \(high)") }
        if case .list(let list) = value { return .list(Array(list[low..<high])) }
        return .string(String(decoding: Array(value.text.utf8)[low..<high], as: UTF8.self))
    }

    private static func escaping(_ replacements: [Character: String]) -> Body {
        { (arguments, _) throws(Misuse) in
            .string(Printf.spaced(arguments).map { replacements[$0] ?? String($0) }.joined())
        }
    }

    private static func two(_ arguments: [TemplateValue]) throws(Misuse) -> (TemplateValue, TemplateValue) {
        guard arguments.count == 2 else {
            throw Misuse(reason: "wrong number of args: want 2 got \(arguments.count)")
        }
        return (arguments[0], arguments[1])
    }

    /// Go compares only values of one kind: a number with a number, never a whole number with a fraction.
    private static func isEqual(_ a: TemplateValue, _ b: TemplateValue) throws(Misuse) -> Bool {
        switch (a, b) {
        case (.bool, .bool), (.integer, .integer), (.number, .number), (.string, .string): return a == b
        case (.none, .none): return true
        default: throw Misuse(reason: "incompatible types for comparison")
        }
    }

    private static func compare(_ holds: @escaping @Sendable (Int) -> Bool) -> Body {
        { (arguments, _) throws(Misuse) in
            let (a, b) = try two(arguments)
            switch (a, b) {
            case (.integer(let x), .integer(let y)): return .bool(holds(x < y ? -1 : x > y ? 1 : 0))
            case (.number(let x), .number(let y)):
                if x.isNaN || y.isNaN { return .bool(false) }
                return .bool(holds(x < y ? -1 : x > y ? 1 : 0))
            case (.string(let x), .string(let y)): return .bool(holds(x < y ? -1 : x > y ? 1 : 0))
            default: throw Misuse(reason: "incompatible types for comparison")
            }
        }
    }
}

extension Printf {
    /// Go's `fmt.Sprint`: a blank between two operands when neither is a text.
    static func spaced(_ values: [TemplateValue]) -> String {
        var out = ""
        for (number, value) in values.enumerated() {
            if number > 0, case .string = value {
                out += value.text
                continue
            }
            if number > 0, !values[number - 1].isText { out += " " }
            out += value.text
        }
        return out
    }
}

extension TemplateValue {
    fileprivate var isText: Bool {
        if case .string = self { return true }
        return false
    }
}
