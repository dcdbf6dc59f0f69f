import LinearRegex
import TocsinModel

extension Expr {
    /// Reads and type-checks an expression. Errors carry line and column.
    public init(parsing text: String) throws(PromQLError) {
        var parser = Parser(tokens: try Lexer.tokens(text), text: Array(text.utf8))
        self = try parser.whole()
    }
}

/// A recursive-descent parser with precedence climbing for the binary operators.
struct Parser {
    let tokens: [Token]
    let text: [UInt8]
    var at = 0
    private var depth = 0

    /// Deeper nesting than this is refused, so that no text can exhaust the stack.
    private static let deepest = 400
    /// And so are longer expressions: a chain of operators nests to the left.
    private static let mostOperators = 1_000
    private var operators = 0

    init(tokens: [Token], text: [UInt8]) {
        self.tokens = tokens
        self.text = text
    }

    var current: Token { tokens[at] }

    func error(_ message: String, at offset: Int? = nil) -> PromQLError {
        PromQLError(message, at: offset ?? current.start, in: text)
    }

    mutating func advance() { if at < tokens.count - 1 { at += 1 } }

    func isSymbol(_ symbol: String) -> Bool { current.kind == .symbol(symbol) }

    mutating func take(_ symbol: String) -> Bool {
        guard isSymbol(symbol) else { return false }
        advance()
        return true
    }

    /// Takes a symbol, or says in Prometheus' words what stands in its place.
    ///
    /// - Parameter wanted: what may stand here, where that is more than the symbol.
    mutating func expect(_ symbol: String, in context: String = "", wanted: String? = nil) throws(PromQLError) {
        if take(symbol) { return }
        throw current.kind == .end && symbol != "("
            ? unclosed(symbol) : unexpected(in: context, wanted: wanted ?? "\"\(symbol)\"")
    }

    private func unclosed(_ symbol: String) -> PromQLError {
        switch symbol {
        case ")": error("unclosed left parenthesis")
        case "]": error("unclosed left bracket")
        case "}": error("unexpected end of input inside braces")
        default: error("unexpected end of input, expected \"\(symbol)\"")
        }
    }

    /// What stands here and does not belong here.
    func unexpected(in context: String = "", wanted: String = "") -> PromQLError {
        error(
            "unexpected \(describe(current))" + (context.isEmpty ? "" : " in \(context)")
                + (wanted.isEmpty || context.isEmpty ? "" : ", expected \(wanted)"))
    }

    /// The current token as a lower-case keyword, or nil.
    var keyword: String? {
        if case .identifier(let word) = current.kind { return word.lowercased() }
        return nil
    }

    mutating func take(keyword wanted: String) -> Bool {
        guard keyword == wanted else { return false }
        advance()
        return true
    }

    private static let keywords: Set<String> = [
        "on", "ignoring", "group_left", "group_right", "bool", "by", "without", "offset", "start", "end",
    ]

    func describe(_ token: Token) -> String {
        let bytes = text[token.start..<(token.start + token.length)]
        let words = String(decoding: bytes, as: UTF8.self)
        switch token.kind {
        case .end: return "end of input"
        case .identifier(let word):
            let lower = word.lowercased()
            if Self.keywords.contains(lower) { return "<\(lower)>" }
            if BinaryOperator(rawValue: lower) != nil { return "<op:\(lower)>" }
            if AggregateOperator(rawValue: lower) != nil { return "<aggr:\(lower)>" }
            return (word.contains(":") ? "metric identifier" : "identifier") + " \(Labels.quote(word))"
        case .symbol(")"): return "right parenthesis ')'"
        case .symbol("]"): return "right bracket ']'"
        case .symbol(let symbol): return BinaryOperator(rawValue: symbol) == nil ? "\"\(symbol)\"" : "<op:\(symbol)>"
        case .string: return "string \(Labels.quote(words))"
        case .number: return "number \(Labels.quote(words))"
        case .duration: return "duration \(Labels.quote(words))"
        }
    }

    mutating func whole() throws(PromQLError) -> Expr {
        if current.kind == .end { throw error("no expression found in input") }
        let expression = try binary(minimum: 1)
        if current.kind != .end { throw unexpected() }
        return expression
    }

    /// Operators of at least this precedence, left-associative but for `^`.
    mutating func binary(minimum: Int) throws(PromQLError) -> Expr {
        depth += 1
        defer { depth -= 1 }
        if depth > Self.deepest { throw error("expression is nested too deeply (more than \(Self.deepest) levels)") }
        let start = current.start
        var left = try unary()
        while let operation = binaryOperator, operation.precedence >= minimum {
            let position = current.start
            operators += 1
            if operators > Self.mostOperators {
                throw error("expression is too long (more than \(Self.mostOperators) operators)")
            }
            advance()
            var node = Binary(operation: operation, left: left, right: left, position: position)
            try modifiers(of: &node)
            node.right = try binary(minimum: operation == .power ? operation.precedence : operation.precedence + 1)
            left = .binary(node)
            try check(binary: node, from: start)
        }
        return left
    }

    private var binaryOperator: BinaryOperator? {
        switch current.kind {
        case .symbol(let symbol): BinaryOperator(rawValue: symbol)
        case .identifier(let word): BinaryOperator(rawValue: word.lowercased())
        default: nil
        }
    }

    private mutating func modifiers(of node: inout Binary) throws(PromQLError) {
        if take(keyword: "bool") { node.returnsBool = true }
        if keyword == "on" || keyword == "ignoring" {
            node.matching.on = keyword == "on"
            advance()
            node.matching.labels = try labelList()
            if keyword == "group_left" || keyword == "group_right" {
                node.matching.cardinality = keyword == "group_left" ? .manyToOne : .oneToMany
                advance()
                if isSymbol("(") { node.matching.include = try labelList() }
            }
        }
        if node.operation.isSet, node.matching.cardinality == .oneToOne { node.matching.cardinality = .manyToMany }
    }

    mutating func labelList() throws(PromQLError) -> [String] {
        try expect("(", in: "grouping opts")
        var names: [String] = []
        while !isSymbol(")") {
            switch current.kind {
            case .identifier(let word) where !word.contains(":"): names.append(word)
            case .string(let word): names.append(word)
            default: throw unexpected(in: "grouping opts", wanted: "label")
            }
            advance()
            if !take(",") { break }
        }
        try expect(")", in: "grouping opts", wanted: "\",\" or \")\"")
        return names
    }

    private mutating func unary() throws(PromQLError) -> Expr {
        let position = current.start
        guard isSymbol("-") || isSymbol("+") else { return try postfix() }
        let negative = isSymbol("-")
        advance()
        // A sign binds looser than ^ and tighter than *.
        let operand = try binary(minimum: BinaryOperator.power.precedence)
        guard operand.type == .scalar || operand.type == .instantVector else {
            throw error(
                "unary expression only allowed on expressions of type scalar or instant vector, got "
                    + "\"\(operand.type.rawValue)\"", at: position)
        }
        if case .number(let value) = operand, negative { return .number(-value) }
        return negative ? .negate(operand) : operand
    }

    /// A primary expression with its ranges, offsets and `@`.
    private mutating func postfix() throws(PromQLError) -> Expr {
        let start = current.start
        var expression = try primary()
        while true {
            if isSymbol("[") {
                expression = try brackets(after: expression, from: start)
            } else if take(keyword: "offset") {
                let negative = take("-")
                if !negative { _ = take("+") }
                let amount = try duration("offset")
                try expression.shift(by: negative ? -amount : amount) { error($0, at: start) }
            } else if take("@") {
                try expression.pin(to: try atModifier()) { error($0, at: start) }
            } else {
                return expression
            }
        }
    }

    private mutating func atModifier() throws(PromQLError) -> AtModifier {
        if keyword == "start" || keyword == "end" {
            let modifier: AtModifier = keyword == "start" ? .start : .end
            advance()
            try expect("(")
            try expect(")")
            return modifier
        }
        let negative = take("-")
        if !negative { _ = take("+") }
        let position = current.start
        if let word = keyword, word == "nan" || word == "inf" {
            let value = word == "nan" ? "NaN" : negative ? "-Inf" : "+Inf"
            throw error("timestamp out of bounds for @ modifier: \(value)", at: position)
        }
        let seconds = try seconds("@")
        if seconds.magnitude >= 9.2233720368547e18 {
            throw error("timestamp out of bounds for @ modifier: \(GoNumber.fixed(seconds, decimals: 6))", at: position)
        }
        // Ages before and after everything that can have been stored.
        let milliseconds = max(-9e18, min(9e18, (negative ? -seconds : seconds) * 1000))
        return .time(Milliseconds(milliseconds.rounded()))
    }

    private mutating func brackets(after expression: Expr, from start: Int) throws(PromQLError) -> Expr {
        let position = current.start
        try expect("[")
        let place = current.start
        if isSymbol("]") { throw error("missing unit character in duration") }
        let range = try duration("range")
        if range <= 0 { throw error("duration must be greater than 0", at: place) }
        if take(":") {
            let place = current.start
            if current.kind == .end { throw unclosed("]") }
            let step = isSymbol("]") ? nil : try duration("subquery selector")
            if let step, step <= 0 { throw error("duration must be greater than 0", at: place) }
            try expect("]", in: "subquery selector")
            guard expression.type == .instantVector else {
                throw error(
                    "subquery is only allowed on instant vector, got \(expression.type == .rangeVector ? "matrix" : expression.type.rawValue) instead",
                    at: start)
            }
            return .subquery(Subquery(expression: expression, range: range, step: step))
        }
        try expect("]", in: "range")
        guard case .selector(let selector) = expression else {
            throw error("ranges only allowed for vector selectors", at: position)
        }
        if selector.offset != 0 { throw error("no offset modifiers allowed before range", at: position) }
        if selector.at != nil { throw error("no @ modifiers allowed before range", at: position) }
        return .range(selector, range)
    }

    /// A duration, or a number of seconds, in milliseconds.
    mutating func duration(_ what: String) throws(PromQLError) -> Milliseconds {
        Milliseconds((try seconds(what) * 1000).rounded())
    }

    private mutating func seconds(_ what: String) throws(PromQLError) -> Double {
        let value: Double
        switch current.kind {
        case .duration(let milliseconds): value = Double(milliseconds) / 1000
        case .number(let number): value = number
        default: throw unexpected(in: what, wanted: what == "@" ? "timestamp" : "duration")
        }
        // 292 years, the longest that Go's durations hold.
        if what != "@", !(value.magnitude <= 9.2233720368e9) { throw error("duration out of range") }
        if value.isNaN { throw error("timestamp out of bounds for @ modifier: NaN") }
        advance()
        return value
    }
}

extension Expr {
    fileprivate mutating func shift(
        by amount: Milliseconds, _ fault: (String) -> PromQLError
    ) throws(PromQLError) {
        switch self {
        case .selector(var selector):
            if selector.offset != 0 { throw fault("offset may not be set multiple times") }
            selector.offset = amount
            self = .selector(selector)
        case .range(var selector, let range):
            if selector.offset != 0 { throw fault("offset may not be set multiple times") }
            selector.offset = amount
            self = .range(selector, range)
        case .subquery(var subquery):
            if subquery.offset != 0 { throw fault("offset may not be set multiple times") }
            subquery.offset = amount
            self = .subquery(subquery)
        default:
            throw fault(
                "offset modifier must be preceded by an instant vector selector or range vector selector or a subquery")
        }
    }

    fileprivate mutating func pin(to at: AtModifier, _ fault: (String) -> PromQLError) throws(PromQLError) {
        switch self {
        case .selector(var selector):
            if selector.at != nil { throw fault("@ <timestamp> may not be set multiple times") }
            selector.at = at
            self = .selector(selector)
        case .range(var selector, let range):
            if selector.at != nil { throw fault("@ <timestamp> may not be set multiple times") }
            selector.at = at
            self = .range(selector, range)
        case .subquery(var subquery):
            if subquery.at != nil { throw fault("@ <timestamp> may not be set multiple times") }
            subquery.at = at
            self = .subquery(subquery)
        default:
            throw fault(
                "@ modifier must be preceded by an instant vector selector or range vector selector or a subquery")
        }
    }
}
