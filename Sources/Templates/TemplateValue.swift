import TocsinModel

/// What an operand can be.
enum TemplateValue: Sendable, Equatable {
    case none
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case labels(Labels)
    case list([TemplateValue])
    /// An element of a query's answer, with the fields `Labels` and `Value`.
    case element(Template.Element)
    /// Named values, as `args` makes them.
    case named([String: TemplateValue])
    /// Seconds since the epoch.
    case time(Double)
    /// Seconds.
    case duration(Double)

    /// Go's notion of an empty value.
    var isTrue: Bool {
        switch self {
        case .none: false
        case .bool(let value): value
        case .integer(let value): value != 0
        case .number(let value), .duration(let value): value != 0
        case .string(let value): !value.isEmpty
        case .labels(let value): !value.isEmpty
        case .list(let value): !value.isEmpty
        case .named(let value): !value.isEmpty
        case .element, .time: true
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
        case .element(let element):
            "{" + TemplateValue.labels(element.labels).text + " \(GoNumber.format(element.value))}"
        case .named(let all):
            "map[" + all.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value.text)" }.joined(separator: " ") + "]"
        case .time(let seconds): Format.timestamp(seconds)
        case .duration(let seconds): Format.goDuration(seconds)
        }
    }

    /// The name of the type in Go's words.
    var typeName: String {
        switch self {
        case .none: "<nil>"
        case .bool: "bool"
        case .integer: "int"
        case .number: "float64"
        case .string: "string"
        case .labels: "map[string]string"
        case .list: "[]interface {}"
        case .element: "*template.sample"
        case .named: "map[string]interface {}"
        case .time: "*time.Time"
        case .duration: "*time.Duration"
        }
    }
}
