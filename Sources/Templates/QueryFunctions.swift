import TocsinModel

/// Functions that ask the engine and take its answers apart.
extension TemplateFunctions {
    static let queryFunctions: [String: Body] = [
        "query": { (arguments, data) throws(Misuse) in
            let text = try texts(arguments, 1)[0]
            guard let query = data.query else { throw Misuse(reason: "no engine to ask is at hand here") }
            do { return .list(try query(text).map { .element($0) }) } catch { throw Misuse(reason: "\(error)") }
        },
        "first": { (arguments, _) throws(Misuse) in
            guard case .list(let list)? = arguments.first else {
                throw Misuse(reason: "first() called on \(arguments.first?.typeName ?? "nothing")")
            }
            guard let first = list.first else { throw Misuse(reason: "first() called on vector with no elements") }
            return first
        },
        "label": { (arguments, _) throws(Misuse) in
            guard arguments.count == 2, case .element(let element) = arguments[1] else {
                throw Misuse(reason: "label expects a name and an element of a query")
            }
            return .string(element.labels[arguments[0].text] ?? "")
        },
        "value": { (arguments, _) throws(Misuse) in .number(try element(arguments, "value").value) },
        "strvalue": { (arguments, _) throws(Misuse) in
            .string(try element(arguments, "strvalue").labels["__value__"] ?? "")
        },
        "sortByLabel": { (arguments, _) throws(Misuse) in
            guard arguments.count == 2, case .list(let list) = arguments[1] else {
                throw Misuse(reason: "sortByLabel expects a name and the elements of a query")
            }
            let name = arguments[0].text
            func key(_ value: TemplateValue) -> String {
                if case .element(let element) = value { return element.labels[name] ?? "" }
                return ""
            }
            let order = list.indices.sorted { (key(list[$0]), $0) < (key(list[$1]), $1) }
            return .list(order.map { list[$0] })
        },
        "args": { (arguments, _) throws(Misuse) in
            var named: [String: TemplateValue] = [:]
            for (number, argument) in arguments.enumerated() { named["arg\(number)"] = argument }
            return .named(named)
        },
    ]

    private static func element(
        _ arguments: [TemplateValue], _ name: String
    ) throws(Misuse) -> Template.Element {
        guard arguments.count == 1, case .element(let element) = arguments[0] else {
            throw Misuse(reason: "\(name) expects one element of a query")
        }
        return element
    }
}
