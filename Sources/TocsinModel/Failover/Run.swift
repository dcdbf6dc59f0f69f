/// The name of a run: that of its plan.
public struct RunID: Sendable, Hashable, Codable, Comparable {
    public let raw: UInt64
    public init(_ raw: UInt64) { self.raw = raw }
    public var short: String { String(Hex.string(raw).suffix(4)) }
    public static func < (a: RunID, b: RunID) -> Bool { a.raw < b.raw }

    // As sixteen hexadecimal digits: the number is too large for many JSON readers.
    public init(from decoder: any Decoder) throws { raw = try Hex.decode(decoder) }
    public func encode(to encoder: any Encoder) throws { try Hex.encode(raw, encoder) }
}

/// What became of a step.
public enum StepOutcome: Sendable, Codable, Equatable {
    case done(String)
    case failed(String)
    /// The deadline passed or the answer was lost: it may have happened, and may still happen.
    case unknown(String)

    public var words: String {
        switch self {
        case .done(let words), .failed(let words), .unknown(let words): words
        }
    }
}

/// One step of a run with what happened to it.
public struct RunStep: Sendable, Codable, Equatable {
    public enum State: String, Sendable, Codable {
        case waiting
        /// Its intent is being written down; nothing has been done yet.
        case recording
        /// Its intent is on record; it is being carried out.
        case started
        case done, failed, unknown
        /// Not needed, or never reached.
        case skipped
        case undone
    }

    public var step: PlanStep
    public var state: State
    public var startedAt: Milliseconds?
    public var endedAt: Milliseconds?
    /// When taking it back was begun.
    public var undoStartedAt: Milliseconds?
    /// The answer, or what is seen so far.
    public var words: String

    public init(_ step: PlanStep) {
        self.step = step
        state = .waiting
        words = ""
    }
}

/// How far a run is.
public enum RunState: String, Sendable, Codable {
    case running
    /// A step failed while there was a way back; what can be undone is being undone.
    case undoing
    /// Ended: Tocsin itself has seen the end that was wanted.
    case verified
    /// Ended: nothing is left half-way by our doing, or it was undone.
    case failed
    /// An outcome is not known. It is watched on, and waits for a person.
    case unknown
    /// A person has looked and closed it, with a reason.
    case closed

    /// True while steps may still be carried out.
    public var isActive: Bool { self == .running || self == .undoing }
    /// True while it holds its service against other runs.
    public var holdsService: Bool { isActive || self == .unknown }
}

/// How long each part took, in milliseconds.
public struct RunTimings: Sendable, Codable, Equatable {
    /// From the primary's last answer until it was known as lost.
    public var detection: Milliseconds?
    /// From then until a person ran the plan.
    public var decision: Milliseconds?
    /// From the last good check through the clients' address to the first good one.
    public var outage: Milliseconds?
    /// Clients were cut off before this engine ever saw them served, so the outage cannot be told.
    public var outageBegunBefore = false

    public init() {}
}

/// One execution of one plan.
public struct Run: Sendable, Codable, Equatable {
    public var id: RunID
    public var plan: Plan
    public var by: Operator
    public var startedAt: Milliseconds
    public var endedAt: Milliseconds?
    public var state: RunState
    public var steps: [RunStep]
    /// The words that lifted guards.
    public var overrides: [String]
    /// Who asked for it to stop, once somebody has.
    public var stopAsked: String?
    /// What is true now, or was at the end, in a sentence.
    public var verdict: String
    public var timings: RunTimings

    public init(id: RunID, plan: Plan, by: Operator, startedAt: Milliseconds, overrides: [String]) {
        self.id = id
        self.plan = plan
        self.by = by
        self.startedAt = startedAt
        self.overrides = overrides
        state = .running
        steps = plan.steps.map { RunStep($0) }
        verdict = ""
        timings = RunTimings()
    }

    /// The step under way, or the one whose outcome is unknown.
    public var current: Int? {
        steps.firstIndex { [.recording, .started, .unknown].contains($0.state) }
    }

    /// True once a step without a way back was begun.
    public var isPastReturn: Bool {
        steps.contains { $0.step.irreversible && $0.startedAt != nil && $0.state != .skipped }
    }
}
