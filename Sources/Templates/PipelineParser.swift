/// Reads the inside of an action.
struct PipelineParser {
    private let tokens: [TemplateToken]
    private let offset: Int
    /// Names that may be used, with those that this pipeline makes.
    private(set) var variables: [String]
    private var at = 0
    private var depth = 0
    private static let deepest = 200

    init(tokens: [TemplateToken], offset: Int, variables: [String]) {
        self.tokens = tokens
        self.offset = offset
        self.variables = variables
    }

    private func fault(_ message: String) -> Template.Fault { Template.Fault(message: message, offset: offset) }

    private func peek(_ ahead: Int = 0) -> TemplateToken? {
        tokens.indices.contains(at + ahead) ? tokens[at + ahead] : nil
    }

    private func isMark(_ text: String, _ ahead: Int = 0) -> Bool {
        peek(ahead)?.kind == .mark && peek(ahead)?.text == text
    }

    private mutating func skipSpace() { while peek()?.kind == .space { at += 1 } }

    mutating func whole(_ context: String) throws(Template.Fault) -> Pipeline {
        let pipeline = try pipeline(context)
        if let odd = peek() { throw fault("unexpected \"\(odd.source)\" in \(context)") }
        return pipeline
    }

    private mutating func pipeline(_ context: String) throws(Template.Fault) -> Pipeline {
        skipSpace()
        var out = Pipeline(place: Place(offset: peek()?.offset ?? offset, text: ""))
        let begin = at
        try declarations(context, &out)
        while true {
            skipSpace()
            guard let next = peek(), !isMark(")") else { break }
            guard [.word, .variable, .field, .dot, .number, .character, .string].contains(next.kind) || isMark("(")
            else {
                throw fault("unexpected \"\(next.source)\" in \(context)")
            }
            out.commands.append(try command())
        }
        if out.commands.isEmpty { throw fault("missing value for \(context)") }
        for (number, command) in out.commands.enumerated().dropFirst() where !command.terms[0].isExecutable {
            throw fault("non executable command in pipeline stage \(number + 1)")
        }
        out.place.text = Self.text(tokens[begin..<at])
        return out
    }

    /// `$x :=`, `$x =`, and for `range` `$k, $v :=`.
    private mutating func declarations(_ context: String, _ out: inout Pipeline) throws(Template.Fault) {
        var names: [String] = []
        var ahead = 0
        func skip() { while peek(ahead)?.kind == .space { ahead += 1 } }
        while let token = peek(ahead), token.kind == .variable {
            names.append(token.text)
            ahead += 1
            skip()
            if isMark(":=", ahead) || isMark("=", ahead) {
                if names.count > (context == "range" ? 2 : 1) { throw fault("too many declarations in \(context)") }
                out.giving = isMark("=", ahead) ? .assigns : .declares
                out.variables = names
                variables += names
                at += ahead + 1
                return
            }
            guard isMark(",", ahead) else { return }
            if context != "range" || names.count > 1 { throw fault("too many declarations in \(context)") }
            ahead += 1
            skip()
        }
    }

    /// Terms up to `|`, a closing parenthesis or the end.
    private mutating func command() throws(Template.Fault) -> Command {
        var command = Command(terms: [], place: Place(offset: peek()?.offset ?? offset, text: ""))
        let begin = at
        while true {
            skipSpace()
            guard peek() != nil, !isMark(")"), !isMark("|") else { break }
            command.terms.append(try operand())
            guard let next = peek() else { break }
            if next.kind == .space { continue }
            guard isMark(")") || isMark("|") else { throw fault("unexpected \"\(next.source)\" in operand") }
        }
        if command.terms.isEmpty { throw fault("empty command") }
        command.place.text = Self.text(tokens[begin..<at])
        if isMark("|") { at += 1 }
        return command
    }

    /// A term with the fields that follow it directly.
    private mutating func operand() throws(Template.Fault) -> Term {
        let begin = at
        var term = try term()
        guard peek()?.kind == .field else { return term }
        // Go counts such a term from its first field on.
        term.place.offset = peek()?.offset ?? term.place.offset
        var names: [String] = []
        while let token = peek(), token.kind == .field {
            names.append(token.text)
            at += 1
        }
        switch term.kind {
        case .dot(let path) where !path.isEmpty: term.kind = .dot(path + names)
        case .variable(let name, let path): term.kind = .variable(name, path + names)
        case .number, .string, .bool, .none, .dot:
            throw fault("unexpected . after term \"\(term.place.text)\"")
        default: term.kind = .chain(term, names)
        }
        term.place.text = Self.text(tokens[begin..<at])
        return term
    }

    private mutating func term() throws(Template.Fault) -> Term {
        guard let token = peek() else { throw fault("missing value for command") }
        at += 1
        let place = Place(offset: token.offset, text: token.source)
        switch token.kind {
        case .string: return Term(kind: .string(token.text), place: place)
        case .character:
            let value = Int(token.text) ?? 0
            return Term(
                kind: .number(TemplateNumber(integer: value, float: Double(value), isWhole: true)), place: place)
        case .number:
            switch GoLiteral.number(token.text) {
            case .success(let number): return Term(kind: .number(number), place: place)
            case .failure(let problem): throw fault(problem.words)
            }
        case .variable:
            guard variables.contains(token.text) else { throw fault("undefined variable \"$\(token.text)\"") }
            return Term(kind: .variable(token.text, []), place: place)
        case .dot: return Term(kind: .dot([]), place: place)
        case .field: return Term(kind: .dot([token.text]), place: place)
        case .word: return Term(kind: try word(token.text), place: place)
        case .mark, .space:
            guard token.kind == .mark, token.text == "(" else {
                throw fault("unexpected \"\(token.source)\" in operand")
            }
            return try parenthesised(place)
        }
    }

    private func word(_ text: String) throws(Template.Fault) -> Term.Kind {
        switch text {
        case "true": return .bool(true)
        case "false": return .bool(false)
        case "nil": return .none
        default:
            guard TemplateFunctions.all[text] != nil else { throw fault("function \"\(text)\" not defined") }
            return .function(text)
        }
    }

    private mutating func parenthesised(_ place: Place) throws(Template.Fault) -> Term {
        depth += 1
        defer { depth -= 1 }
        if depth > Self.deepest { throw fault("parentheses are nested too deeply (more than \(Self.deepest) levels)") }
        let known = variables.count
        let inner = try pipeline("parenthesized pipeline")
        variables.removeLast(variables.count - known)
        guard isMark(")") else { throw fault("unclosed left paren") }
        at += 1
        return Term(kind: .pipeline(inner), place: Place(offset: place.offset, text: "(\(inner.place.text))"))
    }

    /// As Go prints it: one blank between operands.
    private static func text(_ tokens: ArraySlice<TemplateToken>) -> String {
        var out = ""
        for token in tokens {
            if token.kind == .mark, ["|", ":=", "="].contains(token.text) {
                while out.hasSuffix(" ") { out.removeLast() }
                out += " \(token.text) "
            } else if token.kind == .space {
                if !out.hasSuffix(" "), !out.isEmpty, !out.hasSuffix("(") { out += " " }
            } else {
                if token.kind == .mark, token.text == ")" { while out.hasSuffix(" ") { out.removeLast() } }
                out += token.source
            }
        }
        while out.hasSuffix(" ") { out.removeLast() }
        return out
    }
}
