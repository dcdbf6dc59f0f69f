/// How metric names and label names are written without quotes.
public enum LabelSyntax {
    /// Letters, digits and `_`, no digit first.
    public static func isLabelName(_ name: String) -> Bool { isName(name, colons: false) }

    /// The same with colons.
    public static func isMetricName(_ name: String) -> Bool { isName(name, colons: true) }

    private static func isName(_ name: String, colons: Bool) -> Bool {
        guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return name.utf8.allSatisfy { byte in
            byte == UInt8(ascii: "_") || (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
                || (colons && byte == UInt8(ascii: ":"))
        }
    }
}
