/// A piece of a template action.
struct TemplateToken: Sendable, Equatable {
    enum Kind: Sendable {
        /// A name: a function, a keyword, `true`.
        case word
        /// `$` and `$name`; the text is without the sign.
        case variable
        /// `.name`; the text is the name.
        case field
        /// `.` alone
        case dot
        case number
        case character
        case string
        /// `|`, `(`, `)`, `,`, `=`, `:=`
        case mark
        case space
    }

    let kind: Kind
    /// The text, of a string with its escapes undone.
    let text: String
    /// As it was written.
    let source: String
    let offset: Int
}

/// Splits an action into tokens, up to its `}}`, as Go's `text/template` does.
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
    private func begins(_ text: StaticString, _ ahead: Int = 0) -> Bool {
        text.withUTF8Buffer { wanted in
            at + ahead + wanted.count <= bytes.count
                && wanted.indices.allSatisfy { bytes[at + ahead + $0] == wanted[$0] }
        }
    }

    private func fault(_ message: String, _ start: Int) -> Template.Fault {
        Template.Fault(message: message, offset: start)
    }

    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 9 || byte == 10 || byte == 13 }

    private static func isWord(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || byte >= 0x80
    }

    /// The tokens of an action whose `{{` has been read; nil for a comment.
    mutating func tokens(from start: Int) throws(Template.Fault) -> [TemplateToken]? {
        if begins("/*") {
            try skipComment(start)
            return nil
        }
        var out: [TemplateToken] = []
        while true {
            guard at < bytes.count else { throw fault("unclosed action", start) }
            if takeEnd() { return out }
            let begin = at
            if Self.isSpace(peek()) {
                while Self.isSpace(peek()), !isEnd { at += 1 }
                if at == begin { continue }
                out.append(TemplateToken(kind: .space, text: " ", source: " ", offset: begin))
                continue
            }
            let (kind, text) = try token(start)
            let source = String(decoding: bytes[begin..<at], as: UTF8.self)
            out.append(TemplateToken(kind: kind, text: text ?? source, source: source, offset: begin))
        }
    }

    /// Space and ` -}}`, or `}}`.
    private var isEnd: Bool { begins("}}") || (Self.isSpace(peek()) && begins("-}}", 1)) }

    private mutating func takeEnd() -> Bool {
        guard isEnd else { return false }
        trims = !begins("}}")
        at += trims ? 4 : 2
        return true
    }

    private mutating func skipComment(_ start: Int) throws(Template.Fault) {
        at += 2
        while at < bytes.count, !begins("*/") { at += 1 }
        if at >= bytes.count { throw fault("unclosed comment", start) }
        at += 2
        guard takeEnd() else { throw fault("comment ends before closing delimiter", start) }
    }

    /// True where a name may end.
    private var atTerminator: Bool {
        at >= bytes.count || Self.isSpace(peek()) || [0x2E, 0x2C, 0x7C, 0x3A, 0x29, 0x28].contains(peek()) || isEnd
    }

    private mutating func word() { while Self.isWord(peek()) { at += 1 } }

    private func checkTerminator(_ start: Int) throws(Template.Fault) {
        if !atTerminator { throw fault("bad character \(character)", start) }
    }

    /// The character here as Go's `%#U` has it.
    private var character: String {
        let text = String(decoding: bytes[at..<min(bytes.count, at + 4)], as: UTF8.self)
        guard let scalar = text.unicodeScalars.first else { return "U+0000" }
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + " '\(scalar)'"
    }

    private mutating func token(_ start: Int) throws(Template.Fault) -> (TemplateToken.Kind, String?) {
        let byte = peek()
        switch byte {
        case UInt8(ascii: "\""): return (.string, try GoLiteral.string(bytes, &at, start))
        case UInt8(ascii: "`"): return (.string, try GoLiteral.raw(bytes, &at, start))
        case UInt8(ascii: "'"): return (.character, "\(try GoLiteral.character(bytes, &at, start))")
        case UInt8(ascii: "$"):
            let begin = at + 1
            at += 1
            word()
            try checkTerminator(start)
            return (.variable, String(decoding: bytes[begin..<at], as: UTF8.self))
        case UInt8(ascii: ".") where !(0x30...0x39).contains(peek(1)):
            let begin = at + 1
            at += 1
            if atTerminator { return (.dot, nil) }
            word()
            try checkTerminator(start)
            return (.field, String(decoding: bytes[begin..<at], as: UTF8.self))
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."):
            try GoLiteral.scanNumber(bytes, &at, start)
            return (.number, nil)
        case UInt8(ascii: ":"):
            at += 1
            guard peek() == UInt8(ascii: "=") else { throw fault("expected :=", start) }
            at += 1
            return (.mark, nil)
        case UInt8(ascii: "|"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: ","), UInt8(ascii: "="):
            at += 1
            return (.mark, nil)
        default:
            guard Self.isWord(byte) else { throw fault("unrecognized character in action: \(character)", start) }
            word()
            try checkTerminator(start)
            return (.word, nil)
        }
    }
}
