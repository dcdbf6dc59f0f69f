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
        var scanner = ExpositionScanner(bytes, format)
        var page = Page()
        while let item = try scanner.next() {
            switch item {
            case .sample(let series, let value, let time):
                page.lines.append(Line(labels: try scanner.labels(series), value: value, time: time))
            case .kind(let name, let kind): page.kinds[scanner.text(name)] = scanner.kind(kind)
            case .help: break
            }
        }
        return page
    }
}
