import TocsinModel

/// Walks through a page of Prometheus' text format or OpenMetrics 1.0 line by line, without making a label set of each:
/// whoever has seen a series before knows it again by its bytes.
public struct ExpositionScanner {
    public typealias Fault = ExpositionReader.Fault

    /// A line that says something. Ranges are places among the page's bytes.
    public enum Item: Sendable {
        /// A sample: the text of name and labels, the value, and the time in milliseconds when one is stated.
        case sample(series: Range<Int>, value: Double, time: Milliseconds?)
        case kind(name: Range<Int>, kind: Range<Int>)
        case help(name: Range<Int>, text: Range<Int>)
    }

    /// The page.
    public let bytes: [UInt8]
    private let format: ExpositionReader.Format
    private var at = 0
    private var number = 1

    /// - Parameter format: nil to tell by the page's end whether it is OpenMetrics.
    public init(_ bytes: [UInt8], _ format: ExpositionReader.Format? = nil) {
        self.bytes = bytes
        self.format = format ?? (Self.endsWithEOF(bytes) ? .openMetrics : .prometheus)
    }

    /// The line that was read last, counted from 1.
    public var line: Int { number - 1 }

    /// The next line that says something; nil at the end.
    public mutating func next() throws(Fault) -> Item? {
        while at < bytes.count {
            skipBlank()
            var item: Item?
            if current == UInt8(ascii: "#") {
                let (comment, isEnd) = try comment()
                if isEnd {
                    at = bytes.count
                    return nil
                }
                item = comment
            } else if !isAtLineEnd {
                item = try sample()
            }
            while at < bytes.count, bytes[at] != 10 { at += 1 }
            at += 1
            number += 1
            if let item { return item }
        }
        return nil
    }

    /// The text of a range.
    public func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    /// The kind that a range names; untyped when there is no such kind.
    public func kind(_ range: Range<Int>) -> MetricFamily.Kind { MetricFamily.Kind(rawValue: text(range)) ?? .untyped }

    /// Name and labels of a sample.
    public func labels(_ series: Range<Int>) throws(Fault) -> Labels { Labels(try pairs(series)) }

    /// The same as they are written, those with an empty value too, which a label set does not have.
    public func pairs(_ series: Range<Int>) throws(Fault) -> [(String, String)] {
        var part = SeriesReader(bytes, series, line: line)
        return try part.labels()
    }

    static func endsWithEOF(_ bytes: [UInt8]) -> Bool {
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

    private var current: UInt8 { at < bytes.count ? bytes[at] : 10 }
    private var isAtLineEnd: Bool { current == 10 }

    private func fault(_ message: String) -> Fault { Fault(line: number, message: message) }

    private mutating func skipBlank() {
        while at < bytes.count, bytes[at] == 0x20 || bytes[at] == 9 || bytes[at] == 13 { at += 1 }
    }

    /// The bytes up to a blank or the line's end.
    private mutating func word() -> Range<Int> {
        let start = at
        while at < bytes.count {
            let byte = bytes[at]
            if byte <= 0x20, byte == 0x20 || byte == 9 || byte == 10 || byte == 13 { break }
            at += 1
        }
        return start..<at
    }

    /// A comment line, and whether it is the mark that ends an OpenMetrics page.
    private mutating func comment() throws(Fault) -> (Item?, isEnd: Bool) {
        at += 1
        skipBlank()
        let keyword = word()
        skipBlank()
        if keyword.count == 3, bytes[keyword].elementsEqual("EOF".utf8), format == .openMetrics, isAtLineEnd {
            if at + 1 < bytes.count { throw fault("unexpected data after # EOF") }
            return (nil, true)
        }
        guard keyword.count == 4 else { return (nil, false) }
        let isKind = bytes[keyword].elementsEqual("TYPE".utf8)
        guard isKind || bytes[keyword].elementsEqual("HELP".utf8) else { return (nil, false) }
        let name = word()
        skipBlank()
        let start = at
        while at < bytes.count, bytes[at] != 10 { at += 1 }
        var end = at
        while end > start, bytes[end - 1] == 13 || bytes[end - 1] == 0x20 { end -= 1 }
        if name.isEmpty || (isKind && start == end) { return (nil, false) }
        return (isKind ? .kind(name: name, kind: start..<end) : .help(name: name, text: start..<end), false)
    }

    private mutating func sample() throws(Fault) -> Item {
        let series = try seriesText()
        skipBlank()
        let text = word()
        guard let value = DecimalText.value(bytes[text]) else {
            throw fault("expected a value, got \"\(self.text(text))\"")
        }
        skipBlank()
        return .sample(series: series, value: value, time: try timestamp())
    }

    /// Name and labels as they stand there; what is between the braces is not looked at, but for where it ends.
    private mutating func seriesText() throws(Fault) -> Range<Int> {
        let start = at
        while at < bytes.count, bytes[at] != UInt8(ascii: "{"), bytes[at] > 0x20 { at += 1 }
        let nameEnd = at
        skipBlank()
        guard current == UInt8(ascii: "{") else {
            at = nameEnd
            return start..<nameEnd
        }
        var isQuoted = false
        while at < bytes.count, bytes[at] != 10 {
            let byte = bytes[at]
            at += 1
            if byte == UInt8(ascii: "\\"), isQuoted, at < bytes.count, bytes[at] != 10 {
                at += 1
            } else if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
            } else if byte == UInt8(ascii: "}"), !isQuoted {
                return start..<at
            }
        }
        if isQuoted { throw fault("unterminated label value") }
        throw fault("expected \",\" or \"}\" after a label")
    }

    private mutating func timestamp() throws(Fault) -> Milliseconds? {
        if isAtLineEnd || (current == UInt8(ascii: "#") && format == .openMetrics) { return nil }
        let stamp = word()
        switch format {
        case .prometheus:
            guard let time = Milliseconds(text(stamp)) else {
                throw fault("expected a timestamp, got \"\(text(stamp))\"")
            }
            skipBlank()
            if !isAtLineEnd { throw fault("unexpected text after the timestamp") }
            return time
        case .openMetrics:
            guard let seconds = DecimalText.value(bytes[stamp]), seconds.magnitude < 9e15 else {
                throw fault("expected a timestamp in seconds, got \"\(text(stamp))\"")
            }
            skipBlank()
            if !isAtLineEnd, current != UInt8(ascii: "#") { throw fault("unexpected text after the timestamp") }
            return Milliseconds((seconds * 1000).rounded())
        }
    }
}
