/// Matchers as people type them: `alertname=DiskFull`, `mountpoint=~"/srv.*"`, `team!=db`, one a word.
///
/// Names and operators are Prometheus'; quotes are needed only around blanks, as in Alertmanager's `amtool`.
public enum MatcherSyntax {
    /// What is wrong with a text, in a sentence.
    public struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
        public let description: String
    }

    /// Reads one matcher that is the whole text; a name alone means the alert of this name.
    public static func matcher(_ text: String) throws(Fault) -> LabelMatcher {
        guard let (name, operation, value) = split(text) else {
            if LabelSyntax.isLabelName(text) { return LabelMatcher("alertname", .equal, text) }
            throw Fault(description: "\"\(text)\" is no matcher; write NAME=VALUE, !=, =~ or !~")
        }
        guard LabelSyntax.isLabelName(name) else {
            throw Fault(description: "\"\(name)\" is no name of a label")
        }
        guard value.hasPrefix("\"") else { return LabelMatcher(name, operation, value) }
        guard value.count > 1, value.hasSuffix("\"") else {
            throw Fault(description: "a quote of \(text) is not closed")
        }
        return LabelMatcher(name, operation, unescaped(value.dropFirst().dropLast()))
    }

    /// Reads the matchers at the beginning of a text and returns them with what follows.
    public static func leading(_ text: String) throws(Fault) -> (matchers: [LabelMatcher], rest: String) {
        var rest = Substring(text)
        var matchers: [LabelMatcher] = []
        while true {
            while rest.first == " " || rest.first == "," { rest.removeFirst() }
            let word = word(rest)
            guard split(String(word)) != nil else { return (matchers, String(rest)) }
            matchers.append(try matcher(String(word)))
            rest = rest[word.endIndex...]
        }
    }

    /// The characters up to the first blank or comma outside of quotes.
    private static func word(_ text: Substring) -> Substring {
        var quoted = false
        var escaped = false
        for at in text.indices {
            let character = text[at]
            if !quoted, character == " " || character == "," { return text[..<at] }
            if character == "\"", !escaped { quoted.toggle() }
            escaped = quoted && character == "\\" && !escaped
        }
        return text
    }

    private static func split(_ text: String) -> (String, LabelMatcher.Operation, String)? {
        guard let at = text.firstIndex(where: { $0 == "=" || $0 == "!" }), at > text.startIndex else { return nil }
        let (name, rest) = (String(text[..<at]), text[at...])
        for operation in [LabelMatcher.Operation.matches, .notMatches, .notEqual, .equal]
        where rest.hasPrefix(operation.rawValue) {
            return (name, operation, String(rest.dropFirst(operation.rawValue.count)))
        }
        return nil
    }

    private static func unescaped(_ text: Substring) -> String {
        var out = ""
        var escaped = false
        for character in text {
            if escaped {
                out.append(character == "n" ? "\n" : character)
                escaped = false
            } else if character == "\\" {
                escaped = true
            } else {
                out.append(character)
            }
        }
        return out
    }
}
