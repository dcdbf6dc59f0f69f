import TocsinModel

/// Reads Prometheus' text exposition format, version 0.0.4.
public enum ExpositionReader {
    /// A line that is not exposition, counted from 1.
    public struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
        public let line: Int
        public let message: String
        public var description: String { "line \(line): \(message)" }
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
    public static func read(_ text: String) throws(Fault) -> Page {
        var page = Page()
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            var scanner = LineScanner(line, number + 1)
            scanner.skipBlank()
            if scanner.isAtEnd { continue }
            if line.hasPrefix("#") {
                let words = line.split(separator: " ", maxSplits: 3)
                if words.count == 4, words[1] == "TYPE" {
                    page.kinds[String(words[2])] = MetricFamily.Kind(rawValue: String(words[3])) ?? .untyped
                }
                continue
            }
            page.lines.append(try scanner.sample())
        }
        return page
    }
}

/// Reads one sample line.
private struct LineScanner {
    private let bytes: [UInt8]
    private let number: Int
    private var at = 0

    init(_ line: Substring, _ number: Int) {
        bytes = Array(line.utf8)
        self.number = number
    }

    var isAtEnd: Bool { at >= bytes.count }
    private var current: UInt8 { at < bytes.count ? bytes[at] : 0 }

    private func fault(_ message: String) -> ExpositionReader.Fault { .init(line: number, message: message) }

    mutating func skipBlank() {
        while at < bytes.count, bytes[at] == 0x20 || bytes[at] == 9 || bytes[at] == 13 { at += 1 }
    }

    private mutating func word(until stops: String) -> String {
        let start = at
        while at < bytes.count, !stops.utf8.contains(bytes[at]) { at += 1 }
        return String(decoding: bytes[start..<at], as: UTF8.self)
    }

    mutating func sample() throws(ExpositionReader.Fault) -> ExpositionReader.Line {
        let name = word(until: "{ \t\r")
        if name.isEmpty { throw fault("expected a metric name") }
        var pairs = [("__name__", name)]
        skipBlank()
        if current == UInt8(ascii: "{") { try labels(into: &pairs) }
        skipBlank()
        let text = word(until: " \t\r")
        guard let value = Self.number(text) else { throw fault("expected a value, got \"\(text)\"") }
        skipBlank()
        let stamp = word(until: " \t\r")
        if !stamp.isEmpty, Milliseconds(stamp) == nil { throw fault("expected a timestamp, got \"\(stamp)\"") }
        return ExpositionReader.Line(labels: Labels(pairs), value: value, time: Milliseconds(stamp))
    }

    private mutating func labels(into pairs: inout [(String, String)]) throws(ExpositionReader.Fault) {
        at += 1
        while true {
            skipBlank()
            if current == UInt8(ascii: "}") {
                at += 1
                return
            }
            let name = word(until: "=} \t")
            skipBlank()
            guard !name.isEmpty, current == UInt8(ascii: "=") else { throw fault("expected \"=\" after a label name") }
            at += 1
            skipBlank()
            pairs.append((name, try quoted()))
            skipBlank()
            if current == UInt8(ascii: ",") { at += 1 }
        }
    }

    private mutating func quoted() throws(ExpositionReader.Fault) -> String {
        guard current == UInt8(ascii: "\"") else { throw fault("expected a quoted label value") }
        at += 1
        var out: [UInt8] = []
        while at < bytes.count, bytes[at] != UInt8(ascii: "\"") {
            if bytes[at] == UInt8(ascii: "\\"), at + 1 < bytes.count {
                at += 1
                out.append(bytes[at] == UInt8(ascii: "n") ? 10 : bytes[at])
            } else {
                out.append(bytes[at])
            }
            at += 1
        }
        guard at < bytes.count else { throw fault("unterminated label value") }
        at += 1
        return String(decoding: out, as: UTF8.self)
    }

    private static func number(_ text: String) -> Double? {
        switch text {
        case "NaN": .nan
        case "+Inf", "Inf": .infinity
        case "-Inf": -.infinity
        default: Double(text)
        }
    }
}
