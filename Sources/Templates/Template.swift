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

    /// Parses a text. Unknown functions and undefined variables are faults already here, as for promtool.
    public init(_ source: String) throws(Fault) {
        self.source = source
        var parser = TemplateParser(source)
        nodes = try parser.whole()
    }

    /// The data of an alert template: `$labels`, `$value`, `$externalLabels`.
    public struct Data: Sendable {
        public var labels: Labels
        public var value: Double
        public var externalLabels: Labels

        public init(labels: Labels, value: Double, externalLabels: Labels = .none) {
            self.labels = labels
            self.value = value
            self.externalLabels = externalLabels
        }
    }

    /// The text with its actions carried out.
    public func render(_ data: Data) throws(Fault) -> String {
        var renderer = Renderer(data)
        return try renderer.render(nodes)
    }
}

/// A part of a parsed template.
indirect enum Node: Sendable {
    case text(String)
    case output(Pipeline)
    case assign(String, Pipeline)
    case condition(Pipeline, then: [Node], otherwise: [Node])
    case with(Pipeline, then: [Node], otherwise: [Node])
    case range(key: String?, value: String?, Pipeline, body: [Node], otherwise: [Node])
}

/// Commands joined by `|`: each result is the last argument of the next.
struct Pipeline: Sendable {
    var commands: [Command]
    var offset: Int
}

/// One call, or one value when there are no arguments.
struct Command: Sendable {
    var head: Operand
    var arguments: [Operand]
}

indirect enum Operand: Sendable {
    /// `.` and `.a.b`
    case dot([String])
    /// `$x` and `$x.a`
    case variable(String, [String])
    case number(Double, isInteger: Bool)
    case string(String)
    case bool(Bool)
    case none
    case function(String)
    case pipeline(Pipeline, [String])
}

/// What an operand can be.
enum TemplateValue: Sendable, Equatable {
    case none
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case labels(Labels)
    case list([TemplateValue])

    /// Go's notion of an empty value.
    var isTrue: Bool {
        switch self {
        case .none: false
        case .bool(let value): value
        case .integer(let value): value != 0
        case .number(let value): value != 0
        case .string(let value): !value.isEmpty
        case .labels(let value): !value.isEmpty
        case .list(let value): !value.isEmpty
        }
    }

    /// The value as Go prints it with `%v`.
    var text: String {
        switch self {
        case .none: "<no value>"
        case .bool(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .number(let value): GoNumber.format(value)
        case .string(let value): value
        case .labels(let value): "map[" + value.pairs.map { "\($0.name):\($0.value)" }.joined(separator: " ") + "]"
        case .list(let value): "[" + value.map(\.text).joined(separator: " ") + "]"
        }
    }
}
