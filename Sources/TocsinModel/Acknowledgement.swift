/// Who is at the keyboard, told by the kernel and never by the screen.
public struct Operator: Sendable, Hashable, Codable {
    /// The login name, or the number as text when the account has no name.
    public let name: String
    /// The login uid: it survives `su` and `sudo` where the kernel keeps one.
    public let uid: UInt32

    public init(name: String, uid: UInt32) {
        self.name = name
        self.uid = uid
    }

    /// The engine itself, for audit entries of what happened without a person.
    public static let engine = Operator(name: "tocsin", uid: .max)

    /// The uid of those who come by token or certificate and have none here.
    public static let remote = UInt32.max - 1

    /// True for a person or program that gave a command, false for the engine itself.
    public var isSomebody: Bool { uid != Operator.engine.uid }

    /// The name with what tells two of the same name apart: `kim (uid 1000)`.
    public var words: String { uid == Operator.remote ? "\(name) (remote)" : "\(name) (uid \(uid))" }
}

/// "Seen, mine": one operator has taken one episode of one alert.
///
/// It stops repeats and escalation and never hides the alert. It ends when the alert resolves, when its severity rises
/// (unless sticky), when it expires, or when somebody takes it back.
public struct Acknowledgement: Sendable, Codable, Equatable {
    public let by: Operator
    /// When it was given, on the engine's time line.
    public let at: Milliseconds
    public let comment: String
    /// When it ends by itself; nil means with the alert.
    public let until: Milliseconds?
    /// A sticky one survives a rise in severity.
    public let sticky: Bool
    /// The severity that was acknowledged.
    public let severity: Severity

    public init(
        by: Operator, at: Milliseconds, comment: String, until: Milliseconds?, sticky: Bool, severity: Severity
    ) {
        self.by = by
        self.at = at
        self.comment = comment
        self.until = until
        self.sticky = sticky
        self.severity = severity
    }
}
