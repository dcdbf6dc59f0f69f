import TocsinModel

/// The functions that Go's templates bring themselves.
extension TemplateFunctions {
    static let goFunctions: [String: TemplateFunction] = [
        "printf": TemplateFunction([.string, .any], variadic: true) { (arguments, _) throws(Misuse) in
            .string(Printf.format(arguments[0].text, Array(arguments.dropFirst())))
        },
        "print": TemplateFunction([.any], variadic: true) { (arguments, _) throws(Misuse) in
            .string(Printf.spaced(arguments))
        },
        "println": TemplateFunction([.any], variadic: true) { (arguments, _) throws(Misuse) in
            .string(Printf.line(arguments))
        },
        "len": TemplateFunction([.any]) { (arguments, _) throws(Misuse) in
            switch arguments[0] {
            case .string(let text): return .integer(text.utf8.count)
            case .list(let list): return .integer(list.count)
            case .labels(let labels): return .integer(labels.pairs.count)
            case .named(let all): return .integer(all.count)
            case .none: throw Misuse(reason: "len of nil pointer")
            default: throw Misuse(reason: "len of type \(arguments[0].typeName)")
            }
        },
        "index": TemplateFunction([.any, .any], variadic: true) { (arguments, _) throws(Misuse) in
            var value = arguments[0]
            if value == .none { throw Misuse(reason: "index of untyped nil") }
            for place in arguments.dropFirst() { value = try item(value, place) }
            return value
        },
        "slice": TemplateFunction([.any, .any], variadic: true) { (arguments, _) throws(Misuse) in
            try slice(arguments)
        },
        "call": TemplateFunction([.any, .any], variadic: true) { (arguments, _) throws(Misuse) in
            throw Misuse(
                reason: arguments[0] == .none ? "call of nil" : "non-function of type \(arguments[0].typeName)")
        },
        "html": escaping(["&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&#34;", "'": "&#39;", "\u{0}": "\u{FFFD}"]),
        "js": escaping([
            "\\": "\\\\", "'": "\\'", "\"": "\\\"", "<": "\\u003C", ">": "\\u003E", "&": "\\u0026", "=": "\\u003D",
            "\u{2028}": "\\u2028", "\u{2029}": "\\u2029", "\n": "\\u000A", "\r": "\\u000D", "\t": "\\u0009",
        ]),
        "urlquery": TemplateFunction([.any], variadic: true) { (arguments, _) throws(Misuse) in
            .string(escape(Printf.spaced(arguments)))
        },
        "not": TemplateFunction([.any]) { (arguments, _) throws(Misuse) in .bool(!arguments[0].isTrue) },
        // The renderer takes these itself: they look no further than they must.
        "and": TemplateFunction([.any, .any], variadic: true) { (arguments, _) throws(Misuse) in arguments[0] },
        "or": TemplateFunction([.any, .any], variadic: true) { (arguments, _) throws(Misuse) in arguments[0] },
    ]

    private static func item(_ value: TemplateValue, _ place: TemplateValue) throws(Misuse) -> TemplateValue {
        switch value {
        case .labels(let labels): return .string(labels[try key(place)] ?? "")
        case .named(let all): return all[try key(place)] ?? .none
        case .list(let list): return list[try bound(place, below: list.count)]
        case .string(let text): return .integer(Int(Array(text.utf8)[try bound(place, below: text.utf8.count)]))
        case .none: throw Misuse(reason: "index of nil pointer")
        default: throw Misuse(reason: "can't index item of type \(value.typeName)")
        }
    }

    private static func key(_ place: TemplateValue) throws(Misuse) -> String {
        if case .string(let name) = place { return name }
        if place == .none { throw Misuse(reason: "value is nil; should be of type string") }
        throw Misuse(reason: "value has type \(place.typeName); should be string")
    }

    private static func bound(_ place: TemplateValue, below end: Int) throws(Misuse) -> Int {
        if place == .none { throw Misuse(reason: "cannot index slice/array with nil") }
        guard case .integer(let at) = place else {
            throw Misuse(reason: "cannot index slice/array with type \(place.typeName)")
        }
        guard (0..<end).contains(at) else { throw Misuse(reason: "index out of range: \(at)") }
        return at
    }

    private static func slice(_ arguments: [TemplateValue]) throws(Misuse) -> TemplateValue {
        let value = arguments[0]
        if value == .none { throw Misuse(reason: "slice of untyped nil") }
        if arguments.count > 4 { throw Misuse(reason: "too many slice indexes: \(arguments.count - 1)") }
        let count: Int
        switch value {
        case .string(let text):
            if arguments.count == 4 { throw Misuse(reason: "cannot 3-index slice a string") }
            count = text.utf8.count
        case .list(let list): count = list.count
        default: throw Misuse(reason: "can't slice item of type \(value.typeName)")
        }
        var bounds: [Int] = []
        for argument in arguments.dropFirst() { bounds.append(try bound(argument, below: count + 1)) }
        let low = bounds.first ?? 0
        let high = bounds.count > 1 ? bounds[1] : count
        guard low <= high else { throw Misuse(reason: "invalid slice index: \(low) > \(high)") }
        if bounds.count > 2, high > bounds[2] { throw Misuse(reason: "invalid slice index: \(high) > \(bounds[2])") }
        if case .list(let list) = value { return .list(Array(list[low..<high])) }
        return .string(String(decoding: Array(value.text.utf8)[low..<high], as: UTF8.self))
    }

    private static func escaping(_ replacements: [UnicodeScalar: String]) -> TemplateFunction {
        TemplateFunction([.any], variadic: true) { (arguments, _) throws(Misuse) in
            .string(Printf.spaced(arguments).unicodeScalars.map { replacements[$0] ?? String($0) }.joined())
        }
    }
}
