import TocsinModel

/// Floating-point numbers as Go's `strconv.FormatFloat` writes them.
enum FloatText {
    private static func special(_ value: Double) -> String? { value.isFinite ? nil : GoNumber.format(value) }

    /// `%g`: the shortest digits, or so many.
    static func general(_ value: Double, _ precision: Int?, upper: Bool) -> String {
        if let special = special(value) { return special }
        let text = precision.map { Format.c("%.\($0)g", value) } ?? GoNumber.format(value)
        return upper ? text.replacing("e", with: "E") : text
    }

    /// With `#`: a decimal point always, and the zeros that `%g` leaves out.
    static func sharpened(_ text: String, _ verb: UnicodeScalar, _ precision: Int?) -> String {
        var digits = "vgGx".unicodeScalars.contains(verb) ? precision ?? 6 : 0
        var number = ""
        var tail = ""
        var hasPoint = false
        var begun = false
        for character in text {
            if !tail.isEmpty {
                tail.append(character)
            } else if "+- ".contains(character) {
                number.append(character)
            } else if "pP".contains(character) || ("eE".contains(character) && verb != "x" && verb != "X") {
                tail.append(character)
            } else {
                number.append(character)
                if character == "." {
                    hasPoint = true
                } else {
                    begun = begun || character != "0"
                    if begun { digits -= 1 }
                }
            }
        }
        if !hasPoint {
            if number.last == "0", number.filter({ !"+- ".contains($0) }).count == 1 { digits -= 1 }
            number += "."
        }
        return number + String(repeating: "0", count: max(0, digits)) + tail
    }

    /// `%e`
    static func exponential(_ value: Double, _ precision: Int, upper: Bool) -> String {
        special(value) ?? Format.c("%.\(precision)\(upper ? "E" : "e")", value)
    }

    /// `%f`
    static func fixed(_ value: Double, _ precision: Int) -> String {
        special(value) ?? Format.c("%.\(precision)f", value)
    }

    /// `%b`: `4503599627370496p-52`
    static func binary(_ value: Double) -> String {
        if let special = special(value) { return special }
        let bits = value.bitPattern
        var exponent = Int(bits >> 52 & 0x7FF)
        var mantissa = bits & 0xF_FFFF_FFFF_FFFF
        if exponent == 0 { exponent = 1 } else { mantissa |= 1 << 52 }
        exponent -= 1023 + 52
        return (value.sign == .minus ? "-" : "") + "\(mantissa)p" + (exponent >= 0 ? "+" : "") + "\(exponent)"
    }

    /// `%x`: `0x1.8p+00`, whose exponent has two digits at least.
    static func hexadecimal(_ value: Double, _ precision: Int?, upper: Bool) -> String {
        if let special = special(value) { return special }
        let text = Format.c(precision.map { "%.\($0)a" } ?? "%a", value)
        guard let mark = text.lastIndex(of: "p") else { return text }
        let sign = text[text.index(after: mark)...].prefix(1)
        let digits = text[text.index(mark, offsetBy: 2)...]
        let whole = text[..<mark] + "p" + sign + (digits.count < 2 ? "0" : "") + digits
        return upper ? whole.uppercased() : String(whole)
    }
}

extension String {
    fileprivate func replacing(_ old: Character, with new: Character) -> String {
        String(map { $0 == old ? new : $0 })
    }
}

/// Texts in quotes, as Go's `strconv.Quote` writes them.
enum GoQuote {
    static func double(_ text: String, ascii: Bool = false) -> String {
        "\"\(escaped(text, quote: "\"", ascii: ascii))\""
    }

    static func escaped(_ text: String, quote: UnicodeScalar, ascii: Bool) -> String {
        let simple: [UnicodeScalar: String] = [
            "\u{7}": "\\a", "\u{8}": "\\b", "\u{C}": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\u{B}": "\\v",
            "\\": "\\\\",
        ]
        var out = ""
        for scalar in text.unicodeScalars {
            if scalar == quote {
                out += "\\\(scalar)"
            } else if let short = simple[scalar] {
                out += short
            } else if isPrintable(scalar), !ascii || scalar.isASCII {
                out.unicodeScalars.append(scalar)
            } else if scalar.value < 0x20 || scalar.value == 0x7F {
                out += "\\x" + hex(scalar.value, 2)
            } else {
                out += scalar.value < 0x10000 ? "\\u" + hex(scalar.value, 4) : "\\U" + hex(scalar.value, 8)
            }
        }
        return out
    }

    /// True when the text may stand between backquotes on one line.
    static func canBackquote(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy {
            $0 == "\t" || ($0.value >= 0x20 && $0 != "`" && $0.value != 0x7F && $0 != "\u{FEFF}")
        }
    }

    static func isPrintable(_ scalar: UnicodeScalar) -> Bool {
        if scalar == " " { return true }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            return false
        default: return true
        }
    }

    private static func hex(_ value: UInt32, _ digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
