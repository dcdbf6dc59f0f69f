import TocsinModel

/// A service as it is configured.
package struct ServiceSpec: Sendable {
    /// One member: a name, where it is, and the site it stands in.
    package struct Member: Sendable, Equatable {
        package var name: String
        /// `host:port`.
        package var address: String
        package var site: String

        package init(name: String, address: String, site: String = "") {
            self.name = name
            self.address = address
            self.site = site
        }
    }

    /// What a failover may cost and how careful it is.
    package struct Limits: Sendable, Equatable {
        /// A candidate that lacks more bytes is too far behind.
        package var lagBytes: Int64 = 1 << 20
        /// A candidate that had everything longer ago, in seconds, is too far behind.
        package var lagSeconds = 5.0
        /// After a failover the next one needs a second word for so long.
        package var coolDown: Milliseconds = 3_600_000
        /// So many must say that the primary is lost.
        package var observers = 2
        /// How long the end may take to be seen.
        package var verification: Milliseconds = 60_000

        package init() {}
    }

    package var name: String
    package var environment: String
    package var kind: String
    package var members: [Member]
    /// Independent observers that are asked whether they hear a member.
    package var witnesses: [String]
    /// The address clients use, where it is checked.
    package var client: String?
    /// Milliseconds between two heartbeats.
    package var interval: Milliseconds
    /// Milliseconds a heartbeat may take.
    package var timeout: Milliseconds
    /// Members are asked whether they take writes.
    package var asksForWrites: Bool
    package var limits: Limits
    package var planner: any FailoverPlanner

    package init(
        name: String, environment: String = "", kind: String, members: [Member], witnesses: [String] = [],
        client: String? = nil, interval: Milliseconds = 1_000, timeout: Milliseconds = 800,
        asksForWrites: Bool = false, limits: Limits = Limits(), planner: any FailoverPlanner
    ) {
        self.name = name
        self.environment = environment
        self.kind = kind
        self.members = members
        self.witnesses = witnesses
        self.client = client
        self.interval = interval
        self.timeout = timeout
        self.asksForWrites = asksForWrites
        self.limits = limits
        self.planner = planner
    }

    /// `environment/service`.
    package var title: String { environment.isEmpty ? name : "\(environment)/\(name)" }

    package func member(_ name: String?) -> Member? { members.first { $0.name == name } }

    /// A fact older than this is not fresh: two rounds, and the time an answer may take (rule S1).
    package var freshness: Milliseconds { 2 * interval + timeout }
}

/// Knows the calls of one kind of service. Pure: it is asked for a plan and does nothing.
package protocol FailoverPlanner: Sendable {
    /// The calls of an intent, in order, without the steps that only watch; the machine adds those.
    func steps(_ kind: FailoverIntent.Kind, _ roles: PlanRoles, _ spec: ServiceSpec) -> Result<[PlanStep], PlanRefusal>
    /// What else such a plan touches, in words.
    func touches(_ kind: FailoverIntent.Kind, _ spec: ServiceSpec) -> [String]
}

/// Who is who in a plan.
package struct PlanRoles: Sendable {
    package var loser: ServiceSpec.Member?
    package var winner: ServiceSpec.Member?
    /// The loser says itself that it is a standby: there is nobody to fence.
    package var loserIsStandby: Bool

    package init(loser: ServiceSpec.Member?, winner: ServiceSpec.Member?, loserIsStandby: Bool = false) {
        self.loser = loser
        self.winner = winner
        self.loserIsStandby = loserIsStandby
    }
}

/// Why there can be no plan, and what mends it.
package struct PlanRefusal: Error, Sendable, Equatable {
    package let words: String
    package init(_ words: String) { self.words = words }
}
