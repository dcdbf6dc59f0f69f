/// What an operator asks the engine to do. Every command carries the identity of its target, captured at the first key,
/// so that a list that moved meanwhile cannot change what is meant.
public enum OperatorCommand: Sendable, Codable, Equatable {
    /// Take these episodes. `duration` in milliseconds lets the acknowledgement end by itself.
    case acknowledge([EpisodeID], comment: String, duration: Milliseconds?, sticky: Bool)
    /// Give these episodes back: they are nobody's again, from now.
    case unacknowledge([EpisodeID])
    /// Silence what satisfies the matchers, or change a silence.
    case silence(SilenceRequest)
    /// End a silence now.
    case expireSilence(SilenceID)
    /// Run the plan of this token. `typed` holds what was typed: the service's name, and a word for each lifted guard.
    case execute(PlanToken, typed: [String])
    /// Stop a run at its next safe point.
    case abort(RunID)
    /// Go on with a run whose unknown step has been seen to have had its effect.
    case resume(RunID)
    /// Close a run whose outcome is unknown: a person has looked, and says what they found.
    case close(RunID, reason: String)
    /// Maintenance of a service for so many milliseconds.
    case maintain(service: String, duration: Milliseconds, reason: String)
    case endMaintenance(service: String)
    /// Let whoever has the secret of this token in.
    case addToken(AccessToken)
    case revokeToken(name: String)
    /// “This is normal now”: what is seen at present is no news any more.
    case acceptAnomaly(WatchedName)
    /// “That was no anomaly”: the bar goes up.
    case refuseAnomaly(WatchedName)
}

extension OperatorCommand {
    /// The name of a command, as the wire and the audit have it.
    public static func name(of command: OperatorCommand) -> String {
        switch command {
        case .acknowledge: "acknowledge"
        case .unacknowledge: "unacknowledge"
        case .silence: "silence"
        case .expireSilence: "expire silence"
        case .execute: "failover"
        case .abort: "abort"
        case .resume: "resume"
        case .close: "close"
        case .maintain: "maintenance"
        case .endMaintenance: "end of maintenance"
        case .addToken: "create token"
        case .revokeToken: "revoke token"
        case .acceptAnomaly: "accept as normal"
        case .refuseAnomaly: "false alarm"
        }
    }
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
    /// The run that the command began.
    public let run: RunID?
    /// The silence that the command made or changed.
    public let silence: SilenceID?

    public init(_ outcome: Outcome, _ words: String, run: RunID? = nil, silence: SilenceID? = nil) {
        self.outcome = outcome
        self.words = words
        self.run = run
        self.silence = silence
    }
}
