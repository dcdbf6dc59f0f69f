import TocsinModel

/// The notation in which unit tests of rules write series: `name{label="value"}` and values that expand.
///
/// `1+2x3` is 1 3 5 7, `5x2` is 5 5 5, `_` leaves a gap, `_x3` three of them, `stale` ends the series. The documented
/// behaviour of promtool's unit tests is the source.
public enum SeriesNotation {
    /// The most values one series may expand to.
    static let mostValues = 5_000_000

    /// The labels of a series, its name among them.
    ///
    /// - Parameter isInput: of a series to load, which must have a label and no blank before its brace.
    public static func labels(_ text: String, isInput: Bool = false) throws(PromQLError) -> Labels {
        let bytes = Array(text.utf8)
        var parser = Parser(tokens: try Lexer.tokens(text), text: bytes)
        let labels = try parser.metric()
        guard isInput else { return labels }
        if labels.isEmpty { throw PromQLError("empty labelset: invalid sample", at: 0, in: bytes) }
        if let brace = bytes.firstIndex(of: UInt8(ascii: "{")), brace > 0, isSpace(bytes[brace - 1]),
            bytes[..<brace].contains(where: { !isSpace($0) })
        {
            throw PromQLError("unexpected \"{\" in series values", at: brace, in: bytes)
        }
        let end = bytes.lastIndex(of: UInt8(ascii: "}")).map { $0 + 1 } ?? bytes.firstIndex(of: 0x23) ?? bytes.count
        if let remark = bytes[end...].firstIndex(of: UInt8(ascii: "#")) {
            throw PromQLError("unexpected character in series sequence: '#'", at: remark, in: bytes)
        }
        let name = String(decoding: bytes.prefix { $0 != UInt8(ascii: "{") && !isSpace($0) }, as: UTF8.self)
            .lowercased()
        if ["nan", "inf", "on", "bool", "ignoring", "group_left", "group_right", "atan2"].contains(name) {
            throw PromQLError("unexpected \"\(name)\" in series values", at: 0, in: bytes)
        }
        return labels
    }

    /// The values of a series in order; nil is a gap.
    public static func values(_ text: String) throws(PromQLError) -> [Double?] {
        let bytes = Array(text.utf8)
        var out: [Double?] = []
        var at = 0
        var brokenLine = false
        while at < bytes.count {
            if Self.isSpace(bytes[at]) {
                brokenLine = brokenLine || bytes[at] == 10
                at += 1
                continue
            }
            let start = at
            // Values stand on one line, as for promtool.
            if brokenLine, !out.isEmpty {
                throw PromQLError("unexpected line break in series values", at: start, in: bytes)
            }
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
        let step = rest.hasPrefix("+") || rest.hasPrefix("-") ? try number(&rest, word) : nil
        // To promtool `Infx3` is one word, and none it knows; it knows `Inf+1x3`.
        if !(step ?? first).isFinite { throw Malformed(reason: "unexpected \"\(word)\" in series values") }
        // The first value comes on top of the count.
        let count = try times(rest, word)
        var value = first
        for _ in 0...count {
            out.append(value)
            value += step ?? 0
        }
    }

    /// `x5`
    private static func times(_ text: Substring, _ word: String) throws(Malformed) -> Int {
        guard text.hasPrefix("x"), text.dropFirst().allSatisfy({ $0.isASCII && $0.isNumber }),
            let count = Int(text.dropFirst()), count >= 0, count <= mostValues
        else {
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
        guard let value = decimal(digits), value.isFinite else {
            throw Malformed(reason: "unexpected \"\(word)\" in series values")
        }
        rest = body.dropFirst(digits.count)
        return sign * value
    }

    /// A leading zero makes a whole number octal where it can be one, as everywhere in PromQL.
    private static func decimal(_ digits: Substring) -> Double? {
        if digits.count > 1, digits.first == "0", digits.allSatisfy({ ("0"..."7").contains($0) }) {
            return Int(digits, radix: 8).map(Double.init)
        }
        return Double(digits)
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
        var named: Set<String> = []
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
                    if named.contains(name) { throw error("label name \"\(name)\" is not unique") }
                    named.insert(name)
                    advance()
                    // A name in front of the braces stays, whatever they say.
                    if name != "__name__" || labels["__name__"] == nil { labels = labels.setting(name, value) }
                }
                if !take(",") { break }
            }
            try expect("}", in: "label set", wanted: "\",\" or \"}\"")
        }
        if current.kind != .end { throw unexpected() }
        return labels
    }
}
