/// All that a screen or a script can ask of the engine. One value is made per operator, by whoever knows who that is.
public protocol TocsinService: Sendable {
    /// The page for a request. With `since`, waits up to `waitingUpTo` for something newer and answers `.unchanged`
    /// otherwise, so that a screen at rest costs nothing.
    func page(_ request: PageRequest, since: Revision?, waitingUpTo: Duration) async throws -> PageReply

    /// Answers a question about series. The error is a ``QueryFault``.
    func query(_ request: QueryRequest, within bounds: QueryBounds) async throws -> QueryResult

    /// Makes a plan for an intent, or says why there can be none. Nothing is done.
    func preview(_ intent: FailoverIntent) async throws -> PlanReply

    /// Carries out a command. The receipt follows the commit of its audit entry.
    func perform(_ id: CommandID, _ command: OperatorCommand) async throws -> Receipt
}

/// The number of a state of the engine. A new engine has a new epoch, so a screen never takes an old page for a new one.
public struct Revision: Sendable, Hashable, Codable {
    public let epoch: UInt64
    public let number: UInt64
    /// A hash of what the page holds beside its clock, where the wire compares pages by it; else 0.
    public var content: UInt64

    public init(epoch: UInt64, number: UInt64, content: UInt64 = 0) {
        self.epoch = epoch
        self.number = number
        self.content = content
    }

    /// True when both speak of one state of one engine.
    public func isSame(as other: Revision) -> Bool { epoch == other.epoch && number == other.number }
}

/// What moves on a page of which nothing else has changed.
public struct Pulse: Sendable, Codable, Equatable {
    /// The page's time on the engine's time line.
    public var now: Milliseconds
    public var clockOffset: Milliseconds
    public var heartbeat: UInt64
    public var collectedAt: Milliseconds

    public init(now: Milliseconds, clockOffset: Milliseconds, heartbeat: UInt64, collectedAt: Milliseconds) {
        self.now = now
        self.clockOffset = clockOffset
        self.heartbeat = heartbeat
        self.collectedAt = collectedAt
    }
}

/// Which page is wanted, and how much of it is visible.
public struct PageRequest: Sendable, Codable, Equatable {
    public enum Topic: Sendable, Codable, Equatable {
        case overview
        case alerts(selected: EpisodeID?)
        case processes(order: ProcessOrder, filter: String)
        case audit
        case services(selected: String?)
        case plan(PlanToken)
        case run(RunID)
        case silences
        case tokens
        case rules
        case health
        case targets
        /// With the course of one series, or of the first.
        case anomalies(selected: WatchedName?)
        /// Grouped by a label, or by the most telling one; only hosts that satisfy the filter.
        case fleet(groupedBy: String?, filter: String)
    }

    public var topic: Topic
    /// How many rows of the topic's list can be seen.
    public var rows: Int
    /// The first visible row.
    public var offset: Int
    /// A past time on the engine's time line, or nil for now.
    public var at: Milliseconds?
    /// The overview of another host than the engine's own, by its label `instance`.
    public var host: String?

    public init(_ topic: Topic, rows: Int = 50, offset: Int = 0, at: Milliseconds? = nil) {
        self.topic = topic
        self.rows = rows
        self.offset = offset
        self.at = at
    }
}

/// The answer to a page request.
public enum PageReply: Sendable {
    case page(Page, Revision)
    /// Nothing has changed, or nothing but the clock, which the pulse tells.
    case unchanged(Revision, Pulse?)
}
