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

    func unclosed(_ symbol: String) -> PromQLError {
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
}
