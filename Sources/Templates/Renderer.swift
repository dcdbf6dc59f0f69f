import TocsinModel

/// Carries out a parsed template, as Go's `text/template` does: the same values, the same faults.
struct Renderer {
    /// Variables from the outermost to the innermost; a later one of the same name hides the earlier.
    private var variables: [(name: String, value: TemplateValue)]
    let data: Template.Data
    private let template: Template
    /// The name of the template that is carried out, for faults.
    private let name: String
    /// The part that is being carried out, for faults.
    var place = Place(offset: 0, text: "")
    /// What leaves the innermost loop, once it was met.
    private var leaving: LoopExit?
    private let depth: Int
    private static let deepest = 200

    init(_ data: Template.Data, _ template: Template) {
        self.data = data
        self.template = template
        name = data.name
        depth = 0
        variables = [
            ("", .root(data)), ("labels", .labels(data.labels)), ("externalLabels", .labels(data.externalLabels)),
            ("externalURL", .string(data.externalURL)), ("value", .number(data.value)),
        ]
    }

    private init(inside outer: Renderer, _ name: String, dot: TemplateValue) {
        data = outer.data
        template = outer.template
        self.name = name
        depth = outer.depth + 1
        variables = [("", dot)]
    }

    /// What Prometheus puts in front of every template; the columns of faults count it.
    private static let preamble =
        "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}"

    func fault(_ message: String) -> Template.Fault {
        let before = template.source.utf8.prefix(place.offset)
        let line = before.count { $0 == 10 } + 1
        let column =
            before.lastIndex(of: 10).map { before.distance(from: $0, to: before.endIndex) - 1 }
            ?? place.offset + Self.preamble.utf8.count
        return Template.Fault(
            message: "template: \(data.name):\(line):\(column): executing \"\(name)\" at <\(place.text)>: \(message)",
            offset: place.offset)
    }

    mutating func render(_ nodes: [Node]) throws(Template.Fault) -> String {
        try render(nodes, variables[0].value)
    }

    private mutating func render(_ nodes: [Node], _ dot: TemplateValue) throws(Template.Fault) -> String {
        var out = ""
        for node in nodes {
            if leaving != nil { return out }
            switch node {
            case .text(let text): out += text
            case .output(let pipeline):
                let value = try evaluate(pipeline, dot)
                if pipeline.variables.isEmpty { out += value.text }
            case .condition(let pipeline, let then, let otherwise):
                let known = variables.count
                defer { variables.removeLast(variables.count - known) }
                out += try render(try evaluate(pipeline, dot).isTrue ? then : otherwise, dot)
            case .with(let pipeline, let then, let otherwise):
                let known = variables.count
                defer { variables.removeLast(variables.count - known) }
                let value = try evaluate(pipeline, dot)
                out += value.isTrue ? try render(then, value) : try render(otherwise, dot)
            case .range(let pipeline, let body, let otherwise):
                out += try loop(pipeline, body, otherwise, dot)
            case .template(let name, let pipeline, let place): out += try include(name, pipeline, place, dot)
            case .leave(let exit): leaving = exit
            }
        }
        return out
    }

    /// Another template, with the pipeline's value as its dot and none of the variables here.
    private mutating func include(
        _ name: String, _ pipeline: Pipeline?, _ place: Place, _ dot: TemplateValue
    ) throws(Template.Fault) -> String {
        self.place = place
        self.place.text = "{{template \(GoQuote.double(name))\(pipeline.map { " " + $0.place.text } ?? "")}}"
        guard let nodes = template.definitions[name] else {
            throw fault("template \(GoQuote.double(name)) not defined")
        }
        if depth >= Self.deepest { throw fault("exceeded maximum template depth (\(Self.deepest))") }
        let value = try pipeline.map { pipeline throws(Template.Fault) in try evaluate(pipeline, dot) } ?? .none
        var inner = Renderer(inside: self, name, dot: value)
        return try inner.render(nodes, value)
    }

    private mutating func loop(
        _ pipeline: Pipeline, _ body: [Node], _ otherwise: [Node], _ dot: TemplateValue
    ) throws(Template.Fault) -> String {
        let known = variables.count
        defer { variables.removeLast(variables.count - known) }
        var plain = pipeline
        plain.variables = []
        let value = try evaluate(plain, dot)
        let items: [(TemplateValue, TemplateValue)]
        switch value {
        case .list(let list): items = list.enumerated().map { (.integer($0.offset), $0.element) }
        case .labels(let labels): items = labels.pairs.map { (.string($0.name), .string($0.value)) }
        case .named(let all): items = all.sorted { $0.key < $1.key }.map { (.string($0.key), $0.value) }
        case .none: items = []
        // Go 1.22 and later count up to a number.
        case .integer(let count) where count <= 100_000:
            items = (0..<max(0, count)).map { (.integer($0), .integer($0)) }
        default:
            place = pipeline.place
            throw fault("range can't iterate over \(value.text)")
        }
        // Until the first turn the variables hold what is gone through.
        if pipeline.giving == .declares { variables += pipeline.variables.map { ($0, value) } }
        if items.isEmpty { return try render(otherwise, dot) }
        var out = ""
        for (number, item) in items {
            let outside = variables.count
            defer { variables.removeLast(variables.count - outside) }
            let given = pipeline.variables.count > 1 ? [number, item] : [item]
            for (name, value) in zip(pipeline.variables, given) { try give(name, value, pipeline.giving) }
            out += try render(body, item)
            if let exit = leaving {
                leaving = nil
                if exit == .breaks { break }
            }
        }
        return out
    }

    private mutating func give(
        _ name: String, _ value: TemplateValue, _ giving: Pipeline.Giving
    ) throws(Template.Fault) {
        if giving == .declares { return variables.append((name, value)) }
        guard let at = variables.lastIndex(where: { $0.name == name }) else {
            throw fault("undefined variable: $\(name)")
        }
        variables[at].value = value
    }

    // MARK: Pipelines

    private mutating func evaluate(_ pipeline: Pipeline, _ dot: TemplateValue) throws(Template.Fault) -> TemplateValue {
        place = pipeline.place
        var last: TemplateValue?
        for command in pipeline.commands { last = try evaluate(command, last, dot) }
        let value = last ?? .none
        for name in pipeline.variables { try give(name, value, pipeline.giving) }
        return value
    }

    /// - Parameter final: what the command before in the pipeline came to.
    private mutating func evaluate(
        _ command: Command, _ final: TemplateValue?, _ dot: TemplateValue
    ) throws(Template.Fault) -> TemplateValue {
        let first = command.terms[0]
        let hasArguments = command.terms.count > 1 || final != nil
        switch first.kind {
        case .function(let name): return try call(name, first, command, Array(command.terms.dropFirst()), final, dot)
        case .dot(let path) where !path.isEmpty:
            place = first.place
            return try field(dot, path, command.terms, final, dot)
        case .chain(let inner, let path):
            place = first.place
            return try field(try value(of: inner, dot), path, command.terms, final, dot)
        case .variable(let name, let path):
            place = first.place
            let known = try variable(name)
            if !path.isEmpty { return try field(known, path, command.terms, final, dot) }
        case .pipeline(let pipeline):
            if hasArguments { throw fault("can't give argument to non-function \(first.place.text)") }
            return try evaluate(pipeline, dot)
        default: break
        }
        place = first.place
        if hasArguments { throw fault("can't give argument to non-function \(first.place.text)") }
        if case .none = first.kind { throw fault("nil is not a command") }
        return try value(of: first, dot)
    }

    private func variable(_ name: String) throws(Template.Fault) -> TemplateValue {
        guard let known = variables.last(where: { $0.name == name }) else {
            throw fault("undefined variable: $\(name)")
        }
        return known.value
    }

    /// The value of a term that stands alone, as an argument does.
    mutating func value(of term: Term, _ dot: TemplateValue) throws(Template.Fault) -> TemplateValue {
        place = term.place
        switch term.kind {
        case .dot(let path): return try field(dot, path, [], nil, dot)
        case .variable(let name, let path): return try field(try variable(name), path, [], nil, dot)
        case .number(let number): return number.isWhole ? .integer(number.integer ?? 0) : .number(number.float)
        case .string(let text): return .string(text)
        case .bool(let value): return .bool(value)
        case .none: return .none
        case .function(let name):
            return try call(name, term, Command(terms: [term], place: term.place), [], nil, dot)
        case .pipeline(let pipeline): return try evaluate(pipeline, dot)
        case .chain(let inner, let path):
            if case .none = inner.kind { throw fault("indirection through explicit nil in \(term.place.text)") }
            return try field(try value(of: inner, dot), path, [], nil, dot)
        }
    }

    /// Follows names through structures and maps. Only a method, which is the last name, may have arguments.
    private mutating func field(
        _ value: TemplateValue, _ path: [String], _ terms: [Term], _ final: TemplateValue?, _ dot: TemplateValue
    ) throws(Template.Fault) -> TemplateValue {
        var value = value
        let place = place
        for (number, name) in path.enumerated() {
            let isLast = number == path.count - 1
            let hasArguments = isLast && (terms.count > 1 || final != nil)
            if case .time(let time) = value, name == "Format" {
                var arguments: [TemplateValue] = []
                if isLast { for term in terms.dropFirst() { arguments.append(try self.value(of: term, dot)) } }
                if let final { arguments.append(final) }
                self.place = place
                guard arguments.count == 1, case .string(let layout) = arguments[0] else {
                    throw fault("wrong number of args for Format: want 1 got \(arguments.count)")
                }
                value = .string(TimeFields.format(time, layout))
                continue
            }
            guard let next = value.field(name) else {
                throw fault("can't evaluate field \(name) in type \(value.typeName)")
            }
            if hasArguments, value != .none {
                throw fault(
                    value.isMap
                        ? "\(name) is not a method but has arguments"
                        : "\(name) has arguments but cannot be invoked as function")
            }
            value = next
        }
        return value
    }
}
