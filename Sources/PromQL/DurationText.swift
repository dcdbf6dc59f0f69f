/// Durations as Prometheus writes them: `1h30m`, `500ms`, `2w`.
public enum DurationText {
    private static let units: [(name: String, milliseconds: Int64)] = [
        ("y", 31_536_000_000), ("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000),
        ("ms", 1),
    ]

    /// Reads a duration: units from large to small, each at most once. Nil when the text is none or overflows.
    public static func parse(_ text: String) -> Int64? {
        if text == "0" { return 0 }
        let bytes = Array(text.utf8)
        var at = 0
        var total: Int64 = 0
        var last = -1
        while at < bytes.count {
            let start = at
            while at < bytes.count, Lexer.isDigit(bytes[at]) { at += 1 }
            guard at > start, let amount = Int64(String(decoding: bytes[start..<at], as: UTF8.self)),
                let (rank, length) = unit(bytes, at), rank > last
            else { return nil }
            let (part, tooLong) = amount.multipliedReportingOverflow(by: units[rank].milliseconds)
            let (sum, overflow) = total.addingReportingOverflow(part)
            if tooLong || overflow { return nil }
            total = sum
            last = rank
            at += length
        }
        // Prometheus counts durations in nanoseconds.
        return last < 0 || total > 9_223_372_036_854 ? nil : total
    }

    /// The rank and length of the unit that begins at an offset; nil where none does.
    static func unit(_ bytes: [UInt8], _ at: Int) -> (rank: Int, length: Int)? {
        guard at < bytes.count else { return nil }
        if bytes[at...].starts(with: "ms".utf8) { return (6, 2) }
        guard let rank = units.firstIndex(where: { $0.name.utf8.elementsEqual([bytes[at]]) }) else { return nil }
        return (rank, 1)
    }

    /// The shortest text that reads back as this duration, such as `1h30m`; `0s` for none.
    public static func format(_ milliseconds: Int64) -> String {
        if milliseconds == 0 { return "0s" }
        var rest = milliseconds.magnitude
        var out = milliseconds < 0 ? "-" : ""
        for (name, size) in units {
            let size = UInt64(size)
            // Years and weeks only where nothing is left over, as Prometheus prints them.
            if (name == "y" || name == "w") && rest % size != 0 { continue }
            if rest >= size {
                out += "\(rest / size)\(name)"
                rest %= size
            }
        }
        return out
    }
}
