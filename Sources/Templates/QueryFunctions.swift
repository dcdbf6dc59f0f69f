import TocsinModel

/// Functions that ask the engine and take its answers apart.
extension TemplateFunctions {
    static let queryFunctions: [String: TemplateFunction] = [
        "query": TemplateFunction([.string]) { (arguments, data) throws(Misuse) in
            guard let query = data.query else { throw Misuse(reason: "no engine to ask is at hand here") }
            do { return .list(try query(arguments[0].text).map { .element($0) }) } catch {
                throw Misuse(reason: "\(error)")
            }
        },
        "first": TemplateFunction([.elements]) { (arguments, _) throws(Misuse) in
            guard case .list(let list) = arguments[0], let first = list.first else {
                throw Misuse(reason: "first() called on vector with no elements")
            }
            return first
        },
        "label": TemplateFunction([.string, .element]) { (arguments, _) throws(Misuse) in
            .string(try labels(of: arguments[1])[arguments[0].text] ?? "")
        },
        "value": TemplateFunction([.element]) { (arguments, _) throws(Misuse) in
            guard let value = arguments[0].field("Value"), value != .none else { throw nilPointer }
            return value
        },
        "strvalue": TemplateFunction([.element]) { (arguments, _) throws(Misuse) in
            .string(try labels(of: arguments[0])["__value__"] ?? "")
        },
        "sortByLabel": TemplateFunction([.string, .elements]) { (arguments, _) throws(Misuse) in
            guard case .list(let list) = arguments[1] else { return .list([]) }
            let name = arguments[0].text
            func key(_ value: TemplateValue) -> String { (try? labels(of: value)[name]) ?? "" }
            let order = list.indices.sorted { (key(list[$0]), $0) < (key(list[$1]), $1) }
            return .list(order.map { list[$0] })
        },
        "args": TemplateFunction([.any], variadic: true) { (arguments, _) throws(Misuse) in
            var named: [String: TemplateValue] = [:]
            for (number, argument) in arguments.enumerated() { named["arg\(number)"] = argument }
            return .named(named)
        },
    ]

    private static var nilPointer: Misuse {
        Misuse(reason: "runtime error: invalid memory address or nil pointer dereference")
    }

    private static func labels(of value: TemplateValue) throws(Misuse) -> Labels {
        guard case .labels(let labels)? = value.field("Labels") else { throw nilPointer }
        return labels
    }
}
