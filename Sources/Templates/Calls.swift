/// How functions are called: their arguments are counted, brought to their types, and given.
extension Renderer {
    mutating func call(
        _ name: String, _ head: Term, _ command: Command, _ terms: [Term], _ final: TemplateValue?, _ dot: TemplateValue
    ) throws(Template.Fault) -> TemplateValue {
        place = head.place
        guard let function = TemplateFunctions.all[name] else {
            throw fault("\(GoQuote.double(name)) is not a defined function")
        }
        if let words = function.countFault(name, terms.count + (final == nil ? 0 : 1)) { throw fault(words) }
        if name == "and" || name == "or" { return try choose(name == "or", terms, final, dot) }
        var arguments: [TemplateValue] = []
        for (number, term) in terms.enumerated() {
            arguments.append(try argument(term, function.parameter(number), dot))
        }
        if let final {
            if let words = function.parameter(terms.count).refusal(of: final) { throw fault(words) }
            arguments.append(final)
        }
        do throws(TemplateFunctions.Misuse) { return try function.body(arguments, data) } catch {
            place = command.place
            throw fault("error calling \(name): \(error.reason)")
        }
    }

    /// `and` and `or` look no further than they must.
    private mutating func choose(
        _ wanted: Bool, _ terms: [Term], _ final: TemplateValue?, _ dot: TemplateValue
    ) throws(Template.Fault) -> TemplateValue {
        var last = TemplateValue.none
        for term in terms {
            last = try value(of: term, dot)
            if last.isTrue == wanted { return last }
        }
        return final ?? last
    }

    /// The value of an argument, which must be of the parameter's type; a constant is told by what is written.
    private mutating func argument(
        _ term: Term, _ parameter: TemplateFunction.Parameter, _ dot: TemplateValue
    ) throws(Template.Fault) -> TemplateValue {
        let value = try value(of: term, dot)
        place = term.place
        if parameter == .any { return value }
        switch term.kind {
        case .none: if parameter == .string { throw fault("cannot assign nil to string") }
        case .number, .bool, .string:
            if parameter == .string {
                guard case .string = value else { throw fault("expected string; found \(term.place.text)") }
            } else {
                throw fault("can't handle \(term.place.text) for arg of type \(parameter.typeName)")
            }
        default: if let words = parameter.refusal(of: value) { throw fault(words) }
        }
        return value
    }
}
