import TocsinModel

/// What a term can come to.
enum TemplateValue: Sendable, Equatable {
    case none
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case labels(Labels)
    case list([TemplateValue])
    /// A structure with fields in order, such as `.` itself or an element of a query's answer.
    case record(Record)
    /// Named values, as `args` makes them.
    case named([String: TemplateValue])
    /// Milliseconds since the epoch.
    case time(Milliseconds)
    /// Seconds.
    case duration(Double)

    struct Record: Sendable, Equatable {
        struct Field: Sendable, Equatable {
            let name: String
            let value: TemplateValue
        }

        /// The type in Go's words.
        let type: String
        let fields: [Field]
    }

    /// An element of the answer to a query.
    static func element(_ element: Template.Element) -> TemplateValue {
        .record(
            Record(
                type: elementType,
                fields: [
                    .init(name: "Labels", value: .labels(element.labels)),
                    .init(name: "Value", value: .number(element.value)),
                ]))
    }

    static let elementType = "*template.sample"

    /// The data of an alert's template: `.`
    static func root(_ data: Template.Data) -> TemplateValue {
        .record(
            Record(
                type: "struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL string; "
                    + "Value float64 }",
                fields: [
                    .init(name: "Labels", value: .labels(data.labels)),
                    .init(name: "ExternalLabels", value: .labels(data.externalLabels)),
                    .init(name: "ExternalURL", value: .string(data.externalURL)),
                    .init(name: "Value", value: .number(data.value)),
                ]))
    }

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
        case .record, .time: true
        }
    }

    /// The value as an action prints it.
    var text: String { self == .none ? "<no value>" : Printf.plain(self) }

    /// The name of the type in Go's words.
    var typeName: String {
        switch self {
        case .none: "<nil>"
        case .bool: "bool"
        case .integer: "int"
        case .number: "float64"
        case .string: "string"
        case .labels: "map[string]string"
        case .list(let list):
            list.allSatisfy(\.isElement) ? "template.queryResult" : "[]interface {}"
        case .record(let record): record.type
        case .named: "map[string]interface {}"
        case .time: "*time.Time"
        case .duration: "*time.Duration"
        }
    }

    var isElement: Bool {
        if case .record(let record) = self { return record.type == Self.elementType }
        return false
    }

    /// A field of a structure, an entry of a map; nil where the type has no such thing.
    func field(_ name: String) -> TemplateValue? {
        switch self {
        // Prometheus asks for zero values where a key is missing.
        case .none: TemplateValue.none
        case .labels(let labels): .string(labels[name] ?? "")
        case .named(let all): all[name] ?? TemplateValue.none
        case .record(let record): record.fields.first { $0.name == name }?.value
        case .time(let time): TimeFields.value(name, of: time)
        case .duration(let seconds): DurationFields.value(name, of: seconds)
        default: nil
        }
    }

    var isMap: Bool {
        switch self {
        case .labels, .named: true
        default: false
        }
    }
}
