/// Every host that is watched, in stable places: by group, then by name.
public struct FleetPage: Sendable, Codable {
    /// How a host is, worst first; the raw value is its sign on the screen and on the wire.
    public enum State: String, Sendable, Codable, CaseIterable {
        case critical = "!"
        /// It cannot be seen: nothing is known of it.
        case unseen = "?"
        case warning = "w"
        case info = "i"
        /// Something is wrong, and somebody has it.
        case owned = "a"
        /// Not asked yet.
        case waiting = "-"
        case well = "."

        /// 0 for the worst.
        public var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    }

    public struct Host: Sendable, Codable, Equatable {
        /// The label `instance`.
        public var name: String
        public var state: State
        /// Alerts that fire on it, and the worst of them in words; nil where there is none.
        public var alerts: Int?
        public var trouble: String?
        /// Percent busy, used, and full; left out where it is not known or the fleet is too large for them.
        public var cpu: Double?
        public var memory: Double?
        public var disk: Double?

        public init(name: String, state: State) {
            self.name = name
            self.state = state
        }
    }

    public struct Group: Sendable, Codable, Equatable {
        /// The value of the label by which hosts are grouped.
        public var name: String
        public var hosts: [Host]

        public init(name: String, hosts: [Host]) {
            self.name = name
            self.hosts = hosts
        }

        public var worst: State { hosts.map(\.state).min { $0.rank < $1.rank } ?? .well }

        public func count(_ state: State) -> Int { hosts.count { $0.state == state } }
    }

    public var groups: [Group]
    /// Hosts before the filter.
    public var total: Int
    /// The label by which hosts are grouped, and those by which they could be.
    public var groupedBy: String
    public var groupings: [String]
    /// What is wrong with the filter; empty when nothing is.
    public var fault: String
    /// The alerts of the hosts shown, worst first, the first few.
    public var top: [AlertRow]
    /// More than these hosts and their numbers are left out.
    public static let mostWithNumbers = 600

    public init(
        groups: [Group], total: Int, groupedBy: String, groupings: [String], fault: String, top: [AlertRow]
    ) {
        self.groups = groups
        self.total = total
        self.groupedBy = groupedBy
        self.groupings = groupings
        self.fault = fault
        self.top = top
    }

    public var hosts: [Host] { groups.flatMap(\.hosts) }
    public func count(_ state: State) -> Int { groups.reduce(0) { $0 + $1.count(state) } }
}
