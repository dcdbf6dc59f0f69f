import Synchronization
import TocsinModel

/// An engine elsewhere, as a screen or a script sees it: the same ``TocsinService`` over the wire.
///
/// A question that got no answer may be asked again. A command is never repeated by itself: what became of one without
/// an answer is not known, and the error says so.
public final class RemoteService: TocsinService {
    private let transport: HTTPTransport

    public init(_ transport: HTTPTransport) { self.transport = transport }

    /// The person behind a shared login, as far as somebody told.
    public var person: String? { transport.person }

    /// Names the person behind a shared login; every further request says so.
    public func introduce(_ person: String) { transport.introduce(person) }

    // MARK: Pages

    public func page(
        _ request: PageRequest, since: Revision?, waitingUpTo limit: Duration
    ) async throws -> PageReply {
        var (path, parameters) = PageCoding.encode(request)
        if let since {
            parameters.add("since", PageCoding.text(since))
            let seconds = limit / .seconds(1)
            if seconds > 0 { parameters.add("wait", GoNumber.plain((seconds * 1000).rounded() / 1000)) }
        }
        let answer = try await transport.send("GET", path, parameters, within: limit + .seconds(10))
        let revision = answer.headers["tocsin-revision"].flatMap { PageCoding.revision($0) }
        switch (answer.status, revision) {
        case (200, let revision?): return .page(try JSONCoding.value(Page.self, answer.body), revision)
        case (204, let revision?):
            return .unchanged(revision, answer.headers["tocsin-pulse"].flatMap { PageCoding.pulse($0) })
        default: throw Self.problem(answer)
        }
    }

    // MARK: Doing

    public func preview(_ intent: FailoverIntent) async throws -> PlanReply {
        let answer = try await transport.send(
            "POST", "/tocsin/v1/plans", body: try JSONCoding.bytes(IntentBody(intent)))
        switch answer.status {
        case 200: return .plan(try JSONCoding.value(Plan.self, answer.body))
        case 409, 403: return .refused("\(Self.problem(answer))")
        default: throw Self.problem(answer)
        }
    }

    public func perform(_ id: CommandID, _ command: OperatorCommand) async throws -> Receipt {
        let body = try JSONCoding.bytes(CommandBody(command, id: id))
        let answer: HTTPTransport.Answer
        do {
            answer = try await transport.send("POST", "/tocsin/v1/commands", body: body, within: .seconds(30))
        } catch let lost as Unreachable {
            throw Unreachable(
                "no answer to the command (\(lost)): it is not known whether it was carried out, and it is not sent again"
            )
        }
        guard answer.status == 200 || answer.status == 409 else { throw Self.problem(answer) }
        return try JSONCoding.value(Receipt.self, answer.body)
    }

    /// Who the engine takes us for.
    public func identity() async throws -> Identity {
        let answer = try await transport.send("GET", "/tocsin/v1/me", within: .seconds(5))
        guard answer.status == 200 else { throw Self.problem(answer) }
        return try JSONCoding.value(Identity.self, answer.body)
    }

    /// Asks the engine for something that only an admin may: `reload`, `backups`.
    public func administer(_ what: String) async throws -> Receipt {
        let answer = try await transport.send("POST", "/tocsin/v1/\(what)", body: [], within: .seconds(60))
        guard answer.status == 200 || answer.status == 409 else { throw Self.problem(answer) }
        return try JSONCoding.value(Receipt.self, answer.body)
    }

    /// The answer as an error: what one may not do, or what is wrong.
    private static func problem(_ answer: HTTPTransport.Answer) -> any Error {
        guard let problem = try? JSONCoding.value(APIProblem.self, answer.body) else {
            return Unreachable("it answered with status \(answer.status) and nothing that Tocsin says")
        }
        return answer.status == 403 ? AccessDenied(problem.description) : problem
    }

    // MARK: Questions

    public func query(_ request: QueryRequest, within bounds: QueryBounds) async throws -> QueryResult {
        try await PrometheusClient(transport).query(request, within: bounds)
    }
}
