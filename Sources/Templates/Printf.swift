import TocsinModel

/// Go's `fmt`: what `printf`, `print` and every action write.
struct Printf {
    private var out = ""
    private let arguments: [TemplateValue]
    private var next = 0
    private var reordered = false
    private var goodNumber = true

    private init(_ arguments: [TemplateValue]) { self.arguments = arguments }

    /// Numbers in a format go no further, as in Go.
    static let most = 1_000_000

    /// `fmt.Sprintf`
    static func format(_ format: String, _ arguments: [TemplateValue]) -> String {
        var printer = Printf(arguments)
        printer.run(Array(format.unicodeScalars))
        return printer.out
    }

    /// One value as `%v` has it.
    static func plain(_ value: TemplateValue) -> String {
        var item = PrintedItem(flags: PrintFlags(), verb: "v")
        item.write(value, depth: 0)
        return item.out
    }

    /// `fmt.Sprint`: a blank between two operands when neither is a text.
    static func spaced(_ values: [TemplateValue]) -> String {
        var out = ""
        for (number, value) in values.enumerated() {
            if number > 0, !value.isText, !values[number - 1].isText { out += " " }
            out += operand(value)
        }
        return out
    }

    /// An operand as `%v` has it; a pointer to a structure says that it is one.
    private static func operand(_ value: TemplateValue) -> String { (value.isElement ? "&" : "") + plain(value) }

    /// `fmt.Sprintln`
    static func line(_ values: [TemplateValue]) -> String {
        values.map(operand).joined(separator: " ") + "\n"
    }

    private mutating func run(_ format: [UnicodeScalar]) {
        var at = 0
        while at < format.count {
            if format[at] != "%" {
                out.unicodeScalars.append(format[at])
                at += 1
                continue
            }
            at += 1
            at = directive(format, at)
        }
        if !reordered, next < arguments.count {
            let extra = arguments[next...].map { $0 == .none ? "<nil>" : "\($0.typeName)=\(Self.plain($0))" }
            out += "%!(EXTRA \(extra.joined(separator: ", ")))"
        }
    }

    /// One directive behind its `%`; returns where it ends.
    private mutating func directive(_ format: [UnicodeScalar], _ start: Int) -> Int {
        var at = start
        var flags = PrintFlags()
        goodNumber = true
        while at < format.count, flags.take(format[at]) { at += 1 }
        var indexed = index(format, &at)
        if at < format.count, format[at] == "*" {
            at += 1
            flags.width = size("%!(BADWIDTH)")
            if let width = flags.width, width < 0 {
                flags.width = -width
                flags.minus = true
                flags.zero = false
            }
            indexed = false
        } else {
            flags.width = number(format, &at)
            if indexed, flags.width != nil { goodNumber = false }
        }
        if at + 1 <= format.count, at < format.count, format[at] == "." {
            at += 1
            if indexed { goodNumber = false }
            indexed = index(format, &at)
            if at < format.count, format[at] == "*" {
                at += 1
                flags.precision = size("%!(BADPREC)")
                if let precision = flags.precision, precision < 0 {
                    flags.precision = nil
                    out += "%!(BADPREC)"
                }
                indexed = false
            } else {
                flags.precision = number(format, &at) ?? 0
            }
        }
        if !indexed { indexed = index(format, &at) }
        guard at < format.count else {
            out += "%!(NOVERB)"
            return at
        }
        write(format[at], flags)
        return at + 1
    }

    private mutating func write(_ verb: UnicodeScalar, _ flags: PrintFlags) {
        if verb == "%" {
            out += "%"
        } else if !goodNumber {
            out += "%!\(verb)(BADINDEX)"
        } else if next >= arguments.count {
            out += "%!\(verb)(MISSING)"
        } else {
            var item = PrintedItem(flags: flags, verb: verb)
            if verb == "v" { item.takeDetail() }
            item.write(arguments[next], depth: 0)
            if arguments[next].isElement, !"Twp".unicodeScalars.contains(verb) { out += "&" }
            out += item.out
            next += 1
        }
    }

    /// A number; past Go's limit nothing of the format is left.
    private func number(_ format: [UnicodeScalar], _ at: inout Int) -> Int? {
        var value: Int?
        while at < format.count, let digit = format[at].properties.numericType == nil ? nil : Int(String(format[at])) {
            value = (value ?? 0) * 10 + digit
            at += 1
            if value! > Self.most {
                at = format.count
                return nil
            }
        }
        return value
    }

    /// `[2]` chooses the argument that comes next.
    private mutating func index(_ format: [UnicodeScalar], _ at: inout Int) -> Bool {
        guard at < format.count, format[at] == "[" else { return false }
        reordered = true
        guard let close = format[at...].firstIndex(of: "]") else {
            goodNumber = false
            at += 1
            return false
        }
        let digits = String(String.UnicodeScalarView(format[(at + 1)..<close]))
        at = close + 1
        guard let chosen = Int(digits), chosen >= 1, chosen <= arguments.count else {
            goodNumber = false
            return true
        }
        next = chosen - 1
        return true
    }

    /// A width or precision taken from the arguments.
    private mutating func size(_ complaint: String) -> Int? {
        guard next < arguments.count else {
            out += complaint
            return nil
        }
        next += 1
        guard case .integer(let value) = arguments[next - 1], value.magnitude <= UInt(Self.most) else {
            out += complaint
            return nil
        }
        return value
    }
}

/// The flags of a directive.
struct PrintFlags {
    var plus = false
    var minus = false
    var sharp = false
    var space = false
    var zero = false
    var width: Int?
    var precision: Int?
    /// `%+v` and `%#v`
    var named = false
    var syntax = false

    /// False when it is no flag.
    mutating func take(_ scalar: UnicodeScalar) -> Bool {
        switch scalar {
        case "+": plus = true
        case "-":
            minus = true
            zero = false
        case "#": sharp = true
        case " ": space = true
        case "0": zero = !minus
        default: return false
        }
        return true
    }
}

extension TemplateValue {
    var isText: Bool {
        if case .string = self { return true }
        return false
    }
}
