import TocsinModel

/// The notation in which unit tests of rules write series: `name{label="value"}` and values that expand.
///
/// `1+2x3` is 1 3 5 7, `5x2` is 5 5 5, `_` leaves a gap, `_x3` three of them, `stale` ends the series. The documented
/// behaviour of promtool's unit tests is the source.
public enum SeriesNotation {
    /// The most values one series may expand to.
    static let mostValues = 5_000_000

    /// The labels of a series, its name among them.
    public static func labels(_ text: String) throws(PromQLError) -> Labels {
        var parser = Parser(tokens: try Lexer.tokens(text), text: Array(text.utf8))
        return try parser.metric()
    }

    /// The values of a series in order; nil is a gap.
    public static func values(_ text: String) throws(PromQLError) -> [Double?] {
        let bytes = Array(text.utf8)
        var out: [Double?] = []
        var at = 0
        while at < bytes.count {
            if Self.isSpace(bytes[at]) {
                at += 1
                continue
            }
            let start = at
            while at < bytes.count, !Self.isSpace(bytes[at]) { at += 1 }
            let word = String(decoding: bytes[start..<at], as: UTF8.self)
            do throws(Malformed) {
                try expand(word, into: &out)
            } catch {
                throw PromQLError(error.reason, at: start, in: bytes)
            }
            if out.count > mostValues {
                throw PromQLError("a series of more than \(mostValues) values", at: start, in: bytes)
            }
        }
        return out
    }

    private struct Malformed: Error {
        let reason: String
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (9...13).contains(byte) }

    private static func expand(_ word: String, into out: inout [Double?]) throws(Malformed) {
        if word.hasPrefix("{{") { throw Malformed(reason: "native histograms are not supported") }
        var rest = Substring(word)
        if rest.hasPrefix("_") {
            rest = rest.dropFirst()
            let count = rest.isEmpty ? 1 : try times(rest, word)
            out.append(contentsOf: repeatElement(nil, count: count))
            return
        }
        if word == "stale" {
            out.append(StaleMarker.value)
            return
        }
        let first = try number(&rest, word)
        if rest.isEmpty {
            out.append(first)
            return
        }
        let step = rest.hasPrefix("+") || rest.hasPrefix("-") ? try number(&rest, word) : 0
        // The first value comes on top of the count.
        let count = try times(rest, word)
        var value = first
        for _ in 0...count {
            out.append(value)
            value += step
        }
    }

    /// `x5`
    private static func times(_ text: Substring, _ word: String) throws(Malformed) -> Int {
        guard text.hasPrefix("x"), let count = Int(text.dropFirst()), count >= 0, count <= mostValues else {
            throw Malformed(reason: "unexpected \"\(word)\" in series values")
        }
        return count
    }

    private static func number(_ rest: inout Substring, _ word: String) throws(Malformed) -> Double {
        var sign = 1.0
        var body = rest
        if let first = body.first, first == "+" || first == "-" {
            if first == "-" { sign = -1 }
            body = body.dropFirst()
        }
        let lower = body.lowercased()
        for (name, value) in [("inf", Double.infinity), ("nan", Double.nan)] where lower.hasPrefix(name) {
            rest = body.dropFirst(name.count)
            return sign * value
        }
        let digits = mantissa(body)
        guard let value = Double(digits) else { throw Malformed(reason: "unexpected \"\(word)\" in series values") }
        rest = body.dropFirst(digits.count)
        return sign * value
    }

    /// The number that a text begins with: digits, a fraction, an exponent.
    private static func mantissa(_ text: Substring) -> Substring {
        var end = text.startIndex
        func digits() {
            while end < text.endIndex, text[end].isASCII, text[end].isNumber { end = text.index(after: end) }
        }
        digits()
        if end < text.endIndex, text[end] == "." {
            end = text.index(after: end)
            digits()
        }
        if end < text.endIndex, text[end] == "e" || text[end] == "E" {
            let before = end
            end = text.index(after: end)
            if end < text.endIndex, text[end] == "+" || text[end] == "-" { end = text.index(after: end) }
            let first = end
            digits()
            if end == first { end = before }
        }
        return text[..<end]
    }
}

extension Parser {
    /// A metric with its labels, as expected samples are written: equalities only.
    fileprivate mutating func metric() throws(PromQLError) -> Labels {
        var labels = Labels.none
        if case .identifier(let word) = current.kind {
            labels = labels.setting("__name__", word)
            advance()
        } else if !isSymbol("{") {
            throw unexpected()
        }
        if take("{") {
            while !isSymbol("}") {
                let name: String
                switch current.kind {
                case .identifier(let word) where !word.contains(":"): name = word
                case .string(let word): name = word
                default: throw unexpected(in: "label set", wanted: "identifier or \"}\"")
                }
                advance()
                if isSymbol(",") || isSymbol("}"), !labels.bytes.isEmpty || !name.isEmpty {
                    labels = labels.setting("__name__", name)
                } else {
                    guard take("=") else { throw unexpected(in: "label set", wanted: "\"=\"") }
                    guard case .string(let value) = current.kind else {
                        throw unexpected(in: "label set", wanted: "string")
                    }
                    advance()
                    labels = labels.setting(name, value)
                }
                if !take(",") { break }
            }
            try expect("}", in: "label set", wanted: "\",\" or \"}\"")
        }
        if current.kind != .end { throw unexpected() }
        return labels
    }
}
