import LinearRegex
import TocsinModel

/// Functions on texts and links.
extension TemplateFunctions {
    static let textFunctions: [String: TemplateFunction] = [
        "title": text { text in
            var out = ""
            var begins = true
            for character in text {
                out += begins ? character.uppercased() : String(character)
                begins = !(character.isLetter || character.isNumber || character == "_")
            }
            return out
        },
        "toUpper": text { $0.uppercased() },
        "toLower": text { $0.lowercased() },
        "safeHtml": text { $0 },
        "stripPort": text { text in split(text)?.host ?? text },
        "stripDomain": text { text in
            let parts = split(text)
            let host = parts?.host ?? text
            let isAddress = host.contains(":") || host.allSatisfy { $0.isNumber || $0 == "." }
            if isAddress { return text }
            let first = host.split(separator: ".", omittingEmptySubsequences: false).first.map(String.init) ?? ""
            return first + (parts.map { ":" + $0.port } ?? "")
        },
        "match": TemplateFunction([.string, .string]) { (arguments, _) throws(Misuse) in
            let pattern = arguments[0].text
            try check(pattern) { "error parsing regexp: \($0)" }
            return .bool(try regex(".*(?:" + pattern + ").*").matches(arguments[1].text))
        },
        "reReplaceAll": TemplateFunction([.string, .string, .string]) { (arguments, _) throws(Misuse) in
            let pattern = arguments[0].text
            let quoted = GoQuote.canBackquote(pattern) ? "`\(pattern)`" : GoQuote.double(pattern)
            try check(pattern) { "regexp: Compile(\(quoted)): error parsing regexp: \($0)" }
            return .string(try replaceAll(pattern, arguments[1].text, arguments[2].text))
        },
        "urlQueryEscape": text { escape($0) },
        "graphLink": text { "/graph?g0.expr=\(escape($0))&g0.tab=0" },
        "tableLink": text { "/graph?g0.expr=\(escape($0))&g0.tab=1" },
        "externalURL": TemplateFunction([]) { (_, data) throws(Misuse) in .string(data.externalURL) },
        "pathPrefix": TemplateFunction([]) { (_, data) throws(Misuse) in
            // What follows the host: scheme://host[/path].
            let parts = data.externalURL.split(separator: "/", omittingEmptySubsequences: false)
            let path = parts.count > 3 ? "/" + parts[3...].joined(separator: "/") : ""
            return .string(String(path.prefix { $0 != "?" && $0 != "#" }))
        },
    ]

    private static func text(_ body: @escaping @Sendable (String) -> String) -> TemplateFunction {
        TemplateFunction([.string]) { (arguments, _) throws(Misuse) in .string(body(arguments[0].text)) }
    }

    /// Reads an expression as the user wrote it, so that the fault does not speak of what is put around it.
    private static func check(_ pattern: String, _ words: (String) -> String) throws(Misuse) {
        do throws(LinearRegex.Malformed) { _ = try LinearRegex(pattern) } catch {
            // Go puts the part it speaks of between backquotes.
            let parts = error.reason.split(separator: ": ", maxSplits: 1)
            throw Misuse(reason: words(parts.count > 1 ? "\(parts[0]): `\(parts[1])`" : error.reason))
        }
    }

    /// Host and port, as Go's `net.SplitHostPort` divides them; nil when there is no port.
    private static func split(_ text: String) -> (host: String, port: String)? {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let port = String(text[text.index(after: colon)...])
        let host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { return (String(host.dropFirst().dropLast()), port) }
        return host.contains(":") || host.contains("[") ? nil : (String(host), port)
    }

    /// Go's `url.QueryEscape`.
    static func escape(_ text: String) -> String {
        var out = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "~"):
                out.unicodeScalars.append(UnicodeScalar(byte))
            case UInt8(ascii: " "): out += "+"
            default: out += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return out
    }

    private static func regex(_ pattern: String) throws(Misuse) -> LinearRegex {
        do throws(LinearRegex.Malformed) { return try LinearRegex(pattern) } catch {
            throw Misuse(reason: error.reason)
        }
    }

    /// Replaces every match, leftmost first; the expression is tried at each place with the rest of the text behind it.
    /// As in Go, an empty match right behind another one does not count.
    private static func replaceAll(
        _ pattern: String, _ replacement: String, _ text: String
    ) throws(Misuse) -> String {
        let whole = try regex("(.*?)(" + pattern + ")(.*)")
        var out = ""
        var rest = text
        var behindMatch = false
        while let groups = whole.captures(rest) {
            let after = groups[groups.count - 1]
            let inner = Array(groups[2..<(groups.count - 1)])
            let isEmpty = inner[0].isEmpty
            out += groups[1]
            if !(isEmpty && behindMatch && groups[1].isEmpty) {
                out += Expansion.expand(replacement, inner) { name in whole.group(named: name).map { $0 - 2 } }
            }
            behindMatch = !isEmpty
            if isEmpty {
                guard let next = after.unicodeScalars.first else { return out }
                out.unicodeScalars.append(next)
                rest = String(String.UnicodeScalarView(after.unicodeScalars.dropFirst()))
            } else {
                rest = after
            }
        }
        return out + rest
    }
}
