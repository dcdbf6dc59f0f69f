/// One line of the audit: who did what to what, when, and what came of it.
///
/// Entries are append-only. Each carries the SHA-256 of its predecessor, so a line that was changed or taken out later
/// breaks the chain from there on.
public struct AuditEntry: Sendable, Codable, Equatable {
    /// 1 for the first entry of the journal; 0 before it is written.
    public var sequence: Int64
    /// Wall time in UTC.
    public let at: Milliseconds
    public let by: Operator
    /// A short word such as `acknowledge`, `fired`, `started`.
    public let action: String
    /// What it was done to: an alert name, a service, the engine.
    public let target: String
    /// The episode concerned, in text form, or empty.
    public let episode: String
    /// One sentence of detail: the comment, the value, the reason.
    public let detail: String

    public init(
        sequence: Int64 = 0, at: Milliseconds, by: Operator, action: String, target: String, episode: String = "",
        detail: String
    ) {
        self.sequence = sequence
        self.at = at
        self.by = by
        self.action = action
        self.target = target
        self.episode = episode
        self.detail = detail
    }
}
