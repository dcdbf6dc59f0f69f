/// What an operator wants of a service.
public struct FailoverIntent: Sendable, Codable, Equatable {
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// The primary is well and hands over.
        case switchover
        /// The primary is lost.
        case failover
        /// One member is started anew.
        case restart
        /// A member that was shut out comes back as a standby.
        case rejoin
    }

    /// Who starts it. Only the first two exist so far; the others are refused in words.
    public enum Mode: String, Sendable, Codable, CaseIterable {
        case manual
        /// The same plan, run as a drill, with its timings kept.
        case rehearsal
        case assisted, automatic, scheduled
    }

    public var service: String
    /// Nil lets the situation decide: switchover while the primary answers, failover when it is lost.
    public var kind: Kind?
    public var mode: Mode
    /// The member meant: the candidate, or the one to restart or rejoin. Nil lets the plan choose the fittest.
    public var member: String?

    public init(service: String, kind: Kind? = nil, mode: Mode = .manual, member: String? = nil) {
        self.service = service
        self.kind = kind
        self.mode = mode
        self.member = member
    }
}

/// The name of one plan, shown in its head: four hexadecimal digits and more where needed.
public struct PlanToken: Sendable, Hashable, Codable {
    public let raw: UInt64
    public init(_ raw: UInt64) { self.raw = raw }
    public var short: String { String(Hex.string(raw).suffix(4)) }

    // As sixteen hexadecimal digits: the number is too large for many JSON readers.
    public init(from decoder: any Decoder) throws { raw = try Hex.decode(decoder) }
    public func encode(to encoder: any Encoder) throws { try Hex.encode(raw, encoder) }
}

/// One exact call of a driver, in words and as data. Only the driver reads the data.
public struct StepCall: Sendable, Codable, Equatable {
    /// The call as an operator would type it.
    public var words: String
    public var arguments: [String]

    public init(words: String, arguments: [String]) {
        self.words = words
        self.arguments = arguments
    }
}

/// One step of a plan.
public struct PlanStep: Sendable, Codable, Equatable {
    /// What a step is for. The machine carries the ones without a call out itself, by watching.
    public enum Role: String, Sendable, Codable {
        case fence, demote, promote, repoint, restart, rejoin
        /// See that the old primary cannot write.
        case prove
        /// Wait until the candidate has everything.
        case catchUp
        /// Wait until a member is well again.
        case healthy
        /// See one writer, the requested one, and clients served, three times running.
        case verify

        /// True when the machine waits for what it sees instead of calling anybody.
        public var isWatched: Bool { [.prove, .catchUp, .healthy, .verify].contains(self) }
    }

    public var role: Role
    /// What it does, in a few words.
    public var words: String
    /// The member it is done to.
    public var member: String
    public var call: StepCall?
    /// What takes it back; nil when nothing does.
    public var undo: StepCall?
    /// Milliseconds after which the outcome is unknown.
    public var deadline: Milliseconds
    /// From this step on there is no way back.
    public var irreversible: Bool

    public init(
        _ role: Role, _ words: String, member: String, call: StepCall? = nil, undo: StepCall? = nil,
        deadline: Milliseconds, irreversible: Bool = false
    ) {
        self.role = role
        self.words = words
        self.member = member
        self.call = call
        self.undo = undo
        self.deadline = deadline
        self.irreversible = irreversible
    }
}

/// What a guard found.
public struct GuardResult: Sendable, Codable, Equatable {
    public enum Verdict: String, Sendable, Codable {
        case passed
        /// Refused unless the word is typed.
        case overridable
        /// Refused.
        case hard
    }

    /// A short name such as `view is fresh`.
    public var name: String
    /// The safety rule it keeps, `S1`.
    public var rule: String
    public var verdict: Verdict
    /// What was seen, or why it refuses, in a sentence.
    public var reason: String
    /// What must be typed beside the service's name to go on all the same.
    public var word: String?

    public init(name: String, rule: String, verdict: Verdict, reason: String, word: String? = nil) {
        self.name = name
        self.rule = rule
        self.verdict = verdict
        self.reason = reason
        self.word = word
    }
}

/// What an intent comes to: exactly what will happen, and whether it may.
public struct Plan: Sendable, Codable, Equatable {
    public var token: PlanToken
    public var service: String
    /// `environment/service`: what confirms it.
    public var title: String
    public var kind: FailoverIntent.Kind
    public var mode: FailoverIntent.Mode
    public var loser: String?
    public var winner: String?
    public var steps: [PlanStep]
    public var guards: [GuardResult]
    /// What may be lost, in words: bytes, seconds, sessions.
    public var losses: String
    /// What else is touched.
    public var touches: [String]
    /// Commands for doing it by hand, copyable, whatever the guards say.
    public var byHand: [String]
    public var madeAt: Milliseconds
    public var expiresAt: Milliseconds
    public var by: Operator
    /// Why it can no longer be run; nil while it can.
    public var dead: String?

    public init(
        token: PlanToken, service: String, title: String, kind: FailoverIntent.Kind, mode: FailoverIntent.Mode,
        loser: String?, winner: String?, steps: [PlanStep], guards: [GuardResult], losses: String, touches: [String],
        byHand: [String], madeAt: Milliseconds, expiresAt: Milliseconds, by: Operator
    ) {
        self.token = token
        self.service = service
        self.title = title
        self.kind = kind
        self.mode = mode
        self.loser = loser
        self.winner = winner
        self.steps = steps
        self.guards = guards
        self.losses = losses
        self.touches = touches
        self.byHand = byHand
        self.madeAt = madeAt
        self.expiresAt = expiresAt
        self.by = by
    }

    /// Refusals that no word lifts.
    public var refusals: [GuardResult] { guards.filter { $0.verdict == .hard } }

    /// Everything that must be typed, in this order: the service's name, then a word for each guard that was lifted.
    public var confirmation: [String] {
        var words = [title]
        for one in guards where one.verdict == .overridable {
            if let word = one.word, !words.contains(word) { words.append(word) }
        }
        return words
    }

    /// The number of the first step without a way back, counted from 1.
    public var pointOfNoReturn: Int? { steps.firstIndex { $0.irreversible }.map { $0 + 1 } }
}

/// The answer to an intent.
public enum PlanReply: Sendable, Codable, Equatable {
    case plan(Plan)
    /// No plan can be made; why, and what mends it.
    case refused(String)
}
