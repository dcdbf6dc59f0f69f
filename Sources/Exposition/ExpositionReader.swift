import TocsinModel

/// Reads Prometheus' text exposition format, version 0.0.4, and OpenMetrics 1.0.
public enum ExpositionReader {
    /// A line that is not exposition, counted from 1.
    public struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
        public let line: Int
        public let message: String
        public var description: String { "line \(line): \(message)" }
    }

    /// The two formats, which differ in the unit of timestamps and in what may follow a value.
    public enum Format: Sendable {
        /// Timestamps are whole milliseconds.
        case prometheus
        /// Timestamps are seconds, exemplars may follow, and the page ends with `# EOF`.
        case openMetrics
    }

    /// One sample, its name among the labels, and its time in milliseconds when the line states one.
    public struct Line: Sendable, Equatable {
        public let labels: Labels
        public let value: Double
        public let time: Milliseconds?
    }

    /// What a page holds.
    public struct Page: Sendable, Equatable {
        public var lines: [Line] = []
        /// The kind of each family for which a TYPE line was seen.
        public var kinds: [String: MetricFamily.Kind] = [:]
    }

    /// Reads a page; the first fault ends it.
    ///
    /// - Parameter format: nil to tell by the page's end whether it is OpenMetrics.
    public static func read(_ text: String, format: Format? = nil) throws(Fault) -> Page {
        try read(Array(text.utf8), format: format)
    }

    /// The same for bytes as they came. What is not UTF-8 is replaced.
    public static func read(_ bytes: [UInt8], format: Format? = nil) throws(Fault) -> Page {
        var reader = PageReader(bytes, format ?? (endsWithEOF(bytes) ? .openMetrics : .prometheus))
        return try reader.wholePage()
    }

    private static func endsWithEOF(_ bytes: [UInt8]) -> Bool {
        // A page that says where it ends is OpenMetrics even when something follows, which is then a fault.
        let mark = Array("# EOF".utf8)
        var at = bytes.count - mark.count
        while at >= 0 {
            let begins = at == 0 || bytes[at - 1] == 10
            let ends = at + mark.count == bytes.count || bytes[at + mark.count] <= 13
            if bytes[at] == mark[0], begins, ends, bytes[at..<(at + mark.count)].elementsEqual(mark) { return true }
            at -= 1
        }
        return false
    }
}

/// Walks through the bytes of a page.
private struct PageReader {
    private typealias Fault = ExpositionReader.Fault
    private let bytes: [UInt8]
    private let format: ExpositionReader.Format
    private var at = 0
    private var number = 1
    private var page = ExpositionReader.Page()

    init(_ bytes: [UInt8], _ format: ExpositionReader.Format) {
        self.bytes = bytes
        self.format = format
    }

    mutating func wholePage() throws(ExpositionReader.Fault) -> ExpositionReader.Page {
        while at < bytes.count {
            skipBlank()
            if current == UInt8(ascii: "#") {
                if try comment() { break }
            } else if !isAtLineEnd {
                page.lines.append(try sample())
            }
            while at < bytes.count, bytes[at] != 10 { at += 1 }
            at += 1
            number += 1
        }
        return page
    }

    private var current: UInt8 { at < bytes.count ? bytes[at] : 10 }
    private var isAtLineEnd: Bool { current == 10 }

    private func fault(_ message: String) -> Fault { Fault(line: number, message: message) }

    private mutating func skipBlank() {
        while at < bytes.count, bytes[at] == 0x20 || bytes[at] == 9 || bytes[at] == 13 { at += 1 }
    }

    /// The bytes up to a blank, the line's end, or one of two marks.
    private mutating func word(_ stop: UInt8 = 10, _ other: UInt8 = 10) -> ArraySlice<UInt8> {
        let start = at
        while at < bytes.count {
            let byte = bytes[at]
            if byte <= 0x20, byte == 0x20 || byte == 9 || byte == 10 || byte == 13 { break }
            if byte == stop || byte == other { break }
            at += 1
        }
        return bytes[start..<at]
    }

    /// A comment line; true for the mark that ends an OpenMetrics page.
    private mutating func comment() throws(ExpositionReader.Fault) -> Bool {
        let start = at
        while !isAtLineEnd { at += 1 }
        let words = bytes[start..<at].split(separator: 0x20, maxSplits: 3, omittingEmptySubsequences: true)
        if words.count == 2, words[1].elementsEqual("EOF".utf8), format == .openMetrics {
            if at + 1 < bytes.count { throw fault("unexpected data after # EOF") }
            return true
        }
        if words.count == 4, words[1].elementsEqual("TYPE".utf8) {
            let kind = String(decoding: words[3].filter { $0 != 13 && $0 != 0x20 }, as: UTF8.self)
            page.kinds[String(decoding: words[2], as: UTF8.self)] = MetricFamily.Kind(rawValue: kind) ?? .untyped
        }
        return false
    }

    private mutating func sample() throws(ExpositionReader.Fault) -> ExpositionReader.Line {
        var pairs: [(String, String)] = []
        if current != UInt8(ascii: "{") {
            let name = word(UInt8(ascii: "{"))
            if name.isEmpty || name.contains(UInt8(ascii: "}")) { throw fault("expected a metric name") }
            pairs.append(("__name__", String(decoding: name, as: UTF8.self)))
            skipBlank()
        }
        if current == UInt8(ascii: "{") { try labels(into: &pairs) }
        guard pairs.contains(where: { $0.0 == "__name__" }) else { throw fault("expected a metric name") }
        skipBlank()
        let text = word()
        guard let value = DecimalText.value(text) else {
            throw fault("expected a value, got \"\(String(decoding: text, as: UTF8.self))\"")
        }
        skipBlank()
        let time = try timestamp()
        for (number, pair) in pairs.enumerated() where pairs[..<number].contains(where: { $0.0 == pair.0 }) {
            throw fault("label \"\(pair.0)\" given twice")
        }
        return ExpositionReader.Line(labels: Labels(pairs), value: value, time: time)
    }

    private mutating func timestamp() throws(ExpositionReader.Fault) -> Milliseconds? {
        if isAtLineEnd || (current == UInt8(ascii: "#") && format == .openMetrics) { return nil }
        let stamp = word()
        let text = String(decoding: stamp, as: UTF8.self)
        switch format {
        case .prometheus:
            guard let time = Milliseconds(text) else { throw fault("expected a timestamp, got \"\(text)\"") }
            skipBlank()
            if !isAtLineEnd { throw fault("unexpected text after the timestamp") }
            return time
        case .openMetrics:
            guard let seconds = DecimalText.value(stamp), seconds.magnitude < 9e15 else {
                throw fault("expected a timestamp in seconds, got \"\(text)\"")
            }
            skipBlank()
            if !isAtLineEnd, current != UInt8(ascii: "#") { throw fault("unexpected text after the timestamp") }
            return Milliseconds((seconds * 1000).rounded())
        }
    }

    private mutating func labels(into pairs: inout [(String, String)]) throws(ExpositionReader.Fault) {
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

    private mutating func quoted() throws(ExpositionReader.Fault) -> String {
        guard current == UInt8(ascii: "\"") else { throw fault("expected a quoted label value") }
        at += 1
        let start = at
        while at < bytes.count, bytes[at] != UInt8(ascii: "\""), bytes[at] != UInt8(ascii: "\\"), bytes[at] != 10 {
            at += 1
        }
        if current == UInt8(ascii: "\"") {
            at += 1
            return String(decoding: bytes[start..<(at - 1)], as: UTF8.self)
        }
        return try escaped(from: start)
    }

    private mutating func escaped(from start: Int) throws(ExpositionReader.Fault) -> String {
        var out = Array(bytes[start..<at])
        while at < bytes.count, bytes[at] != UInt8(ascii: "\""), bytes[at] != 10 {
            if bytes[at] == UInt8(ascii: "\\"), at + 1 < bytes.count, bytes[at + 1] != 10 {
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
