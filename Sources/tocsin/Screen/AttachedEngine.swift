import NcursesTerminal
import TocsinAPI
import TocsinModel
import TocsinUI

/// An engine elsewhere. The screen's end changes nothing there: runs go on, and others go on looking.
final class AttachedEngine: EngineSide {
    let service: any TocsinService
    private let remote: RemoteService
    private let tunnel: SSHTunnel?

    init(_ remote: RemoteService, tunnel: SSHTunnel? = nil, readOnly: Bool = false) {
        self.remote = remote
        self.tunnel = tunnel
        service = readOnly ? ReadOnlyService(remote) : remote
    }

    /// Reaches an engine at a place.
    static func reach(_ endpoint: Endpoint, _ credentials: Credentials, readOnly: Bool) throws -> AttachedEngine {
        guard case .ssh(let user, let host, let port, let socket) = endpoint else {
            return AttachedEngine(RemoteService(try HTTPTransport(endpoint, credentials)), readOnly: readOnly)
        }
        let command =
            (Places.environment("TOCSIN_SSH_COMMAND")?.split(separator: " ").map(String.init) ?? ["tocsin"])
            + ["proxy"] + (socket.map { ["--socket", $0] } ?? [])
        let options = Places.environment("TOCSIN_SSH_OPTIONS")?.split(separator: " ").map(String.init) ?? []
        let tunnel = try SSHTunnel(user: user, host: host, port: port, options: options, command: command)
        let transport = try HTTPTransport(.unix(path: tunnel.path), credentials)
        return AttachedEngine(RemoteService(transport), tunnel: tunnel, readOnly: readOnly)
    }

    /// Why nothing comes, in the words of `ssh` where it said something.
    var reason: String? { tunnel.flatMap { $0.reason.isEmpty ? nil : $0.reason } }

    /// The same for a command that gives up: it waits for the words.
    var lastReason: String? { tunnel.flatMap { $0.lastReason.isEmpty ? nil : $0.lastReason } }

    func begin(_ post: @escaping @Sendable (Message) -> Void) {}

    func reload(_ post: @escaping @Sendable (Message) -> Void) {
        Task { [remote] in
            do {
                let receipt = try await remote.administer("reload")
                post(.toast(receipt.outcome == .done ? nil : .warning, receipt.words))
            } catch { post(.toast(.warning, "\(error)")) }
        }
    }

    var takesName: Bool { remote.person == nil && !(service is ReadOnlyService) }

    func introduce(_ name: String) { remote.introduce(name) }

    func leave(signal: Int32?, _ signals: TerminalSignals) { tunnel?.close() }
}

/// An engine that is only looked at: `--readonly` on the screen.
struct ReadOnlyService: TocsinService {
    private let base: any TocsinService
    private static let words = "this screen only looks: it was opened with --readonly"

    init(_ base: any TocsinService) { self.base = base }

    func page(_ request: PageRequest, since: Revision?, waitingUpTo: Duration) async throws -> PageReply {
        try await base.page(request, since: since, waitingUpTo: waitingUpTo)
    }

    func query(_ request: QueryRequest, within bounds: QueryBounds) async throws -> QueryResult {
        try await base.query(request, within: bounds)
    }

    func preview(_ intent: FailoverIntent) async throws -> PlanReply { .refused(Self.words) }

    func perform(_ id: CommandID, _ command: OperatorCommand) async throws -> Receipt {
        Receipt(.refused, Self.words)
    }
}
