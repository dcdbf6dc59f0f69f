import LinearRegex
import TocsinModel

extension Parser {
    /// A literal, a selector, a call, an aggregation or a parenthesis.
    mutating func primary() throws(PromQLError) -> Expr {
        switch current.kind {
        case .number(let value):
            advance()
            return .number(value)
        case .duration(let milliseconds):
            advance()
            return .number(Double(milliseconds) / 1000)
        case .string(let text):
            advance()
            return .string(text)
        case .symbol("("):
            advance()
            if current.kind == .end { throw error("unclosed left parenthesis") }
            let inner = try binary(minimum: 1)
            try expect(")")
            return .parenthesised(inner)
        case .symbol("{"):
            return .selector(try selector(named: "", from: current.start))
        case .identifier(let word):
            return try named(word)
        default:
            throw unexpected()
        }
    }

    private mutating func named(_ word: String) throws(PromQLError) -> Expr {
        let next = tokens[min(at + 1, tokens.count - 1)].kind
        let lower = word.lowercased()
        if let operation = AggregateOperator(rawValue: lower) {
            let grouped: Bool
            if case .identifier(let after) = next {
                grouped = ["by", "without"].contains(after.lowercased())
            } else {
                grouped = false
            }
            if next == .symbol("(") || grouped { return try aggregate(operation) }
        }
        // Operators and the names of aggregations may name metrics; these words may not.
        if ["on", "ignoring", "group_left", "group_right", "bool", "atan2"].contains(lower) { throw unexpected() }
        if next == .symbol("(") { return try call(word) }
        if lower == "inf" || lower == "nan" {
            advance()
            return .number(lower == "inf" ? .infinity : .nan)
        }
        let start = current.start
        advance()
        return .selector(try selector(named: word, from: start))
    }

    private mutating func aggregate(_ operation: AggregateOperator) throws(PromQLError) -> Expr {
        var node = Aggregate(operation: operation, expression: .number(0), position: current.start)
        advance()
        let before = try grouping(into: &node)
        let arguments = try arguments()
        if !before { _ = try grouping(into: &node) }
        let wanted = operation.takesParameter ? 2 : 1
        if arguments.isEmpty {
            throw error("no arguments for aggregate expression provided", at: node.position)
        }
        guard arguments.count == wanted else {
            throw error(
                "wrong number of arguments for aggregate expression provided, expected \(wanted), got "
                    + "\(arguments.count)", at: node.position)
        }
        node.expression = arguments[wanted - 1].value
        if wanted == 2 { node.parameter = arguments[0].value }
        try check(aggregate: node, at: arguments.map(\.start))
        return .aggregate(node)
    }

    private mutating func grouping(into node: inout Aggregate) throws(PromQLError) -> Bool {
        guard keyword == "by" || keyword == "without" else { return false }
        node.without = keyword == "without"
        advance()
        node.grouping = try labelList()
        return true
    }

    private mutating func call(_ name: String) throws(PromQLError) -> Expr {
        let position = current.start
        guard let function = FunctionTable.find(name) else {
            if let reason = FunctionTable.unsupported[name] {
                throw error("function \"\(name)\" is not supported here: \(reason)", at: position)
            }
            throw error("unknown function with name \"\(name)\"", at: position)
        }
        advance()
        let arguments = try arguments()
        let node = Call(function: function, arguments: arguments.map(\.value), position: position)
        try check(call: node, at: arguments.map(\.start))
        return .call(node)
    }

    /// The arguments in parentheses, each with the offset of its first byte.
    private mutating func arguments() throws(PromQLError) -> [(value: Expr, start: Int)] {
        try expect("(")
        var out: [(value: Expr, start: Int)] = []
        while !isSymbol(")") {
            let start = current.start
            out.append((try binary(minimum: 1), start))
            let comma = current.start
            if !take(",") { break }
            if isSymbol(")") { throw error("trailing commas not allowed in function call args", at: comma) }
        }
        try expect(")")
        return out
    }

    /// The braces of a selector, where there are any; a selector needs a name or one matcher that refuses the empty string.
    mutating func selector(named name: String, from position: Int) throws(PromQLError) -> Selector {
        var selector = Selector(name: name, matchers: [])
        if !name.isEmpty { selector.matchers.append(LabelMatcher("__name__", .equal, name)) }
        if take("{") {
            while !isSymbol("}") {
                try matcher(into: &selector, from: position)
                if !take(",") { break }
            }
            try expect("}", in: "label matching", wanted: "\",\" or \"}\"")
        }
        let refusesEmpty = selector.matchers.contains { !Self.acceptsEmpty($0) }
        guard refusesEmpty else {
            throw error("vector selector must contain at least one non-empty matcher", at: position)
        }
        return selector
    }

    private mutating func matcher(into selector: inout Selector, from start: Int) throws(PromQLError) {
        let label: String
        let quoted: Bool
        switch current.kind {
        case .identifier(let word) where !word.contains(":"): (label, quoted) = (word, false)
        case .string(let word): (label, quoted) = (word, true)
        case .end: throw error("unexpected end of input inside braces")
        default: throw unexpected(in: "label matching", wanted: "identifier or \"}\"")
        }
        advance()
        if quoted, isSymbol(",") || isSymbol("}") {
            // `{"a metric name"}`
            if !selector.name.isEmpty { throw error("metric name must not be set twice: \"\(label)\"") }
            selector.matchers.append(LabelMatcher("__name__", .equal, label))
            return
        }
        guard case .symbol(let symbol) = current.kind, let operation = LabelMatcher.Operation(rawValue: symbol) else {
            throw unexpected(in: "label matching", wanted: "label matching operator")
        }
        advance()
        guard case .string(let value) = current.kind else {
            throw unexpected(in: "label matching", wanted: "string")
        }
        if operation == .matches || operation == .notMatches {
            do { _ = try LinearRegex(value) } catch {
                throw self.error("error parsing regexp: \(error.reason)")
            }
        }
        if label == "__name__", !selector.name.isEmpty {
            throw error("metric name must not be set twice: \"\(selector.name)\" or \"\(value)\"", at: start)
        }
        advance()
        selector.matchers.append(LabelMatcher(label, operation, value))
    }

    private static func acceptsEmpty(_ matcher: LabelMatcher) -> Bool {
        switch matcher.operation {
        case .equal: matcher.value.isEmpty
        case .notEqual: !matcher.value.isEmpty
        case .matches: (try? LinearRegex(matcher.value))?.matches("") ?? true
        case .notMatches: !((try? LinearRegex(matcher.value))?.matches("") ?? false)
        }
    }
}
