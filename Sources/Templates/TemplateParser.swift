/// Reads a template into nodes, with the grammar of Go's `text/template`.
struct TemplateParser {
    private let bytes: [UInt8]
    private var at = 0
    private(set) var definitions: [String: [Node]] = [:]
    /// Names that may be used where we are: a control structure's own go with it.
    private var variables = ["", "labels", "value", "externalLabels", "externalURL"]
    private var loops = 0
    private var depth = 0
    private static let deepest = 200

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

    /// What a block ended with: `{{end}}`, `{{else}}` with the words after it, or the end of the text.
    private enum BlockEnd {
        case end
        case otherwise([TemplateToken])
        case text
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
            guard let tokens = try action() else { continue }
            let first = tokens.first
            let word = first?.kind == .word ? first?.text : nil
            switch word {
            case "end":
                if tokens.count > 1 { throw fault("unexpected \"\(tokens[1].source)\" in end", start) }
                return (nodes, .end)
            case "else": return (nodes, .otherwise(Array(tokens.dropFirst().drop { $0.kind == .space })))
            case "define":
                if depth > 1 { throw fault("unexpected {{define}}", start) }
                try define(tokens, start)
            default: nodes.append(try node(tokens, start))
            }
        }
        return (nodes, .text)
    }

    private mutating func takeText() -> String {
        let start = at
        while at < bytes.count, !(bytes[at] == UInt8(ascii: "{") && at + 1 < bytes.count && bytes[at + 1] == bytes[at])
        {
            at += 1
        }
        var end = at
        if at + 3 < bytes.count, bytes[at + 2] == UInt8(ascii: "-"), TemplateLexer.isSpace(bytes[at + 3]) {
            while end > start, TemplateLexer.isSpace(bytes[end - 1]) { end -= 1 }
        }
        return String(decoding: bytes[start..<end], as: UTF8.self)
    }

    /// The tokens of the action here without the space around them; nil for a comment.
    private mutating func action() throws(Template.Fault) -> [TemplateToken]? {
        let start = at
        at += 2
        if at + 1 < bytes.count, bytes[at] == UInt8(ascii: "-"), TemplateLexer.isSpace(bytes[at + 1]) { at += 2 }
        var lexer = TemplateLexer(bytes, at)
        var tokens = try lexer.tokens(from: start)
        at = lexer.at
        if lexer.trims { while at < bytes.count, TemplateLexer.isSpace(bytes[at]) { at += 1 } }
        while tokens?.first?.kind == .space { tokens?.removeFirst() }
        while tokens?.last?.kind == .space { tokens?.removeLast() }
        return tokens
    }

    private mutating func node(_ tokens: [TemplateToken], _ start: Int) throws(Template.Fault) -> Node {
        let word = tokens.first?.kind == .word ? tokens[0].text : ""
        let rest = Array(tokens.dropFirst().drop { $0.kind == .space })
        let known = variables.count
        defer { if ["if", "with", "range"].contains(word) { variables.removeLast(variables.count - known) } }
        switch word {
        case "if":
            let pipeline = try parse(rest, "if", start)
            let (then, otherwise) = try branches(start, chains: "if")
            return .condition(pipeline, then: then, otherwise: otherwise)
        case "with":
            let pipeline = try parse(rest, "with", start)
            let (then, otherwise) = try branches(start, chains: "with")
            return .with(pipeline, then: then, otherwise: otherwise)
        case "range":
            let pipeline = try parse(rest, "range", start)
            loops += 1
            defer { loops -= 1 }
            let (body, otherwise) = try branches(start, chains: nil)
            return .range(pipeline, body: body, otherwise: otherwise)
        case "block": return try named(rest, start)
        case "template":
            let (name, arguments) = try templateName(rest, "template", start)
            let pipeline = arguments.isEmpty ? nil : try parse(arguments, "template clause", start)
            return .template(name.text, pipeline, Place(offset: name.offset, text: "{{template}}"))
        case "break", "continue":
            guard loops > 0 else { throw fault("{{\(word)}} outside {{range}}", start) }
            if let odd = rest.first { throw fault("unexpected \"\(odd.source)\" in {{\(word)}}", start) }
            return .leave(word == "break" ? .breaks : .continues)
        default: return .output(try parse(tokens, "command", start))
        }
    }

    private func templateName(
        _ tokens: [TemplateToken], _ context: String, _ start: Int
    ) throws(Template.Fault) -> (TemplateToken, [TemplateToken]) {
        guard let name = tokens.first, name.kind == .string else {
            throw fault("unexpected \(tokens.first.map { "\"\($0.source)\"" } ?? "end") in \(context) clause", start)
        }
        return (name, Array(tokens.dropFirst().drop { $0.kind == .space }))
    }

    /// `{{define "name"}}…{{end}}`: a named template has no variables but its own dot, `$`.
    private mutating func define(_ tokens: [TemplateToken], _ start: Int) throws(Template.Fault) {
        let (name, rest) = try templateName(Array(tokens.dropFirst().drop { $0.kind == .space }), "define", start)
        if let odd = rest.first { throw fault("unexpected \"\(odd.source)\" in define clause", start) }
        try keep(name.text, start)
    }

    /// `{{block "name" pipeline}}…{{end}}`: a definition and its use in one.
    private mutating func named(_ tokens: [TemplateToken], _ start: Int) throws(Template.Fault) -> Node {
        let (name, rest) = try templateName(tokens, "block", start)
        let pipeline = try parse(rest, "block clause", start)
        try keep(name.text, start)
        return .template(name.text, pipeline, Place(offset: name.offset, text: "{{template}}"))
    }

    private mutating func keep(_ name: String, _ start: Int) throws(Template.Fault) {
        let (outer, outerLoops) = (variables, loops)
        variables = [""]
        loops = 0
        defer { (variables, loops) = (outer, outerLoops) }
        let (body, end) = try block()
        guard case .end = end else { throw fault("unexpected EOF: {{end}} is missing", start) }
        if let before = definitions[name], !Self.isBlank(before), !Self.isBlank(body) {
            throw fault("multiple definition of template \"\(name)\"", start)
        }
        if definitions[name].map(Self.isBlank) ?? true { definitions[name] = body }
    }

    private static func isBlank(_ nodes: [Node]) -> Bool {
        nodes.allSatisfy { if case .text(let text) = $0 { text.utf8.allSatisfy(TemplateLexer.isSpace) } else { false } }
    }

    /// The body up to `{{end}}`, split at `{{else}}`; `{{else if x}}` nests and shares its `{{end}}`.
    private mutating func branches(_ start: Int, chains word: String?) throws(Template.Fault) -> ([Node], [Node]) {
        let (then, end) = try block()
        switch end {
        case .text: throw fault("unexpected EOF: {{end}} is missing", start)
        case .end: return (then, [])
        case .otherwise(let words) where words.isEmpty:
            let (otherwise, last) = try block()
            guard case .end = last else { throw fault("expected {{end}} after {{else}}", start) }
            return (then, otherwise)
        case .otherwise(let words):
            guard let word, words[0].kind == .word, words[0].text == word else {
                throw fault("unexpected \"\(words[0].source)\" in else", at)
            }
            return (then, [try node(words, start)])
        }
    }

    private mutating func parse(
        _ tokens: [TemplateToken], _ context: String, _ start: Int
    ) throws(Template.Fault) -> Pipeline {
        var parser = PipelineParser(tokens: tokens, offset: start, variables: variables)
        let pipeline = try parser.whole(context)
        variables = parser.variables
        return pipeline
    }
}
