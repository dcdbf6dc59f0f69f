import TocsinModel

/// One value under one verb of `printf`, with what holds it written by the same verb.
struct PrintedItem {
    private(set) var out = ""
    private var flags: PrintFlags
    private let verb: UnicodeScalar

    init(flags: PrintFlags, verb: UnicodeScalar) {
        self.flags = flags
        self.verb = verb
    }

    /// `%+v` and `%#v` are ways to write, not signs.
    mutating func takeDetail() {
        flags.named = flags.plus
        flags.syntax = flags.sharp
        flags.plus = false
        flags.sharp = false
    }

    mutating func write(_ value: TemplateValue, depth: Int) {
        if verb == "T" { return pad(value.typeName) }
        // These two never look inside.
        if verb == "w" || verb == "p" { return bad(value) }
        switch value {
        case .none: verb == "v" ? pad("<nil>") : bad(value)
        case .bool(let value): verb == "t" || verb == "v" ? pad("\(value)") : bad(.bool(value))
        case .integer(let value): integer(value)
        case .number(let value): float(value)
        case .string(let text): string(text)
        case .labels(let labels):
            entries(
                "map", value.typeName, depth, labels.pairs.map { (.string($0.name), .string($0.value)) }, mapping: true)
        case .named(let all):
            entries(
                "map", value.typeName, depth, all.sorted { $0.key < $1.key }.map { (.string($0.key), $0.value) },
                mapping: true)
        case .list(let list): entries("", value.typeName, depth, list.map { (.none, $0) }, mapping: false)
        case .record(let record): self.record(record, depth)
        case .time(let time): string(TimeFields.string(time))
        case .duration(let seconds): string(Format.goDuration(seconds))
        }
    }

    private mutating func bad(_ value: TemplateValue) {
        out += "%!\(verb)("
        if value == .none {
            out += "<nil>"
        } else {
            var inner = PrintedItem(flags: flags, verb: "v")
            inner.write(value, depth: 0)
            out += "\(value.typeName)=\(inner.out)"
        }
        out += ")"
    }

    // MARK: What holds others

    private mutating func entries(
        _ word: String, _ type: String, _ depth: Int, _ all: [(TemplateValue, TemplateValue)], mapping: Bool
    ) {
        out += flags.syntax ? "\(type){" : "\(word)["
        for (number, (key, value)) in all.enumerated() {
            if number > 0 { out += flags.syntax ? ", " : " " }
            if mapping {
                write(key, depth: depth + 1)
                out += ":"
            }
            write(value, depth: depth + 1)
        }
        out += flags.syntax ? "}" : "]"
    }

    private mutating func record(_ record: TemplateValue.Record, _ depth: Int) {
        if flags.syntax { out += record.type }
        out += "{"
        for (number, field) in record.fields.enumerated() {
            if number > 0 { out += flags.syntax ? ", " : " " }
            if flags.named || flags.syntax { out += field.name + ":" }
            write(field.value, depth: depth + 1)
        }
        out += "}"
    }

    // MARK: Numbers

    private mutating func integer(_ value: Int) {
        switch verb {
        case "v", "d": digits(value, 10)
        case "b": digits(value, 2)
        case "o", "O": digits(value, 8)
        case "x": digits(value, 16)
        case "X": digits(value, 16)
        case "c": pad(Self.scalar(value))
        case "q": pad("'\(GoQuote.escaped(Self.scalar(value), quote: "'", ascii: flags.plus))'")
        case "U": unicode(value)
        default: bad(.integer(value))
        }
    }

    private static func scalar(_ value: Int) -> String {
        String(Character(UInt32(exactly: value).flatMap { UnicodeScalar($0) } ?? "\u{FFFD}"))
    }

    private mutating func digits(_ value: Int, _ base: Int) {
        let isNegative = value < 0
        var least = 0
        if let precision = flags.precision {
            least = precision
            if precision == 0, value == 0 { return padBlank("") }
        } else if flags.zero, let width = flags.width {
            least = isNegative || flags.plus || flags.space ? width - 1 : width
        }
        var text = String(value.magnitude, radix: base, uppercase: verb == "X")
        text = String(repeating: "0", count: max(0, least - text.count)) + text
        if flags.sharp {
            switch base {
            case 2: text = "0b" + text
            case 8: if !text.hasPrefix("0") { text = "0" + text }
            case 16: text = (verb == "X" ? "0X" : "0x") + text
            default: break
            }
        }
        if verb == "O" { text = "0o" + text }
        if isNegative {
            text = "-" + text
        } else if flags.plus {
            text = "+" + text
        } else if flags.space {
            text = " " + text
        }
        padBlank(text)
    }

    private mutating func unicode(_ value: Int) {
        let digits = String(UInt64(bitPattern: Int64(value)), radix: 16, uppercase: true)
        let least = max(4, flags.precision ?? 4)
        var text = "U+" + String(repeating: "0", count: max(0, least - digits.count)) + digits
        if flags.sharp, let scalar = UInt32(exactly: value).flatMap({ UnicodeScalar($0) }), GoQuote.isPrintable(scalar)
        {
            text += " '\(scalar)'"
        }
        padBlank(text)
    }

    private mutating func float(_ value: Double) {
        var text: String
        switch verb {
        case "v", "g", "G": text = FloatText.general(value, flags.precision, upper: verb == "G")
        case "e", "E": text = FloatText.exponential(value, flags.precision ?? 6, upper: verb == "E")
        case "f", "F": text = FloatText.fixed(value, flags.precision ?? 6)
        case "x", "X": text = FloatText.hexadecimal(value, flags.precision, upper: verb == "X")
        case "b": text = FloatText.binary(value)
        default: return bad(.number(value))
        }
        if flags.sharp, verb != "b", value.isFinite { text = FloatText.sharpened(text, verb, flags.precision) }
        var number = text.hasPrefix("-") || text.hasPrefix("+") ? text : "+" + text
        if flags.space, number.hasPrefix("+"), !flags.plus { number = " " + number.dropFirst() }
        if !value.isFinite {
            if value.isNaN, !flags.space, !flags.plus { number = String(number.dropFirst()) }
            if value > 0, !flags.plus, number.hasPrefix("+") { number = "+Inf" }
            return padBlank(number)
        }
        if flags.plus || !number.hasPrefix("+") {
            if flags.zero, let width = flags.width, width > number.count {
                out += number.prefix(1) + String(repeating: "0", count: width - number.count) + number.dropFirst()
                return
            }
            return pad(number)
        }
        pad(String(number.dropFirst()))
    }

    // MARK: Texts

    private mutating func string(_ text: String) {
        var shown = Substring(text)
        if let precision = flags.precision { shown = Substring(text.unicodeScalars.prefix(precision)) }
        switch verb {
        case "v" where flags.syntax: pad(GoQuote.double(String(shown)))
        case "v", "s": pad(String(shown))
        case "q":
            let text = String(shown)
            pad(flags.sharp && GoQuote.canBackquote(text) ? "`\(text)`" : GoQuote.double(text, ascii: flags.plus))
        case "x", "X": pad(hexadecimal(Array(text.utf8)))
        default: bad(.string(text))
        }
    }

    private func hexadecimal(_ bytes: [UInt8]) -> String {
        let upper = verb == "X"
        let prefix = flags.sharp ? (upper ? "0X" : "0x") : ""
        let digits = bytes.prefix(flags.precision ?? bytes.count).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: upper)
        }
        if digits.isEmpty { return "" }
        return flags.space ? digits.map { prefix + $0 }.joined(separator: " ") : prefix + digits.joined()
    }

    // MARK: Width

    private mutating func pad(_ text: String) {
        let missing = max(0, (flags.width ?? 0) - text.unicodeScalars.count)
        let fill = String(repeating: flags.zero ? "0" : " ", count: missing)
        out += flags.minus ? text + fill : fill + text
    }

    private mutating func padBlank(_ text: String) {
        let zero = flags.zero
        flags.zero = false
        pad(text)
        flags.zero = zero
    }
}
