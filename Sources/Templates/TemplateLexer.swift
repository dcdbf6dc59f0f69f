/// A piece of a template action.
struct TemplateToken: Sendable {
    enum Kind: Sendable {
        case word, variable, dot, number, string, mark
    }

    let kind: Kind
    let text: String
    /// No space stands before it.
    let joined: Bool
}

/// Splits an action into tokens, up to its `}}`.
struct TemplateLexer {
    private let bytes: [UInt8]
    private(set) var at: Int
    /// The action ends in ` -}}`: the text after it loses its leading space.
    private(set) var trims = false

    init(_ bytes: [UInt8], _ at: Int) {
        self.bytes = bytes
        self.at = at
    }

    private func peek(_ ahead: Int = 0) -> UInt8 { at + ahead < bytes.count ? bytes[at + ahead] : 0 }

    mutating func tokens(from start: Int) throws(Template.Fault) -> [TemplateToken] {
        var out: [TemplateToken] = []
        while true {
            let before = at
            while at < bytes.count, bytes[at] == 0x20 || (9...13).contains(bytes[at]) { at += 1 }
            let joined = at == before
            guard at < bytes.count else { throw Template.Fault(message: "unclosed action", offset: start) }
            if bytes[at...].starts(with: "/*".utf8) {
                try skipComment(start)
                continue
            }
            if bytes[at...].starts(with: "-}}".utf8) {
                at += 3
                trims = true
                return out
            }
            if bytes[at...].starts(with: "}}".utf8) {
                at += 2
                return out
            }
            out.append(try token(joined, start))
        }
    }

    private mutating func skipComment(_ start: Int) throws(Template.Fault) {
        while at < bytes.count, !bytes[at...].starts(with: "*/".utf8) { at += 1 }
        if at >= bytes.count { throw Template.Fault(message: "unclosed comment", offset: start) }
        at += 2
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || byte >= 0x80
    }

    private mutating func word(dots: Bool) -> String {
        let begin = at
        while Self.isWord(peek()) || (dots && peek() == UInt8(ascii: ".")) { at += 1 }
        return String(decoding: bytes[begin..<at], as: UTF8.self)
    }

    private mutating func token(_ joined: Bool, _ start: Int) throws(Template.Fault) -> TemplateToken {
        let byte = bytes[at]
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "`"):
            return TemplateToken(kind: .string, text: try string(start), joined: joined)
        case UInt8(ascii: "$"):
            at += 1
            return TemplateToken(kind: .variable, text: word(dots: true), joined: joined)
        case UInt8(ascii: "."):
            return TemplateToken(kind: .dot, text: word(dots: true), joined: joined)
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"):
            let begin = at
            at += 1
            while Self.isWord(peek()) || peek() == UInt8(ascii: ".") { at += 1 }
            let text = String(decoding: bytes[begin..<at], as: UTF8.self)
            return TemplateToken(kind: .number, text: text, joined: joined)
        case UInt8(ascii: ":") where peek(1) == UInt8(ascii: "="):
            at += 2
            return TemplateToken(kind: .mark, text: ":=", joined: joined)
        case UInt8(ascii: "|"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: ","), UInt8(ascii: "="):
            at += 1
            return TemplateToken(kind: .mark, text: String(UnicodeScalar(byte)), joined: joined)
        default:
            guard Self.isWord(byte) else {
                throw Template.Fault(
                    message: "unexpected \"\(String(UnicodeScalar(byte)))\" in command", offset: start)
            }
            return TemplateToken(kind: .word, text: word(dots: false), joined: joined)
        }
    }

    private mutating func string(_ start: Int) throws(Template.Fault) -> String {
        let quote = bytes[at]
        at += 1
        let isRaw = quote == UInt8(ascii: "`")
        var out: [UInt8] = []
        while at < bytes.count, bytes[at] != quote, isRaw || bytes[at] != 10 {
            if bytes[at] == UInt8(ascii: "\\"), !isRaw {
                at += 1
                try escape(into: &out, start)
            } else {
                out.append(bytes[at])
                at += 1
            }
        }
        if at >= bytes.count || bytes[at] != quote {
            throw Template.Fault(message: "unterminated quoted string", offset: start)
        }
        at += 1
        return String(decoding: out, as: UTF8.self)
    }

    /// One escape of Go's interpreted strings, whose backslash has been read.
    private mutating func escape(into out: inout [UInt8], _ start: Int) throws(Template.Fault) {
        let simple: [UInt8: UInt8] = [
            UInt8(ascii: "n"): 10, UInt8(ascii: "t"): 9, UInt8(ascii: "r"): 13, UInt8(ascii: "a"): 7,
            UInt8(ascii: "b"): 8, UInt8(ascii: "f"): 12, UInt8(ascii: "v"): 11, UInt8(ascii: "\\"): 0x5C,
            UInt8(ascii: "\""): 0x22,
        ]
        let digits: [UInt8: Int] = [UInt8(ascii: "x"): 2, UInt8(ascii: "u"): 4, UInt8(ascii: "U"): 8]
        let letter = peek()
        if let byte = simple[letter] {
            at += 1
            out.append(byte)
            return
        }
        let isOctal = (0x30...0x37).contains(letter)
        guard let count = digits[letter] ?? (isOctal ? 3 : nil), at + count < bytes.count + (isOctal ? 1 : 0) else {
            throw Template.Fault(message: "invalid syntax in a quoted string", offset: start)
        }
        if !isOctal { at += 1 }
        let text = String(decoding: bytes[at..<at + count], as: UTF8.self)
        at += count
        guard let code = UInt32(text, radix: isOctal ? 8 : 16), text.first != "+", text.first != "-" else {
            throw Template.Fault(message: "invalid syntax in a quoted string", offset: start)
        }
        if isOctal || count == 2 {
            guard let byte = UInt8(exactly: code) else {
                throw Template.Fault(message: "invalid syntax in a quoted string", offset: start)
            }
            out.append(byte)
        } else {
            guard let scalar = UnicodeScalar(code) else {
                throw Template.Fault(message: "invalid syntax in a quoted string", offset: start)
            }
            out += Array(String(scalar).utf8)
        }
    }
}
