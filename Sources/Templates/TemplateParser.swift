/// Reads Go template text.
struct TemplateParser {
    private let bytes: [UInt8]
    private var at = 0
    private var variables: [Set<String>] = [["labels", "value", "externalLabels", "externalURL", ""]]

    /// What `define` and `block` named.
    private(set) var definitions: [String: [Node]] = [:]
    private var loops = 0
    private var depth = 0
    /// Deeper nesting is refused, so that no text can exhaust the stack.
    private static let deepest = 100

    init(_ source: String) { bytes = Array(source.utf8) }

    mutating func whole() throws(Template.Fault) -> [Node] {
        let (nodes, end) = try block()
        switch end {
        case .text: return nodes
        case .end: throw fault("unexpected {{end}}", at)
        case .otherwise: throw fault("unexpected {{else}}", at)
        }
    }

    private func fault(_ message: String, _ offset: Int) -> Template.Fault {
        Template.Fault(message: message, offset: offset)
    }

    /// Nodes up to `{{end}}` or `{{else…}}`, which is consumed and returned, or to the end of the text.
    private mutating func block() throws(Template.Fault) -> ([Node], BlockEnd) {
        depth += 1
        defer { depth -= 1 }
        if depth > Self.deepest { throw fault("actions are nested too deeply (more than \(Self.deepest) levels)", at) }
        var nodes: [Node] = []
        while at < bytes.count {
            let text = takeText()
            if !text.isEmpty { nodes.append(.text(text)) }
            guard at < bytes.count else { break }
            let start = at
            let tokens = try action()
            guard let first = tokens.first else { continue }
            switch first.text {
            case "end" where first.kind == .word: return (nodes, .end)
            case "else" where first.kind == .word: return (nodes, .otherwise(Array(tokens.dropFirst())))
            default: nodes.append(try node(tokens, start))
            }
        }
        return (nodes, .text)
    }

    /// What a block ended with: `{{end}}`, `{{else}}` with the words after it, or the end of the text.
    private enum BlockEnd {
        case end
        case otherwise([TemplateToken])
        case text
    }

    private mutating func takeText() -> String {
        let start = at
        while at < bytes.count, !(bytes[at] == UInt8(ascii: "{") && at + 1 < bytes.count && bytes[at + 1] == bytes[at])
        {
            at += 1
        }
        var end = at
        if at + 3 < bytes.count, bytes[at + 2] == UInt8(ascii: "-"), Self.isSpace(bytes[at + 3]) {
            while end > start, Self.isSpace(bytes[end - 1]) { end -= 1 }
        }
        return String(decoding: bytes[start..<end], as: UTF8.self)
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (9...13).contains(byte) }

    /// The tokens between `{{` and `}}`.
    private mutating func action() throws(Template.Fault) -> [TemplateToken] {
        let start = at
        at += 2
        if at + 1 < bytes.count, bytes[at] == UInt8(ascii: "-"), Self.isSpace(bytes[at + 1]) { at += 1 }
        var lexer = TemplateLexer(bytes, at)
        let tokens = try lexer.tokens(from: start)
        at = lexer.at
        if lexer.trims { while at < bytes.count, Self.isSpace(bytes[at]) { at += 1 } }
        return tokens
    }

    private mutating func node(_ tokens: [TemplateToken], _ start: Int) throws(Template.Fault) -> Node {
        let rest = tokens.dropFirst()
        switch tokens[0].kind == .word ? tokens[0].text : "" {
        case "if":
            let pipeline = try parse(rest, start)
            let (then, otherwise) = try branches(start)
            return .condition(pipeline, then: then, otherwise: otherwise)
        case "with":
            variables.append([])
            defer { variables.removeLast() }
            if rest.count > 2, rest[rest.startIndex].kind == .variable, rest[rest.startIndex + 1].text == ":=" {
                let name = rest[rest.startIndex].text
                let pipeline = try parse(rest.dropFirst(2), start)
                variables[variables.count - 1].insert(name)
                let (then, otherwise) = try branches(start)
                return .with(pipeline, then: [.assign(name, Pipeline(dot: start))] + then, otherwise: otherwise)
            }
            let pipeline = try parse(rest, start)
            let (then, otherwise) = try branches(start)
            return .with(pipeline, then: then, otherwise: otherwise)
        case "range": return try range(rest, start)
        case "define", "block": return try define(rest, start, isBlock: tokens[0].text == "block")
        case "template":
            let name = try templateName(rest, start)
            return .template(name, rest.count > 1 ? try parse(rest.dropFirst(), start) : nil)
        case "break", "continue":
            guard loops > 0 else { throw fault("{{\(tokens[0].text)}} outside {{range}}", start) }
            return .leave(tokens[0].text == "break" ? .breaks : .continues)
        default: break
        }
        if tokens.count > 2, tokens[0].kind == .variable, tokens[1].text == ":=" || tokens[1].text == "=" {
            let pipeline = try parse(tokens.dropFirst(2), start)
            if tokens[1].text == ":=" { variables[variables.count - 1].insert(tokens[0].text) }
            return .assign(tokens[0].text, pipeline)
        }
        return .output(try parse(tokens[...], start))
    }

    private func templateName(_ tokens: ArraySlice<TemplateToken>, _ start: Int) throws(Template.Fault) -> String {
        guard let name = tokens.first, name.kind == .string else {
            throw fault("unexpected \(tokens.first.map { "\"\($0.text)\"" } ?? "end") in template clause", start)
        }
        return name.text
    }

    /// A named template has no variables but its own dot, `$`.
    private mutating func define(
        _ tokens: ArraySlice<TemplateToken>, _ start: Int, isBlock: Bool
    ) throws(Template.Fault) -> Node {
        let name = try templateName(tokens, start)
        let pipeline = isBlock ? try parse(tokens.dropFirst(), start) : nil
        let outer = variables
        variables = [[""]]
        defer { variables = outer }
        let (body, end) = try block()
        guard case .end = end else { throw fault("unexpected EOF: {{end}} is missing", start) }
        definitions[name] = body
        return isBlock ? .template(name, pipeline) : .text("")
    }

    private mutating func range(_ tokens: ArraySlice<TemplateToken>, _ start: Int) throws(Template.Fault) -> Node {
        var tokens = tokens
        var names: [String] = []
        if let assign = tokens.firstIndex(where: { $0.text == ":=" }) {
            names = tokens[..<assign].filter { $0.kind == .variable }.map(\.text)
            tokens = tokens[(assign + 1)...]
        }
        let pipeline = try parse(tokens, start)
        variables.append(Set(names))
        loops += 1
        defer {
            variables.removeLast()
            loops -= 1
        }
        let (body, otherwise) = try branches(start)
        return .range(
            key: names.count == 2 ? names[0] : nil, value: names.last, pipeline, body: body, otherwise: otherwise)
    }

    /// The body up to `{{end}}`, split at `{{else}}`; `{{else if x}}` nests.
    private mutating func branches(_ start: Int) throws(Template.Fault) -> ([Node], [Node]) {
        let before = at
        let (then, end) = try block()
        switch end {
        case .text: throw fault("unexpected EOF: {{end}} is missing", before)
        case .end: return (then, [])
        case .otherwise(let words) where words.isEmpty:
            let (otherwise, last) = try block()
            guard case .end = last else { throw fault("expected {{end}} after {{else}}", start) }
            return (then, otherwise)
        case .otherwise(let words):
            guard words[0].kind == .word, ["if", "with"].contains(words[0].text) else {
                throw fault("unexpected \"\(words[0].text)\" after {{else}}: only if and with may follow it", at)
            }
            // The chain shares its {{end}}.
            return (then, [try node(words, start)])
        }
    }

    private func parse(_ tokens: ArraySlice<TemplateToken>, _ start: Int) throws(Template.Fault) -> Pipeline {
        var parser = PipelineParser(tokens: Array(tokens), offset: start, variables: variables)
        return try parser.whole()
    }
}

extension Pipeline {
    /// The pipeline `.`
    init(dot offset: Int) { self.init(commands: [Command(head: .dot([]), arguments: [])], offset: offset) }
}

/// Reads the inside of an action.
private struct PipelineParser {
    let tokens: [TemplateToken]
    let offset: Int
    let variables: [Set<String>]
    var at = 0
    private var depth = 0

    init(tokens: [TemplateToken], offset: Int, variables: [Set<String>]) {
        self.tokens = tokens
        self.offset = offset
        self.variables = variables
    }

    func fault(_ message: String) -> Template.Fault { Template.Fault(message: message, offset: offset) }

    mutating func whole() throws(Template.Fault) -> Pipeline {
        let pipeline = try pipeline()
        if at < tokens.count { throw fault("unexpected \"\(tokens[at].text)\" in command") }
        return pipeline
    }

    private mutating func pipeline() throws(Template.Fault) -> Pipeline {
        var commands: [Command] = []
        repeat {
            guard at < tokens.count else { throw fault("missing value for command") }
            let head = try operand()
            var arguments: [Operand] = []
            while at < tokens.count, tokens[at].text != "|" || tokens[at].kind == .string,
                tokens[at].text != ")" || tokens[at].kind == .string
            {
                arguments.append(try operand())
            }
            if !arguments.isEmpty || !commands.isEmpty {
                guard case .function = head else { throw fault("can't give argument to non-function") }
            }
            commands.append(Command(head: head, arguments: arguments))
        } while takePipe()
        return Pipeline(commands: commands, offset: offset)
    }

    private mutating func takePipe() -> Bool {
        guard at < tokens.count, tokens[at].kind == .mark, tokens[at].text == "|" else { return false }
        at += 1
        return true
    }

    private mutating func operand() throws(Template.Fault) -> Operand {
        let token = tokens[at]
        at += 1
        switch token.kind {
        case .string: return .string(token.text)
        case .number:
            guard let value = Double(token.text) else { throw fault("bad number syntax: \"\(token.text)\"") }
            return .number(value, isInteger: Int(token.text) != nil)
        case .variable:
            let parts = token.text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            guard variables.contains(where: { $0.contains(parts[0]) }) else {
                throw fault("undefined variable \"$\(parts[0])\"")
            }
            return .variable(parts[0], Array(parts.dropFirst()))
        case .dot: return .dot(token.text.split(separator: ".").map(String.init))
        case .word:
            switch token.text {
            case "true": return .bool(true)
            case "false": return .bool(false)
            case "nil": return .none
            default:
                guard TemplateFunctions.all[token.text] != nil else {
                    throw fault("function \"\(token.text)\" not defined")
                }
                return .function(token.text)
            }
        case .mark:
            guard token.text == "(" else { throw fault("unexpected \"\(token.text)\" in operand") }
            depth += 1
            defer { depth -= 1 }
            if depth > 100 { throw fault("parentheses are nested too deeply (more than 100 levels)") }
            let inner = try pipeline()
            guard at < tokens.count, tokens[at].text == ")" else { throw fault("unclosed left paren") }
            at += 1
            var fields: [String] = []
            if at < tokens.count, tokens[at].kind == .dot, tokens[at].joined {
                fields = tokens[at].text.split(separator: ".").map(String.init)
                at += 1
            }
            return .pipeline(inner, fields)
        }
    }
}
