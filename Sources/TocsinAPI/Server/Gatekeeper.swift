import Synchronization
import TocsinModel

/// Where a request comes from, by the word of the kernel or of the TLS library.
public enum Caller: Sendable, Equatable {
    /// A Unix socket's peer.
    case unix(uid: UInt32, gid: UInt32, pid: Int32)
    /// A TCP peer; the names are those of its verified client certificate, none without one.
    case tcp(address: String, certificate: [String])

    var isRemote: Bool { if case .tcp = self { true } else { false } }
}

/// What the engine's host knows of its accounts.
public protocol AccountDirectory: Sendable {
    func name(ofUser uid: UInt32) -> String
    /// The names of all groups of a user.
    func groups(ofUser uid: UInt32, primary gid: UInt32) -> [String]
    /// Who logged in to the process, where the kernel or its surroundings tell: a login uid, `SUDO_USER`.
    func person(behind pid: Int32, uid: UInt32) -> String?
}

/// Finds out who comes.
public final class Gatekeeper: Sendable {
    private let policy: Mutex<AccessPolicy>
    private let directory: any AccountDirectory
    /// The tokens there are, asked anew for each request that brings one.
    private let tokens: @Sendable () async -> [AccessToken]
    /// Wall time in milliseconds.
    private let now: @Sendable () -> Milliseconds

    public init(
        _ policy: AccessPolicy, directory: any AccountDirectory, now: @escaping @Sendable () -> Milliseconds,
        tokens: @escaping @Sendable () async -> [AccessToken]
    ) {
        self.policy = Mutex(policy)
        self.directory = directory
        self.now = now
        self.tokens = tokens
    }

    /// Puts another policy in force, for the next request on.
    public func use(_ new: AccessPolicy) { policy.withLock { $0 = new } }

    func identify(_ caller: Caller, _ request: APIRequest) async throws(APIProblem) -> Identity {
        let policy = policy.withLock { $0 }
        if let header = request.headers["authorization"] { return try await bearer(header, policy) }
        switch caller {
        case .unix(let uid, let gid, let pid): return unix(uid, gid, pid, request, policy)
        case .tcp(let address, let names):
            guard let first = names.first else {
                return Identity(
                    Operator(name: address, uid: Operator.remote), policy.limited(policy.anonymous),
                    proof: "nobody in particular, from \(address)")
            }
            let access = policy.access { if case .certificate(let name) = $0 { names.contains(name) } else { false } }
            let name = first.hasPrefix("CN=") ? String(first.dropFirst(3)) : first
            return Identity(Operator(name: name, uid: Operator.remote), access, proof: "certificate \(first)")
        }
    }

    private func unix(
        _ uid: UInt32, _ gid: UInt32, _ pid: Int32, _ request: APIRequest, _ policy: AccessPolicy
    ) -> Identity {
        let account = directory.name(ofUser: uid)
        var access: Access
        if uid == policy.owner || uid == 0 {
            access = policy.limited(.full)
        } else {
            let groups = directory.groups(ofUser: uid, primary: gid)
            access = policy.access { subject in
                switch subject {
                case .user(let name): name == account || name == "\(uid)"
                case .group(let name): groups.contains(name)
                case .certificate: false
                }
            }
        }
        // Behind a shared login the person is named too; what may be done goes by the account alone.
        let said = request.headers["tocsin-operator"].map { Self.cleaned($0) }.flatMap { $0.isEmpty ? nil : $0 }
        let person = directory.person(behind: pid, uid: uid) ?? said ?? account
        return Identity(
            Operator(name: person, uid: uid), access,
            proof: person == account
                ? "uid \(uid) on the socket" : "uid \(uid) (\(account)) on the socket, as \(person)")
    }

    private static func cleaned(_ text: String) -> String {
        String(
            String.UnicodeScalarView(text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }.prefix(64)))
    }

    private func bearer(_ header: String, _ policy: AccessPolicy) async throws(APIProblem) -> Identity {
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else {
            throw APIProblem(401, "unauthorized", "only tokens are understood", remedy: "send Authorization: Bearer …")
        }
        let hash = SHA256.hex(Array(parts[1].utf8))
        var found: AccessToken?
        // Every token is compared to its end, so that the time tells nothing of where a guess goes wrong.
        for token in await tokens() where Self.isEqual(token.hash, hash) { found = token }
        guard let found, found.expiresAt.map({ $0 > now() }) ?? true else {
            throw APIProblem(
                401, "unauthorized", found == nil ? "this token is not known" : "this token has expired",
                remedy: "an admin makes one with: tocsin token create NAME")
        }
        return Identity(
            Operator(name: found.name, uid: Operator.remote), policy.limited(found.access),
            proof: "token \(found.name)")
    }

    /// Compares in a time that depends on the length alone.
    static func isEqual(_ a: String, _ b: String) -> Bool {
        let (x, y) = (Array(a.utf8), Array(b.utf8))
        guard x.count == y.count else { return false }
        var difference: UInt8 = 0
        for at in x.indices { difference |= x[at] ^ y[at] }
        return difference == 0
    }
}
