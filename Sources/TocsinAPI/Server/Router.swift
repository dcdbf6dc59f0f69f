import TocsinModel

/// Finds the route of a request, asks who comes and whether they may, and answers. It knows no connection, so that it
/// can be tested and fuzzed without one.
public struct Router: Sendable {
    public let routes: [Route]
    private let gatekeeper: Gatekeeper
    private let control: any EngineControl
    private let registry: MetricRegistry
    /// The engine as somebody sees it.
    private let service: @Sendable (Identity) -> any TocsinService

    static let requests = MetricFamily("tocsin_api_requests_total", .counter, "Requests answered, by route and status.")
    static let seconds = MetricFamily(
        "tocsin_api_request_duration_seconds_total", .counter, "Seconds spent on requests, waiting for news included.")

    public init(
        gatekeeper: Gatekeeper, control: any EngineControl, registry: MetricRegistry,
        service: @escaping @Sendable (Identity) -> any TocsinService
    ) {
        routes = PrometheusRoutes.all + TocsinRoutes.all
        self.gatekeeper = gatekeeper
        self.control = control
        self.registry = registry
        self.service = service
    }

    public func respond(to request: APIRequest, from caller: Caller) async -> APIResponse {
        let begin = ContinuousClock.now
        let pieces = request.path.split(separator: "/", omittingEmptySubsequences: true)
        var known: [(route: Route, values: [String: String])] = []
        for route in routes { if let values = route.match(pieces) { known.append((route, values)) } }
        // HEAD is GET without a body, which the connection leaves out.
        let method = request.method == "HEAD" ? "GET" : request.method
        guard let (route, values) = known.first(where: { $0.route.method == method }) else {
            count(known.isEmpty ? "none" : known[0].route.path, known.isEmpty ? 404 : 405, begin)
            return known.isEmpty ? Self.missing(request) : Self.wrongMethod(request, known.map(\.route.method))
        }
        let response = await answer(request, caller, route, values)
        count(route.path, response.status, begin)
        return response
    }

    private func count(_ path: String, _ status: Int, _ begin: ContinuousClock.Instant) {
        registry.add(Self.requests, ["route": path, "code": "\(status)"])
        registry.add(Self.seconds, ["route": path], begin.duration(to: .now) / .seconds(1))
    }

    private func answer(
        _ request: APIRequest, _ caller: Caller, _ route: Route, _ values: [String: String]
    ) async -> APIResponse {
        do {
            let identity = try await gatekeeper.identify(caller, request)
            if let permission = route.permission, let refusal = identity.access.refusal(of: permission) {
                let isStranger = identity.access.role == nil && caller.isRemote
                throw APIProblem(
                    isStranger ? 401 : 403, isStranger ? "unauthorized" : "forbidden", refusal,
                    remedy: isStranger ? "send a token: Authorization: Bearer …, or come with a client certificate" : ""
                )
            }
            let visit = Visit(
                request: request, values: values, identity: identity, service: service(identity), control: control)
            return try await route.handler(visit)
        } catch { return Self.response(to: error, on: request.path) }
    }

    /// An error in the shape that clients of the path expect.
    static func response(to error: any Error, on path: String) -> APIResponse {
        if path.hasPrefix("/api/v1/") {
            let fault: QueryFault
            var status = 500
            switch error {
            case let own as QueryFault:
                fault = own
                status = Self.status(of: own.kind)
            case let problem as APIProblem:
                fault = QueryFault(problem.status == 404 ? .notFound : .badData, problem.description)
                status = problem.status
            case let denied as AccessDenied:
                fault = QueryFault(.badData, denied.description)
                status = 403
            default: fault = QueryFault(.internal, "\(error)")
            }
            return authenticating(.json(PrometheusJSON.failure(fault), status: status))
        }
        let problem: APIProblem
        switch error {
        case let own as APIProblem: problem = own
        case let denied as AccessDenied: problem = APIProblem(403, "forbidden", denied.description)
        case let fault as QueryFault:
            problem = APIProblem(Self.status(of: fault.kind), fault.kind.rawValue, fault.description)
        default: problem = APIProblem(500, "internal", "\(error)")
        }
        // An encoder cannot fail on four texts.
        let body = (try? JSONCoding.bytes(problem, sorted: true)) ?? []
        return authenticating(APIResponse(problem.status, body, type: "application/problem+json"))
    }

    private static func authenticating(_ response: APIResponse) -> APIResponse {
        var response = response
        if response.status == 401 { response.headers.append(("www-authenticate", "Bearer")) }
        return response
    }

    private static func status(of kind: QueryFault.Kind) -> Int {
        switch kind {
        case .badData: 400
        case .execution: 422
        case .timeout, .canceled, .unavailable: 503
        case .notFound: 404
        case .internal: 500
        }
    }

    private static func missing(_ request: APIRequest) -> APIResponse {
        response(
            to: APIProblem(
                404, "not_found", "there is nothing at \(request.path.prefix(200))",
                remedy: "see /tocsin/v1/openapi.json"),
            on: request.path)
    }

    private static func wrongMethod(_ request: APIRequest, _ methods: [String]) -> APIResponse {
        var response = response(
            to: APIProblem(
                405, "method_not_allowed", "\(request.method.prefix(20)) is not for \(request.path.prefix(200))",
                remedy: "use \(methods.joined(separator: " or "))"),
            on: request.path)
        response.headers.append(("allow", methods.joined(separator: ", ")))
        return response
    }
}
