import TocsinModel

/// Who may do what: the owner everything, others what is granted, nobody anything by default.
public struct AccessPolicy: Sendable {
    /// What somebody is granted.
    public struct Grant: Sendable, Equatable {
        public enum Subject: Sendable, Equatable {
            case user(String)
            case group(String)
            /// `CN=kim`, `DNS:host`, `email:kim@example.org`, `URI:…`
            case certificate(String)
        }

        public var subject: Subject
        public var access: Access

        public init(_ subject: Subject, _ access: Access) {
            self.subject = subject
            self.access = access
        }
    }

    /// The uid that runs the engine. It and root may do everything on the Unix socket.
    public var owner: UInt32
    public var grants: [Grant]
    /// What a TCP caller without a name may do; nothing unless the risk was accepted by name.
    public var anonymous: Access
    /// Nobody may change anything.
    public var readOnly: Bool

    public init(owner: UInt32, grants: [Grant] = [], anonymous: Access = .none, readOnly: Bool = false) {
        self.owner = owner
        self.grants = grants
        self.anonymous = anonymous
        self.readOnly = readOnly
    }

    /// The most that any of the grants gives.
    func access(matching matches: (Grant.Subject) -> Bool) -> Access {
        var sum = Access.none
        for grant in grants where matches(grant.subject) { sum = sum.joined(with: grant.access) }
        return limited(sum)
    }

    /// The same, as far as anybody may do anything.
    func limited(_ access: Access) -> Access {
        var access = access
        access.readOnly = access.readOnly || readOnly
        return access
    }
}

extension Access {
    /// What both together allow.
    func joined(with other: Access) -> Access {
        let services: Services
        switch (self.services, other.services) {
        case (.all, _), (_, .all): services = .all
        case (.only(let a), .only(let b)): services = .only(Array(Set(a + b)).sorted())
        }
        guard let role, let theirs = other.role else { return Access(role ?? other.role, services: services) }
        return Access(max(role, theirs), services: services)
    }
}
