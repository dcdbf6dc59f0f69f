import LinearRegex
import TocsinModel

/// The functions a template may call, one row each.
enum TemplateFunctions {
    struct Misuse: Error {
        let reason: String
    }

    typealias Body = @Sendable ([TemplateValue]) throws(Misuse) -> TemplateValue

    static let all: [String: Body] = [
        "humanize": number { Format.humanize($0, base: 1000) },
        "humanize1024": number { Format.humanize($0, base: 1024) },
        "humanizeDuration": number { Format.humanizeDuration($0) },
        "humanizePercentage": number { Format.significant($0 * 100, digits: 4) + "%" },
        "humanizeTimestamp": number { Format.timestamp($0) },
        "printf": { (arguments) throws(Misuse) in
            guard case .string(let format)? = arguments.first else { throw Misuse(reason: "expected a format") }
            return .string(Printf.format(format, Array(arguments.dropFirst())))
        },
        "print": { (arguments) throws(Misuse) in .string(arguments.map(\.text).joined()) },
        "println": { (arguments) throws(Misuse) in .string(arguments.map(\.text).joined(separator: " ") + "\n") },
        "title": text {
            $0.split(separator: " ", omittingEmptySubsequences: false).map(capitalised).joined(separator: " ")
        },
        "toUpper": text { $0.uppercased() },
        "toLower": text { $0.lowercased() },
        "safeHtml": text { $0 },
        "stripPort": text { text in
            guard let colon = text.lastIndex(of: ":"), text[text.index(after: colon)...].allSatisfy(\.isNumber) else {
                return text
            }
            return String(text[..<colon])
        },
        "stripDomain": text { text in
            let host = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let first = host[0].split(separator: ".", omittingEmptySubsequences: false).first ?? ""
            let isAddress = host[0].allSatisfy { $0.isNumber || $0 == "." }
            return isAddress ? text : first + (host.count > 1 ? ":" + host[1] : "")
        },
        "match": { (arguments) throws(Misuse) in
            let (pattern, text) = try two(arguments)
            return .bool(try regex(".*(?:" + pattern + ").*").matches(text))
        },
        "reReplaceAll": { (arguments) throws(Misuse) in
            guard arguments.count == 3 else { throw Misuse(reason: "expected pattern, replacement, text") }
            return .string(try replaceAll(arguments[0].text, arguments[1].text, arguments[2].text))
        },
        "len": { (arguments) throws(Misuse) in
            switch arguments.first {
            case .string(let text)?: return .integer(text.utf8.count)
            case .list(let list)?: return .integer(list.count)
            case .labels(let labels)?: return .integer(labels.pairs.count)
            default: throw Misuse(reason: "len of type without length")
            }
        },
        "index": { (arguments) throws(Misuse) in
            guard arguments.count == 2 else { throw Misuse(reason: "expected a collection and an index") }
            switch (arguments[0], arguments[1]) {
            case (.labels(let labels), .string(let name)): return .string(labels[name] ?? "")
            case (.list(let list), .integer(let at)) where list.indices.contains(at): return list[at]
            default: throw Misuse(reason: "index out of range or of the wrong type")
            }
        },
        "not": { (arguments) throws(Misuse) in .bool(!(arguments.first?.isTrue ?? false)) },
        "and": { (arguments) throws(Misuse) in arguments.first { !$0.isTrue } ?? arguments.last ?? .none },
        "or": { (arguments) throws(Misuse) in arguments.first { $0.isTrue } ?? arguments.last ?? .none },
        "eq": { (arguments) throws(Misuse) in
            guard let first = arguments.first else { throw Misuse(reason: "missing argument for comparison") }
            return .bool(arguments.dropFirst().contains { order(first, $0) == 0 })
        },
        "ne": compare { $0 != 0 },
        "lt": compare { $0 == -1 },
        "le": compare { $0 == -1 || $0 == 0 },
        "gt": compare { $0 == 1 },
        "ge": compare { $0 == 1 || $0 == 0 },
    ]

    private static func number(_ body: @escaping @Sendable (Double) -> String) -> Body {
        { (arguments) throws(Misuse) in
            guard arguments.count == 1, let value = asNumber(arguments[0]) else {
                throw Misuse(reason: "can't convert \(arguments.first?.text ?? "nothing") to float")
            }
            return .string(body(value))
        }
    }

    private static func text(_ body: @escaping @Sendable (String) -> String) -> Body {
        { (arguments) throws(Misuse) in
            guard arguments.count == 1 else { throw Misuse(reason: "expected one argument") }
            return .string(body(arguments[0].text))
        }
    }

    private static func compare(_ holds: @escaping @Sendable (Int?) -> Bool) -> Body {
        { (arguments) throws(Misuse) in
            guard arguments.count == 2 else { throw Misuse(reason: "expected two arguments") }
            return .bool(holds(order(arguments[0], arguments[1])))
        }
    }

    /// -1, 0 or 1; nil for values that have no order.
    private static func order(_ a: TemplateValue, _ b: TemplateValue) -> Int? {
        if let x = asNumber(a), let y = asNumber(b), !x.isNaN, !y.isNaN { return x < y ? -1 : x > y ? 1 : 0 }
        return a.text < b.text ? -1 : a.text > b.text ? 1 : 0
    }

    private static func asNumber(_ value: TemplateValue) -> Double? {
        switch value {
        case .integer(let value): Double(value)
        case .number(let value): value
        case .string(let text): Double(text)
        default: nil
        }
    }

    private static func two(_ arguments: [TemplateValue]) throws(Misuse) -> (String, String) {
        guard arguments.count == 2 else { throw Misuse(reason: "expected two arguments") }
        return (arguments[0].text, arguments[1].text)
    }

    private static func regex(_ pattern: String) throws(Misuse) -> LinearRegex {
        do throws(LinearRegex.Malformed) { return try LinearRegex(pattern) } catch {
            throw Misuse(reason: error.reason)
        }
    }

    /// Replaces every match, leftmost first; the expression is tried at each place with the rest of the text behind it.
    private static func replaceAll(
        _ pattern: String, _ replacement: String, _ text: String
    ) throws(Misuse) -> String {
        let whole = try regex("(.*?)(" + pattern + ")(.*)")
        var out = ""
        var rest = text
        while let groups = whole.captures(rest) {
            let after = groups[groups.count - 1]
            let inner = Array(groups[2..<(groups.count - 1)])
            var made = replacement
            for (number, group) in inner.enumerated() {
                made = made.replacing("${\(number)}", with: group).replacing("$\(number)", with: group)
            }
            out += groups[1] + made
            if inner[0].isEmpty {
                guard let next = after.first else { return out }
                out.append(next)
                rest = String(after.dropFirst())
            } else {
                rest = after
            }
        }
        return out + rest
    }

    private static func capitalised(_ word: Substring) -> String { word.prefix(1).uppercased() + word.dropFirst() }
}

extension String {
    fileprivate func replacing(_ needle: String, with other: String) -> String {
        var out = ""
        var rest = Substring(self)
        while let found = rest.firstRange(of: needle) {
            out += rest[..<found.lowerBound] + other
            rest = rest[found.upperBound...]
        }
        return out + rest
    }
}
