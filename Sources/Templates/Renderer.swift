import TocsinModel

/// Carries out a parsed template.
struct Renderer {
    private var scopes: [[String: TemplateValue]]
    private var dot: TemplateValue
    private var offset = 0
    /// True while the dot is the alert's data itself.
    private var isRoot = true

    private let data: Template.Data
    private let definitions: [String: [Node]]
    /// What leaves the innermost loop, once it was met.
    private var leaving: LoopExit?
    private var depth = 0

    init(_ data: Template.Data, _ definitions: [String: [Node]]) {
        self.data = data
        self.definitions = definitions
        scopes = [
            [
                "labels": .labels(data.labels), "value": .number(data.value),
                "externalLabels": .labels(data.externalLabels), "externalURL": .string(data.externalURL),
            ]
        ]
        dot = .none
        // `.Labels` and `.Value` are the long forms; `$` is the same structure.
        fields = [
            "Labels": "labels", "Value": "value", "ExternalLabels": "externalLabels", "ExternalURL": "externalURL",
        ]
    }

    private let fields: [String: String]

    private func fault(_ message: String) -> Template.Fault { Template.Fault(message: message, offset: offset) }

    mutating func render(_ nodes: [Node]) throws(Template.Fault) -> String {
        var out = ""
        for node in nodes {
            if leaving != nil { return out }
            switch node {
            case .text(let text): out += text
            case .output(let pipeline): out += try evaluate(pipeline).text
            case .assign(let name, let pipeline): assign(name, try evaluate(pipeline))
            case .condition(let pipeline, let then, let otherwise):
                out += try scoped(try evaluate(pipeline).isTrue ? then : otherwise)
            case .with(let pipeline, let then, let otherwise):
                let value = try evaluate(pipeline)
                let outer = dot
                if value.isTrue { dot = value }
                out += try scoped(value.isTrue ? then : otherwise)
                dot = outer
            case .range(let key, let name, let pipeline, let body, let otherwise):
                out += try loop(key, name, try evaluate(pipeline), body, otherwise)
            case .template(let name, let pipeline): out += try include(name, pipeline)
            case .leave(let exit): leaving = exit
            }
        }
        return out
    }

    /// Another template, with the pipeline's value as its dot and none of the variables here.
    private mutating func include(_ name: String, _ pipeline: Pipeline?) throws(Template.Fault) -> String {
        guard let nodes = definitions[name] else { throw fault("template \"\(name)\" not defined") }
        if depth >= 100 { throw fault("exceeded maximum template depth (100)") }
        var inner = Renderer(data, definitions)
        inner.depth = depth + 1
        if let pipeline { inner.dot = try evaluate(pipeline) }
        inner.isRoot = false
        inner.scopes = [["": inner.dot]]
        return try inner.render(nodes)
    }

    private mutating func assign(_ name: String, _ value: TemplateValue) {
        if let at = scopes.lastIndex(where: { $0[name] != nil }) {
            scopes[at][name] = value
        } else {
            scopes[scopes.count - 1][name] = value
        }
    }

    private mutating func scoped(_ nodes: [Node]) throws(Template.Fault) -> String {
        scopes.append([:])
        defer { scopes.removeLast() }
        return try render(nodes)
    }

    private mutating func loop(
        _ key: String?, _ name: String?, _ value: TemplateValue, _ body: [Node], _ otherwise: [Node]
    ) throws(Template.Fault) -> String {
        let items: [(TemplateValue, TemplateValue)]
        switch value {
        case .list(let list): items = list.enumerated().map { (.integer($0.offset), $0.element) }
        case .labels(let labels): items = labels.pairs.map { (.string($0.name), .string($0.value)) }
        case .named(let all): items = all.sorted { $0.key < $1.key }.map { (.string($0.key), $0.value) }
        case .none: items = []
        default: throw fault("range can't iterate over \(value.text)")
        }
        if items.isEmpty { return try scoped(otherwise) }
        let outer = dot
        var out = ""
        for (number, item) in items {
            dot = item
            scopes.append([:])
            if let key { scopes[scopes.count - 1][key] = number }
            if let name { scopes[scopes.count - 1][name] = item }
            out += try render(body)
            scopes.removeLast()
            if let exit = leaving {
                leaving = nil
                if exit == .breaks { break }
            }
        }
        dot = outer
        return out
    }

    private mutating func evaluate(_ pipeline: Pipeline) throws(Template.Fault) -> TemplateValue {
        offset = pipeline.offset
        var last: TemplateValue?
        for command in pipeline.commands {
            if case .function(let name) = command.head {
                var arguments: [TemplateValue] = []
                for argument in command.arguments { arguments.append(try evaluate(argument)) }
                if let last { arguments.append(last) }
                last = try call(name, arguments)
            } else {
                last = try evaluate(command.head)
            }
        }
        return last ?? .none
    }

    private func call(_ name: String, _ arguments: [TemplateValue]) throws(Template.Fault) -> TemplateValue {
        guard let function = TemplateFunctions.all[name] else { throw fault("function \"\(name)\" not defined") }
        do throws(TemplateFunctions.Misuse) { return try function(arguments, data) } catch {
            throw fault("error calling \(name): \(error.reason)")
        }
    }

    private mutating func evaluate(_ operand: Operand) throws(Template.Fault) -> TemplateValue {
        switch operand {
        case .dot(let path):
            if isRoot, dot == .none, let first = path.first, let name = fields[first] {
                return try field(scopes[0][name] ?? .none, Array(path.dropFirst()))
            }
            return try field(dot, path)
        case .variable(let name, let path):
            if isRoot, name.isEmpty, let first = path.first, let long = fields[first] {
                return try field(scopes[0][long] ?? .none, Array(path.dropFirst()))
            }
            return try field(scopes.last { $0[name] != nil }?[name] ?? .none, path)
        case .number(let value, let isInteger): return isInteger ? .integer(Int(value)) : .number(value)
        case .string(let text): return .string(text)
        case .bool(let value): return .bool(value)
        case .none: return .none
        case .function(let name): return try call(name, [])
        case .pipeline(let pipeline, let path): return try field(try evaluate(pipeline), path)
        }
    }

    /// A label that is missing is the empty string, as in Prometheus.
    private func field(_ value: TemplateValue, _ path: [String]) throws(Template.Fault) -> TemplateValue {
        var value = value
        for name in path {
            switch (value, name) {
            case (.labels(let labels), _): value = .string(labels[name] ?? "")
            case (.named(let all), _): value = all[name] ?? .none
            case (.element(let element), "Labels"): value = .labels(element.labels)
            case (.element(let element), "Value"): value = .number(element.value)
            default: throw fault("can't evaluate field \(name) in type \(value.typeName)")
            }
        }
        return value
    }
}
