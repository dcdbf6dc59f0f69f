/// A piece of PromQL text.
struct Token: Equatable {
    enum Kind: Equatable {
        case identifier(String)
        case number(Double)
        /// A duration such as `1h30m`, in milliseconds.
        case duration(Int64)
        case string(String)
        /// An operator or a punctuation mark.
        case symbol(String)
        case end
    }

    let kind: Kind
    /// Offset of the first byte in the text.
    let start: Int
    let length: Int
}

/// Why a text is not PromQL, with the place.
public struct PromQLError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Counted from 1.
    public let line: Int
    /// Counted from 1, in characters.
    public let column: Int
    public let message: String

    /// As Prometheus puts it: `1:5: parse error: …`.
    public var description: String { "\(line):\(column): parse error: \(message)" }

    init(_ message: String, at offset: Int, in text: [UInt8]) {
        var line = 1
        var column = 1
        for byte in text.prefix(offset) {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        self.line = line
        self.column = column
        self.message = message
    }
}

/// Splits PromQL text into tokens. Comments (`# …`) and white space separate and vanish.
struct Lexer {
    let text: [UInt8]
    private var at = 0
    /// Open square brackets: between them a colon separates range and step, elsewhere it belongs to names.
    private var brackets = 0
    /// Open braces: between them `=~` and `!~` are operators, elsewhere they are nothing.
    private var braces = 0

    init(_ text: String) { self.text = Array(text.utf8) }

    /// All tokens, the end included.
    static func tokens(_ text: String) throws(PromQLError) -> [Token] {
        var lexer = Lexer(text)
        var out: [Token] = []
        repeat { out.append(try lexer.next()) } while out.last!.kind != .end
        return out
    }

    private func peek(_ ahead: Int = 0) -> UInt8 { at + ahead < text.count ? text[at + ahead] : 0 }

    private mutating func skipBlank() {
        while at < text.count {
            switch text[at] {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): at += 1
            case UInt8(ascii: "#"): while at < text.count, text[at] != UInt8(ascii: "\n") { at += 1 }
            default: return
            }
        }
    }

    private mutating func next() throws(PromQLError) -> Token {
        skipBlank()
        let start = at
        guard at < text.count else { return Token(kind: .end, start: start, length: 0) }
        let kind = try kind(from: start)
        return Token(kind: kind, start: start, length: at - start)
    }

    private mutating func kind(from start: Int) throws(PromQLError) -> Token.Kind {
        let byte = text[at]
        if braces > 0, !(Self.isNameStart(byte) || "{},=!\"'`~".utf8.contains(byte) || byte >= 0x80) {
            throw PromQLError(
                "unexpected character inside braces: '\(UnicodeScalar(byte))'", at: start, in: text)
        }
        if byte == UInt8(ascii: "="), peek(1) == UInt8(ascii: "~"), braces == 0 { throw strayCharacter(start) }
        if byte == UInt8(ascii: "!"), peek(1) == UInt8(ascii: "~"), braces == 0 { throw strayCharacter(start) }
        if Self.isDigit(byte) || (byte == UInt8(ascii: ".") && Self.isDigit(peek(1))) { return try number() }
        if byte == UInt8(ascii: ":"), brackets > 0 {
            at += 1
            return .symbol(":")
        }
        if Self.isNameStart(byte) || byte == UInt8(ascii: ":") {
            while Self.isNameStart(peek()) || Self.isDigit(peek()) || (peek() == UInt8(ascii: ":") && brackets == 0) {
                at += 1
            }
            return .identifier(String(decoding: text[start..<at], as: UTF8.self))
        }
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") || byte == UInt8(ascii: "`") {
            return .string(try string())
        }
        for symbol in ["==", "!=", "<=", ">=", "=~", "!~"] where text[at...].starts(with: symbol.utf8) {
            at += 2
            return .symbol(symbol)
        }
        if "+-*/%^()[]{},<>=@".utf8.contains(byte) {
            at += 1
            if byte == UInt8(ascii: "[") { brackets += 1 }
            if byte == UInt8(ascii: "]") { brackets = max(0, brackets - 1) }
            if byte == UInt8(ascii: "{") { braces += 1 }
            if byte == UInt8(ascii: "}") { braces = max(0, braces - 1) }
            return .symbol(String(UnicodeScalar(byte)))
        }
        throw strayCharacter(start)
    }

    private func strayCharacter(_ start: Int) -> PromQLError {
        // A character has at most four bytes.
        func character(at place: Int) -> String {
            let bytes = text[min(place, text.count)..<min(place + 4, text.count)]
            return String(decoding: bytes, as: UTF8.self).unicodeScalars.first.map { "'\($0)'" } ?? "end of input"
        }
        if text[start] == UInt8(ascii: "!") || text[start] == UInt8(ascii: "=") {
            let first = UnicodeScalar(text[start])
            return PromQLError(
                "unexpected character after '\(first)': \(character(at: start + 1))", at: start, in: text)
        }
        return PromQLError("unexpected character: \(character(at: start))", at: start, in: text)
    }

    private mutating func number() throws(PromQLError) -> Token.Kind {
        let start = at
        if peek() == UInt8(ascii: "0"), peek(1) | 0x20 == UInt8(ascii: "x") {
            at += 2
            while Self.isHex(peek()) || peek() == UInt8(ascii: "_") { at += 1 }
            let digits = String(decoding: text[(start + 2)..<at].filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
            guard let value = UInt64(digits, radix: 16) else { throw badNumber(start) }
            return .number(Double(value))
        }
        while Self.isDigit(peek()) || peek() == UInt8(ascii: "_") { at += 1 }
        if DurationText.unit(text, at) != nil { return try duration(from: start) }
        if peek() == UInt8(ascii: ".") {
            at += 1
            while Self.isDigit(peek()) { at += 1 }
        }
        if peek() | 0x20 == UInt8(ascii: "e") {
            let sign = peek(1) == UInt8(ascii: "+") || peek(1) == UInt8(ascii: "-") ? 1 : 0
            if Self.isDigit(peek(1 + sign)) {
                at += 1 + sign
                while Self.isDigit(peek()) { at += 1 }
            }
        }
        let word = String(decoding: text[start..<at], as: UTF8.self)
        // A low line may stand between two digits and nowhere else.
        if Self.hasStrayLowLine(text[start..<at]) { throw badNumber(start) }
        let digits = word.filter { $0 != "_" }
        if Self.isNameStart(peek()) { throw badNumber(start) }
        guard let value = Self.octal(digits) ?? Double(digits) else { throw badNumber(start) }
        if value.isInfinite {
            throw PromQLError(
                "error parsing number: strconv.ParseFloat: parsing \"\(digits.prefix(40))\": value out of range",
                at: start, in: text)
        }
        return .number(value)
    }

    private static func hasStrayLowLine(_ word: ArraySlice<UInt8>) -> Bool {
        for at in word.indices where word[at] == UInt8(ascii: "_") {
            let (before, after) = (at - 1, at + 1)
            if before < word.startIndex || after >= word.endIndex { return true }
            if !isDigit(word[before]) || !isDigit(word[after]) { return true }
        }
        return false
    }

    /// Whole numbers with a leading zero are octal where their digits allow it, as in Go.
    private static func octal(_ digits: String) -> Double? {
        guard digits.count > 1, digits.hasPrefix("0") else { return nil }
        return Int64(digits, radix: 8).map { Double($0) }
    }

    private mutating func duration(from start: Int) throws(PromQLError) -> Token.Kind {
        while Self.isDigit(peek()) || Self.isNameStart(peek()) { at += 1 }
        let word = String(decoding: text[start..<at], as: UTF8.self)
        guard let milliseconds = DurationText.parse(word) else {
            throw PromQLError("bad number or duration syntax: \"\(word)\"", at: start, in: text)
        }
        return .duration(milliseconds)
    }

    private mutating func badNumber(_ start: Int) -> PromQLError {
        while Self.isNameStart(peek()) || Self.isDigit(peek()) || peek() == UInt8(ascii: ".") { at += 1 }
        let word = String(decoding: text[start..<at], as: UTF8.self)
        return PromQLError("bad number or duration syntax: \"\(word)\"", at: start, in: text)
    }

    private mutating func string() throws(PromQLError) -> String {
        let start = at
        let quote = text[at]
        at += 1
        var out: [UInt8] = []
        while true {
            guard at < text.count, !(text[at] == UInt8(ascii: "\n") && quote != UInt8(ascii: "`")) else {
                throw PromQLError(
                    quote == UInt8(ascii: "`") ? "unterminated raw string" : "unterminated quoted string", at: start,
                    in: text)
            }
            let byte = text[at]
            at += 1
            if byte == quote { return String(decoding: out, as: UTF8.self) }
            if byte == UInt8(ascii: "\\"), quote != UInt8(ascii: "`") {
                try escape(into: &out, from: start, quote)
            } else {
                out.append(byte)
            }
        }
    }

    private mutating func escape(into out: inout [UInt8], from start: Int, _ quote: UInt8) throws(PromQLError) {
        let letterAt = at
        let simple: [UInt8: UInt8] = [
            UInt8(ascii: "a"): 7, UInt8(ascii: "b"): 8, UInt8(ascii: "f"): 12, UInt8(ascii: "n"): 10,
            UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9, UInt8(ascii: "v"): 11, UInt8(ascii: "\\"): 0x5C,
        ]
        let letter = peek()
        // Of the two quotes, the one that would end the string.
        if letter == quote {
            at += 1
            out.append(quote)
            return
        }
        if let byte = simple[letter] {
            at += 1
            out.append(byte)
            return
        }
        let shapes: [UInt8: (digits: Int, radix: Int)] = [
            UInt8(ascii: "x"): (2, 16), UInt8(ascii: "u"): (4, 16), UInt8(ascii: "U"): (8, 16),
        ]
        let shape = shapes[letter] ?? (Self.isDigit(letter) ? (3, 8) : (0, 0))
        if shapes[letter] != nil { at += 1 }
        let digits = String(decoding: text[at..<min(at + shape.0, text.count)], as: UTF8.self)
        guard shape.0 > 0, digits.utf8.count == shape.0, let code = UInt32(digits, radix: shape.1) else {
            throw unknownEscape(letterAt, start)
        }
        at += shape.0
        if shape.0 <= 3 {
            guard code <= 255 else { throw PromQLError("escape sequence out of range", at: start, in: text) }
            out.append(UInt8(code))
        } else {
            guard let scalar = UnicodeScalar(code) else {
                throw PromQLError("escape sequence is an invalid Unicode code point", at: start, in: text)
            }
            out.append(contentsOf: String(Character(scalar)).utf8)
        }
    }

    private func unknownEscape(_ letterAt: Int, _ start: Int) -> PromQLError {
        let rest = String(decoding: text[min(letterAt, text.count)..<min(letterAt + 4, text.count)], as: UTF8.self)
        guard let letter = rest.unicodeScalars.first else {
            return PromQLError("unterminated quoted string", at: start, in: text)
        }
        let code = String(letter.value, radix: 16, uppercase: true)
        let padded = String(repeating: "0", count: max(0, 4 - code.count)) + code
        return PromQLError("unknown escape sequence U+\(padded) '\(letter)'", at: start, in: text)
    }

    static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    static func isHex(_ byte: UInt8) -> Bool { isDigit(byte) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x66) }
    static func isNameStart(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A)
    }
}
