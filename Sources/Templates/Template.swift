import TocsinModel

/// A text with Go template actions, as annotations and labels of Prometheus rules hold them.
///
/// Parsing is separate from rendering, so a rule file is checked once and a fault is reported with its place.
public struct Template: Sendable {
    /// Why a text is not a template, or why it cannot be carried out.
    public struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
        public let message: String
        /// Offset of the action in the text, in bytes.
        public let offset: Int
        public var description: String { message }
    }

    /// The text as written.
    public let source: String
    let nodes: [Node]
    /// The templates that `define` and `block` name.
    let definitions: [String: [Node]]

    /// Parses a text. Unknown functions and undefined variables are faults already here, as for promtool.
    public init(_ source: String) throws(Fault) {
        self.source = source
        hasActions = source.utf8.contains(UInt8(ascii: "{"))
        var parser = TemplateParser(source)
        nodes = try parser.whole()
        definitions = parser.definitions
    }

    /// One element of the answer to a template's own query.
    public struct Element: Sendable, Equatable {
        public let labels: Labels
        public let value: Double

        public init(labels: Labels, value: Double) {
            self.labels = labels
            self.value = value
        }
    }

    /// The data of an alert template: `$labels`, `$value`, `$externalLabels`, `$externalURL`, and what its functions ask.
    public struct Data: Sendable {
        public var labels: Labels
        public var value: Double
        public var externalLabels: Labels
        public var externalURL: String
        /// The name of the template in errors, which Prometheus makes from the alert's: `__alert_DiskFull`.
        public var name = "__alert"
        /// The time of the evaluation, for `now`.
        public var time: Milliseconds
        /// Answers `query "EXPR"`, in ascending order of labels; nil where no engine is at hand. The error is a sentence.
        public var query: (@Sendable (String) throws -> [Element])?

        public init(
            labels: Labels, value: Double, externalLabels: Labels = .none, externalURL: String = "",
            time: Milliseconds = 0, query: (@Sendable (String) throws -> [Element])? = nil
        ) {
            self.labels = labels
            self.value = value
            self.externalLabels = externalLabels
            self.externalURL = externalURL
            self.time = time
            self.query = query
        }
    }

    /// True when the text has actions; without any it is its own rendering.
    public var isPlain: Bool { !hasActions }
    private let hasActions: Bool

    /// The text with its actions carried out.
    public func render(_ data: Data) throws(Fault) -> String {
        if isPlain { return source }
        var renderer = Renderer(data, self)
        return try renderer.render(nodes)
    }
}
