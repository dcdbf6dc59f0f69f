/// What a member of a service does.
public enum MemberRole: String, Sendable, Codable {
    case primary, standby
}

/// Something that was stated, by whom and when. Its age counts from when its origin stated it, not from when it came here.
public struct Fact<Value: Sendable & Codable & Equatable>: Sendable, Codable, Equatable {
    public var value: Value
    /// When the origin stated it, on the engine's time line.
    public var statedAt: Milliseconds
    /// The member that stated it, or `engine` for what the engine saw itself.
    public var by: String

    public init(_ value: Value, statedAt: Milliseconds, by: String) {
        self.value = value
        self.statedAt = statedAt
        self.by = by
    }

    /// How old it is, in milliseconds; never negative.
    public func age(_ now: Milliseconds) -> Milliseconds { max(0, now - statedAt) }
}

/// How a member looks from here.
public enum MemberCondition: String, Sendable, Codable {
    /// Not asked often enough yet to say anything.
    case unknown
    case answers
    /// Nobody listens there: the connection is refused.
    case refuses
    /// Its check says no. It may still take writes.
    case unwell
    /// Nothing has come back for longer than its rhythm explains.
    case silent
    /// Our own cable or route is gone: nothing can be said of it.
    case unseen
}

/// What one observer says of another: hearsay, and drawn so.
public struct Hearsay: Sendable, Codable, Equatable {
    public var by: String
    public var about: String
    /// True when the observer still hears from it.
    public var hears: Bool
    /// When the observer stated it.
    public var statedAt: Milliseconds
    /// For how long it has heard nothing, in milliseconds, where it says so.
    public var silentFor: Milliseconds?

    public init(by: String, about: String, hears: Bool, statedAt: Milliseconds, silentFor: Milliseconds?) {
        self.by = by
        self.about = about
        self.hears = hears
        self.statedAt = statedAt
        self.silentFor = silentFor
    }
}

/// One member as the engine knows it.
public struct MemberView: Sendable, Codable, Equatable {
    public var name: String
    public var address: String
    /// The site or region it stands in; empty when none is configured.
    public var site: String
    public var condition: MemberCondition
    /// Since when the condition holds.
    public var since: Milliseconds
    public var role: Fact<MemberRole>?
    /// Bytes it lacks of what the primary has.
    public var lagBytes: Fact<Int64>?
    /// Seconds since it last had everything.
    public var lagSeconds: Fact<Double>?
    /// Whether it takes writes, where it is asked that.
    public var writable: Fact<Bool>?
    /// Whom it follows, by its own word.
    public var follows: String?
    /// The suspicion, −log10 of the chance that the silence is only a late heartbeat.
    public var phi: Double
    /// The last answer took so long, in milliseconds.
    public var latency: Double?
    /// When it last answered.
    public var heardAt: Milliseconds?
    /// Its own first line, or why there is none.
    public var words: String

    public init(
        name: String, address: String, site: String, condition: MemberCondition, since: Milliseconds, words: String
    ) {
        self.name = name
        self.address = address
        self.site = site
        self.condition = condition
        self.since = since
        self.words = words
        phi = 0
    }
}

/// How the address that clients use answers.
public struct ClientView: Sendable, Codable, Equatable {
    public var address: String
    public var condition: MemberCondition
    public var since: Milliseconds
    /// When it last worked.
    public var goodAt: Milliseconds?
    public var latency: Double?
    public var words: String

    public init(
        address: String, condition: MemberCondition, since: Milliseconds, goodAt: Milliseconds?, latency: Double?,
        words: String
    ) {
        self.address = address
        self.condition = condition
        self.since = since
        self.goodAt = goodAt
        self.latency = latency
        self.words = words
    }
}

/// What the members' statements come to.
public enum Situation: Sendable, Codable, Equatable {
    /// Not everybody has been asked yet.
    case learning
    /// Exactly one primary, by its own fresh word.
    case normal(primary: String)
    /// The one that was primary is gone; how it is known.
    case primaryLost(String)
    /// Nobody says that it is primary, and nobody that was is silent.
    case noPrimary
    case twoPrimaries([String])
    /// The statements contradict each other or cannot be classified; a person must look.
    case unclear(String)
}

/// Automation stops and failovers need a second word while it lasts; alerts go on.
public struct Maintenance: Sendable, Codable, Equatable {
    public var by: Operator
    public var since: Milliseconds
    public var until: Milliseconds
    public var reason: String

    public init(by: Operator, since: Milliseconds, until: Milliseconds, reason: String) {
        self.by = by
        self.since = since
        self.until = until
        self.reason = reason
    }
}

/// One service as the engine knows it.
public struct ServiceView: Sendable, Codable, Equatable {
    public var name: String
    public var environment: String
    /// The kind of driver, such as `exec`.
    public var kind: String
    public var situation: Situation
    public var since: Milliseconds
    /// The situation in a sentence, and how bad it is; nil when it is well.
    public var sentence: String
    public var severity: Severity?
    public var members: [MemberView]
    public var client: ClientView?
    public var hearsay: [Hearsay]
    public var maintenance: Maintenance?
    /// The run under way, or the last one.
    public var run: RunID?
    /// Why this engine may not act on it; nil when it may.
    public var watchOnly: String?

    public init(
        name: String, environment: String, kind: String, situation: Situation, since: Milliseconds, sentence: String,
        severity: Severity?, members: [MemberView], client: ClientView?, hearsay: [Hearsay], maintenance: Maintenance?,
        run: RunID?, watchOnly: String?
    ) {
        self.name = name
        self.environment = environment
        self.kind = kind
        self.situation = situation
        self.since = since
        self.sentence = sentence
        self.severity = severity
        self.members = members
        self.client = client
        self.hearsay = hearsay
        self.maintenance = maintenance
        self.run = run
        self.watchOnly = watchOnly
    }

    /// What is typed to confirm: `environment/service`, or the service alone where no environment is configured.
    public var title: String { environment.isEmpty ? name : "\(environment)/\(name)" }

    public func member(_ name: String) -> MemberView? { members.first { $0.name == name } }
}
