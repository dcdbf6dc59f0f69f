/// What an operator asks the engine to do. Every command carries the identity of its target, captured at the first key,
/// so that a list that moved meanwhile cannot change what is meant.
public enum OperatorCommand: Sendable, Codable, Equatable {
    /// Take these episodes. `duration` in milliseconds lets the acknowledgement end by itself.
    case acknowledge([EpisodeID], comment: String, duration: Milliseconds?, sticky: Bool)
    /// Give these episodes back: they are nobody's again, from now.
    case unacknowledge([EpisodeID])
}

/// A name for one command, so that a repeat of the same request is recognised and carried out once.
public struct CommandID: Sendable, Hashable, Codable {
    public let raw: UInt64
    public init(_ raw: UInt64) { self.raw = raw }
}

/// What became of a command.
public struct Receipt: Sendable, Codable, Equatable {
    public enum Outcome: String, Sendable, Codable {
        case done, refused
    }

    public let outcome: Outcome
    /// One sentence for the screen: what was done, or why not and what would mend it.
    public let words: String

    public init(_ outcome: Outcome, _ words: String) {
        self.outcome = outcome
        self.words = words
    }
}
