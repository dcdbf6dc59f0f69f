/// A part of a parsed template.
indirect enum Node: Sendable {
    case text(String)
    case output(Pipeline)
    case condition(Pipeline, then: [Node], otherwise: [Node])
    case with(Pipeline, then: [Node], otherwise: [Node])
    case range(Pipeline, body: [Node], otherwise: [Node])
    /// `{{template "name" pipeline}}`
    case template(String, Pipeline?, Place)
    /// `{{break}}` and `{{continue}}`
    case leave(LoopExit)
}

/// How a loop's body is left early.
enum LoopExit: Sendable {
    case breaks, continues
}

/// Where a part of an action stands, and how Go prints it: what an error says of it.
struct Place: Sendable {
    /// Offset in the text, in bytes.
    var offset: Int
    var text: String
}

/// Commands joined by `|`: each result is the last argument of the next. What it comes to may be given to variables.
struct Pipeline: Sendable {
    enum Giving: Sendable {
        /// `:=` makes a new variable, whatever there was of that name.
        case declares
        /// `=` changes the one there is.
        case assigns
    }

    /// The variables in front of `:=` or `=`; two only for `range`.
    var variables: [String] = []
    var giving = Giving.declares
    var commands: [Command] = []
    var place: Place
}

/// One call, or one value when there are no arguments.
struct Command: Sendable {
    var terms: [Term]
    var place: Place
}

/// A value in an action.
struct Term: Sendable {
    indirect enum Kind: Sendable {
        /// `.` and `.a.b`
        case dot([String])
        /// `$x` and `$x.a`
        case variable(String, [String])
        case number(TemplateNumber)
        case string(String)
        case bool(Bool)
        case none
        case function(String)
        case pipeline(Pipeline)
        /// `(pipeline).a.b`, `function.a`
        case chain(Term, [String])
    }

    var kind: Kind
    var place: Place

    var isExecutable: Bool {
        switch kind {
        case .number, .string, .bool, .none: false
        case .dot(let path): !path.isEmpty
        default: true
        }
    }
}

/// A constant number: Go lets it be whatever the place wants it to be.
struct TemplateNumber: Sendable, Equatable {
    var integer: Int?
    var float: Double
    /// Written as a whole number, so that it is an `int` where anything may stand.
    var isWhole: Bool
}
