import TocsinModel

/// Reads the name and the labels of one sample.
struct SeriesReader {
    typealias Fault = ExpositionReader.Fault
    private let bytes: [UInt8]
    private let end: Int
    private let line: Int
    private var at: Int

    init(_ bytes: [UInt8], _ range: Range<Int>, line: Int) {
        self.bytes = bytes
        at = range.lowerBound
        end = range.upperBound
        self.line = line
    }

    mutating func labels() throws(Fault) -> [(String, String)] {
        var pairs: [(String, String)] = []
        if current != UInt8(ascii: "{") {
            let name = word(UInt8(ascii: "{"))
            if name.isEmpty || name.contains(UInt8(ascii: "}")) { throw fault("expected a metric name") }
            pairs.append(("__name__", String(decoding: name, as: UTF8.self)))
            skipBlank()
        }
        if current == UInt8(ascii: "{") { try labels(into: &pairs) }
        guard pairs.contains(where: { $0.0 == "__name__" }) else { throw fault("expected a metric name") }
        for (number, pair) in pairs.enumerated() where pairs[..<number].contains(where: { $0.0 == pair.0 }) {
            throw fault("label \"\(pair.0)\" given twice")
        }
        return pairs
    }

    private var current: UInt8 { at < end ? bytes[at] : 10 }

    private func fault(_ message: String) -> Fault { Fault(line: line, message: message) }

    private mutating func skipBlank() {
        while at < end, bytes[at] == 0x20 || bytes[at] == 9 || bytes[at] == 13 { at += 1 }
    }

    /// The bytes up to a blank, the line's end, or one of two marks.
    private mutating func word(_ stop: UInt8 = 10, _ other: UInt8 = 10) -> ArraySlice<UInt8> {
        let start = at
        while at < end {
            let byte = bytes[at]
            if byte <= 0x20, byte == 0x20 || byte == 9 || byte == 10 || byte == 13 { break }
            if byte == stop || byte == other { break }
            at += 1
        }
        return bytes[start..<at]
    }

    private mutating func labels(into pairs: inout [(String, String)]) throws(Fault) {
        at += 1
        while true {
            skipBlank()
            if current == UInt8(ascii: "}") {
                at += 1
                return
            }
            let isQuoted = current == UInt8(ascii: "\"")
            let name =
                isQuoted
                ? try quoted() : String(decoding: word(UInt8(ascii: "="), UInt8(ascii: "}")), as: UTF8.self)
            skipBlank()
            if isQuoted, current == UInt8(ascii: ",") || current == UInt8(ascii: "}") {
                // A metric name in quotes, inside the braces.
                pairs.append(("__name__", name))
            } else {
                guard !name.isEmpty, current == UInt8(ascii: "=") else {
                    throw fault("expected \"=\" after a label name")
                }
                at += 1
                skipBlank()
                pairs.append((name, try quoted()))
                skipBlank()
            }
            if current == UInt8(ascii: ",") {
                at += 1
            } else if current != UInt8(ascii: "}") {
                throw fault("expected \",\" or \"}\" after a label")
            }
        }
    }

    private mutating func quoted() throws(Fault) -> String {
        guard current == UInt8(ascii: "\"") else { throw fault("expected a quoted label value") }
        at += 1
        let start = at
        while at < end, bytes[at] != UInt8(ascii: "\""), bytes[at] != UInt8(ascii: "\\"), bytes[at] != 10 {
            at += 1
        }
        if current == UInt8(ascii: "\"") {
            at += 1
            return String(decoding: bytes[start..<(at - 1)], as: UTF8.self)
        }
        return try escaped(from: start)
    }

    private mutating func escaped(from start: Int) throws(Fault) -> String {
        var out = Array(bytes[start..<at])
        while at < end, bytes[at] != UInt8(ascii: "\""), bytes[at] != 10 {
            if bytes[at] == UInt8(ascii: "\\"), at + 1 < end, bytes[at + 1] != 10 {
                at += 1
                out.append(bytes[at] == UInt8(ascii: "n") ? 10 : bytes[at])
            } else {
                out.append(bytes[at])
            }
            at += 1
        }
        guard current == UInt8(ascii: "\"") else { throw fault("unterminated label value") }
        at += 1
        return String(decoding: out, as: UTF8.self)
    }
}
