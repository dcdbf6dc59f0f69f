/// Constants as Go writes them: strings, characters, numbers.
enum GoLiteral {
    private static func fault(_ message: String, _ start: Int) -> Template.Fault {
        Template.Fault(message: message, offset: start)
    }

    // MARK: Strings

    /// An interpreted string with its escapes undone; `at` stands on its quote and goes behind the other one.
    static func string(_ bytes: [UInt8], _ at: inout Int, _ start: Int) throws(Template.Fault) -> String {
        at += 1
        var out: [UInt8] = []
        while at < bytes.count, bytes[at] != UInt8(ascii: "\""), bytes[at] != 10 {
            if bytes[at] == UInt8(ascii: "\\") {
                try escape(bytes, &at, into: &out, quote: UInt8(ascii: "\""), start)
            } else {
                out.append(bytes[at])
                at += 1
            }
        }
        guard at < bytes.count, bytes[at] != 10 else { throw fault("unterminated quoted string", start) }
        at += 1
        return String(decoding: out, as: UTF8.self)
    }

    /// A raw string: everything up to the next backquote.
    static func raw(_ bytes: [UInt8], _ at: inout Int, _ start: Int) throws(Template.Fault) -> String {
        let begin = at + 1
        at += 1
        while at < bytes.count, bytes[at] != UInt8(ascii: "`") { at += 1 }
        guard at < bytes.count else { throw fault("unterminated raw quoted string", start) }
        at += 1
        // Go leaves carriage returns out of raw strings.
        return String(decoding: bytes[begin..<at - 1].filter { $0 != 13 }, as: UTF8.self)
    }

    /// A character's number.
    static func character(_ bytes: [UInt8], _ at: inout Int, _ start: Int) throws(Template.Fault) -> UInt32 {
        at += 1
        var out: [UInt8] = []
        while at < bytes.count, bytes[at] != UInt8(ascii: "'"), bytes[at] != 10 {
            if bytes[at] == UInt8(ascii: "\\") {
                try escape(bytes, &at, into: &out, quote: UInt8(ascii: "'"), start)
            } else {
                out.append(bytes[at])
                at += 1
            }
        }
        guard at < bytes.count, bytes[at] != 10 else { throw fault("unterminated character constant", start) }
        at += 1
        let scalars = String(decoding: out, as: UTF8.self).unicodeScalars
        guard let only = scalars.first, scalars.count == 1 else { throw fault("malformed character constant", start) }
        return only.value
    }

    private static let simple: [UInt8: UInt8] = [
        UInt8(ascii: "n"): 10, UInt8(ascii: "t"): 9, UInt8(ascii: "r"): 13, UInt8(ascii: "a"): 7, UInt8(ascii: "b"): 8,
        UInt8(ascii: "f"): 12, UInt8(ascii: "v"): 11, UInt8(ascii: "\\"): 0x5C,
    ]

    private static func escape(
        _ bytes: [UInt8], _ at: inout Int, into out: inout [UInt8], quote: UInt8, _ start: Int
    ) throws(Template.Fault) {
        let malformed = fault("invalid syntax in a quoted constant", start)
        at += 1
        guard at < bytes.count else { throw malformed }
        let letter = bytes[at]
        if letter == quote || simple[letter] != nil {
            out.append(simple[letter] ?? quote)
            at += 1
            return
        }
        let lengths: [UInt8: Int] = [UInt8(ascii: "x"): 2, UInt8(ascii: "u"): 4, UInt8(ascii: "U"): 8]
        let isOctal = (0x30...0x37).contains(letter)
        guard let count = isOctal ? 3 : lengths[letter] else { throw malformed }
        if !isOctal { at += 1 }
        guard at + count <= bytes.count else { throw malformed }
        var code: UInt32 = 0
        for byte in bytes[at..<at + count] {
            guard let digit = digit(byte), digit < (isOctal ? 8 : 16) else { throw malformed }
            code = code &* (isOctal ? 8 : 16) &+ UInt32(digit)
        }
        at += count
        if isOctal || count == 2 {
            guard let byte = UInt8(exactly: code) else { throw malformed }
            out.append(byte)
        } else {
            guard let scalar = UnicodeScalar(code) else { throw malformed }
            out += Array(String(scalar).utf8)
        }
    }

    static func digit(_ byte: UInt8) -> Int? {
        switch byte {
        case 0x30...0x39: Int(byte - 0x30)
        case 0x61...0x66: Int(byte - 0x61 + 10)
        case 0x41...0x46: Int(byte - 0x41 + 10)
        default: nil
        }
    }

    // MARK: Numbers

    /// Goes over what may be a number; what it comes to is found later.
    static func scanNumber(_ bytes: [UInt8], _ at: inout Int, _ start: Int) throws(Template.Fault) {
        let begin = at
        func peek(_ ahead: Int = 0) -> UInt8 { at + ahead < bytes.count ? bytes[at + ahead] : 0 }
        func accept(_ set: String) -> Bool {
            guard set.utf8.contains(peek()), at < bytes.count else { return false }
            at += 1
            return true
        }
        _ = accept("+-")
        var digits = "0123456789_"
        if accept("0") {
            if accept("xX") {
                digits = "0123456789abcdefABCDEF_"
            } else if accept("oO") {
                digits = "01234567_"
            } else if accept("bB") {
                digits = "01_"
            }
        }
        while accept(digits) {}
        if accept(".") { while accept(digits) {} }
        if digits.utf8.count == 11, accept("eE") {
            _ = accept("+-")
            while accept("0123456789_") {}
        }
        if digits.utf8.count == 23, accept("pP") {
            _ = accept("+-")
            while accept("0123456789_") {}
        }
        let next = peek()
        if next == UInt8(ascii: "_") || (0x30...0x39).contains(next) || (0x61...0x7A).contains(next | 0x20)
            || next >= 0x80
        {
            at += 1
            throw fault("bad number syntax: \"\(String(decoding: bytes[begin..<at], as: UTF8.self))\"", start)
        }
    }

    /// The value of what was scanned, as `strconv.ParseInt(text, 0, 64)` and `ParseFloat` read it.
    static func number(_ text: String) -> Result<TemplateNumber, NumberFault> {
        if let integer = integer(text) {
            return .success(TemplateNumber(integer: integer, float: Double(integer), isWhole: true))
        }
        guard underscoresAreFine(text), let float = float(text.filter { $0 != "_" }), float.isFinite else {
            return .failure(NumberFault(words: "bad number syntax: \"\(text)\""))
        }
        // A float that was written as a whole number is one that is too large.
        let hasFraction = text.utf8.contains { ".eEpP".utf8.contains($0) }
        if !hasFraction { return .failure(NumberFault(words: "integer overflow: \"\(text)\"")) }
        return .success(TemplateNumber(integer: Int(exactly: float), float: float, isWhole: false))
    }

    struct NumberFault: Error {
        let words: String
    }

    private static func float(_ text: String) -> Double? {
        let isHex = text.lowercased().contains("0x")
        // Hexadecimal floats need their exponent.
        if isHex, !text.lowercased().contains("p") { return nil }
        return Double(text)
    }

    private static func integer(_ text: String) -> Int? {
        guard underscoresAreFine(text) else { return nil }
        var rest = Substring(text.filter { $0 != "_" })
        let isNegative = rest.first == "-"
        if rest.first == "-" || rest.first == "+" { rest.removeFirst() }
        var radix = 10
        let head = rest.prefix(2).lowercased()
        if let known = ["0x": 16, "0o": 8, "0b": 2][head] {
            radix = known
            rest = rest.dropFirst(2)
        } else if rest.count > 1, rest.first == "0" {
            radix = 8
            rest = rest.dropFirst()
        }
        guard let first = rest.first, first != "-", first != "+" else { return nil }
        return Int((isNegative ? "-" : "") + rest, radix: radix)
    }

    /// An underscore must stand between two digits, or between a prefix and a digit, and only in numbers with a prefix
    /// or in ones of base 10.
    static func underscoresAreFine(_ text: String) -> Bool {
        guard text.contains("_") else { return true }
        let bytes = Array(text.utf8)
        for (at, byte) in bytes.enumerated() where byte == UInt8(ascii: "_") {
            guard at > 0, at + 1 < bytes.count, digit(bytes[at + 1]) != nil else { return false }
            let before = bytes[at - 1]
            guard digit(before) != nil || "xXoObB".utf8.contains(before) else { return false }
        }
        return true
    }
}
