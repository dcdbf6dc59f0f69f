/// How much somebody may do; each may all that the ones before may.
public enum AccessRole: String, Sendable, Codable, CaseIterable, Comparable {
    /// Look at everything.
    case viewer
    /// Also take, give back and silence alerts; act on services where that is granted too.
    case `operator`
    /// Also hand out tokens, reload the configuration, back up the engine's state.
    case admin

    private var rank: Int { AccessRole.allCases.firstIndex(of: self) ?? 0 }
    public static func < (a: AccessRole, b: AccessRole) -> Bool { a.rank < b.rank }
}

/// What a request needs to be granted.
public enum Permission: Sendable, Equatable {
    case look, operate, administer
    /// To act on a service, by its name: failover, maintenance, and what stops or resumes a run.
    case act(service: String)

    /// The least role that has it.
    public var role: AccessRole {
        switch self {
        case .look: .viewer
        case .operate, .act: .operator
        case .administer: .admin
        }
    }
}

/// What one identity may do.
public struct Access: Sendable, Codable, Equatable {
    /// Services somebody may act on: a list of names wherever it is written, `*` alone for all.
    public enum Services: Sendable, Codable, Equatable {
        case all
        case only([String])

        public init(from decoder: any Decoder) throws {
            let names = try [String](from: decoder)
            self = names == ["*"] ? .all : .only(names)
        }

        public func encode(to encoder: any Encoder) throws {
            switch self {
            case .all: try ["*"].encode(to: encoder)
            case .only(let names): try names.encode(to: encoder)
            }
        }

        func includes(_ service: String) -> Bool {
            switch self {
            case .all: true
            case .only(let names): names.contains(service)
            }
        }
    }

    /// Nil for somebody who may do nothing, not even look.
    public var role: AccessRole?
    /// The services an operator may act on. An admin may act on all.
    public var services: Services
    /// Whatever the role says, nothing may be changed.
    public var readOnly: Bool

    public init(_ role: AccessRole?, services: Services = .only([]), readOnly: Bool = false) {
        self.role = role
        self.services = services
        self.readOnly = readOnly
    }

    /// Everything: what the owner of the engine has.
    public static let full = Access(.admin, services: .all)
    /// Nothing.
    public static let none = Access(nil)

    /// Why a permission is not granted, in a sentence with the mend; nil when it is.
    public func refusal(of permission: Permission) -> String? {
        guard let role else {
            return "you have no role here: an admin can grant one under api.access in tocsin.yaml"
        }
        if readOnly, permission != .look { return "this engine is read-only: it was started with --readonly" }
        if role < permission.role {
            let needed = permission.role == .admin ? "an admin" : "an operator"
            return "this needs the role \(permission.role.rawValue), and you are \(role.rawValue): ask \(needed)"
        }
        guard case .act(let service) = permission, role < .admin, !services.includes(service) else { return nil }
        return "you may not act on \(service): an admin can grant it under api.access, services: [\(service)]"
    }
}

/// Somebody may not do this; the words say who may.
public struct AccessDenied: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String
    public init(_ words: String) { description = words }
}

/// Somebody who asks, and how the engine knows who it is.
public struct Identity: Sendable, Codable, Equatable {
    public var by: Operator
    public var access: Access
    /// How it is known: `uid 1000 on the socket`, `certificate CN=kim`, `token grafana`.
    public var proof: String

    public init(_ by: Operator, _ access: Access, proof: String) {
        self.by = by
        self.access = access
        self.proof = proof
    }
}

/// A token as the engine keeps it: the secret itself is shown once and stored nowhere.
public struct AccessToken: Sendable, Codable, Equatable {
    public var name: String
    /// SHA-256 of the secret, in hexadecimal.
    public var hash: String
    public var access: Access
    public var createdBy: Operator
    /// Wall time in milliseconds.
    public var createdAt: Milliseconds
    /// When it ends, by the wall clock; nil for never.
    public var expiresAt: Milliseconds?

    public init(
        name: String, hash: String, access: Access, createdBy: Operator, createdAt: Milliseconds,
        expiresAt: Milliseconds?
    ) {
        self.name = name
        self.hash = hash
        self.access = access
        self.createdBy = createdBy
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }
}
