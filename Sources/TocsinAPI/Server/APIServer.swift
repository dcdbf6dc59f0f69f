import Glibc
import Gzip
import HTTPTypes
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import ServiceLifecycle
import Synchronization
import TocsinModel

/// Serves a ``Router`` on a Unix socket and on TCP. Each listener is a service of its own; the group that runs it ends it.
public struct APIServer: Service {
    /// Where to listen.
    public enum Address: Sendable {
        /// The socket's file gets this mode and, where it is given, this group.
        case unix(path: String, mode: UInt32, group: UInt32?)
        case tcp(host: String, port: Int, tls: TLSConfiguration?)
    }

    /// What one client may cost.
    public struct Limits: Sendable {
        /// Bytes of a body.
        public var body = 1 << 20
        /// Connections at one time; further ones wait in the kernel's queue.
        public var connections = 1_024
        /// How long a connection may be idle, or take to send a request.
        public var idle: TimeAmount = .seconds(75)
        /// Requests a second of one client, and how many it may save up.
        public var requestsPerSecond = 100.0
        public var burst = 400.0

        public init() {}
    }

    /// Makes the event loops now, while there are descriptors for them: a process that has run out of them could not
    /// make them later.
    public static func prepare() { _ = MultiThreadedEventLoopGroup.singleton }

    private let address: Address
    private let router: Router
    private let limits: Limits
    /// What clients of TCP may call this server: protects against names that lead a browser here (DNS rebinding).
    private let hosts: Set<String>
    private let registry: MetricRegistry
    private let logger: Logger
    private let running: @Sendable (Int?) -> Void

    static let connections = MetricFamily("tocsin_api_connections", .gauge, "Connections that are open.")

    /// - Parameters:
    ///   - hosts: names by which TCP clients may call this server, beside addresses and `localhost`.
    ///   - running: called once it listens, with the port of TCP.
    public init(
        _ address: Address, router: Router, limits: Limits = Limits(), hosts: Set<String> = [],
        registry: MetricRegistry, logger: Logger, running: @escaping @Sendable (Int?) -> Void = { _ in }
    ) {
        self.address = address
        self.router = router
        self.limits = limits
        self.hosts = hosts
        self.registry = registry
        self.logger = logger
        self.running = running
    }

    public func run() async throws {
        let channel = HTTP1Channel.Configuration(
            idleTimeout: limits.idle,
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: 16 * 1024, maxHeaderListSize: 32 * 1024, maxHeaderFieldCount: 100))
        var builder = HTTPServerBuilder.http1(configuration: channel)
        let bind: BindAddress
        switch address {
        case .unix(let path, _, _): bind = .unixDomainSocket(path: path)
        case .tcp(let host, let port, let tls):
            bind = .hostname(host, port: port)
            if let tls { builder = try .tls(builder, tlsConfiguration: tls) }
        }
        let rate = RateLimit(perSecond: limits.requestsPerSecond, burst: limits.burst)
        let open = OpenConnections(most: limits.connections, registry: registry)
        let server = try builder.buildServer(
            configuration: ServerConfiguration(
                address: bind, backlog: 1_024, availableConnectionsDelegate: open),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger,
            responder: { request, writer, channel in
                let response = await respond(to: request, on: channel, rate)
                try await writer.write(response: response.head, body: response.body)
            },
            onServerRunning: { channel in
                settle(channel)
                running(channel.localAddress?.port)
            })
        try await server.run()
    }

    /// Gives the socket's file its mode and group. Until then only its owner may connect.
    private func settle(_ channel: any Channel) {
        guard case .unix(let path, let mode, let group) = address else { return }
        if let group, chown(path, uid_t.max, group) != 0 {
            logger.warning("the socket's group cannot be set: \(String(cString: strerror(errno)))")
        }
        chmod(path, mode)
    }

    // MARK: One request

    private func respond(to request: Request, on channel: any Channel, _ rate: RateLimit) async -> Response {
        let path = request.head.path ?? "/"
        guard let caller = await PeerCredentials.caller(of: channel) else {
            return Self.response(
                Router.response(to: APIProblem(403, "forbidden", "the kernel does not tell who you are"), on: path),
                request)
        }
        let answer: APIResponse
        do throws(APIProblem) {
            guard rate.take(Self.key(of: caller)) else {
                throw APIProblem(429, "too_many_requests", "you ask too often", remedy: "wait a second")
            }
            try checkHost(request, caller)
            answer = await router.respond(to: try await read(request), from: caller)
        } catch { answer = Router.response(to: error, on: path) }
        return Self.response(answer, request)
    }

    private static func key(of caller: Caller) -> String {
        switch caller {
        case .unix(let uid, _, let pid): "uid \(uid) pid \(pid)"
        case .tcp(let address, let names): names.first ?? address
        }
    }

    private func checkHost(_ request: Request, _ caller: Caller) throws(APIProblem) {
        guard caller.isRemote else { return }
        let named = (request.head.authority ?? "").lowercased()
        let bare =
            named.hasPrefix("[") ? String(named.prefix { $0 != "]" }.dropFirst()) : String(named.prefix { $0 != ":" })
        let isAddress = bare.contains(":") || (!bare.isEmpty && bare.allSatisfy { $0.isNumber || $0 == "." })
        guard isAddress || bare == "localhost" || hosts.contains(bare) else {
            throw APIProblem(
                421, "wrong_host", "this server is not called \"\(bare.prefix(100))\"",
                remedy: "name it under api.hosts in tocsin.yaml")
        }
    }

    private func read(_ request: Request) async throws(APIProblem) -> APIRequest {
        var headers: [String: String] = [:]
        for field in request.headers { headers[field.name.canonicalName] = field.value }
        if let length = headers["content-length"].flatMap({ Int($0) }), length > limits.body {
            throw APIProblem(413, "too_large", "the body has more than \(limits.body) bytes")
        }
        let method = request.method.rawValue
        var body: [UInt8] = []
        if method != "GET", method != "HEAD" {
            body = try await collect(request)
            if headers["content-encoding"]?.lowercased() == "gzip" {
                do throws(Gzip.Fault) { body = try Gzip.expand(body, atMost: limits.body) } catch {
                    throw APIProblem(400, "bad_body", "the body is no gzip of at most \(limits.body) bytes")
                }
            }
        }
        return APIRequest(method: method, target: request.head.path ?? "/", headers: headers, body: body)
    }

    /// The body, if it comes within ten seconds: one that trickles in holds nothing up.
    private func collect(_ request: Request) async throws(APIProblem) -> [UInt8] {
        let most = limits.body
        let outcome = await withTaskGroup(of: Result<[UInt8], APIProblem>.self) { group in
            group.addTask {
                do {
                    let buffer = try await request.body.collect(upTo: most)
                    return .success(Array(buffer.readableBytesView))
                } catch is NIOTooManyBytesError {
                    return .failure(APIProblem(413, "too_large", "the body has more than \(most) bytes"))
                } catch { return .failure(APIProblem(400, "bad_body", "the body was cut off")) }
            }
            group.addTask {
                // A cancelled sleep means that the body came.
                try? await Task.sleep(for: .seconds(10))
                return .failure(APIProblem(408, "too_slow", "the body did not come within 10 s"))
            }
            defer { group.cancelAll() }
            return await group.next() ?? .success([])
        }
        return try outcome.get()
    }

    private static func response(_ answer: APIResponse, _ request: Request) -> Response {
        var fields = HTTPFields()
        for (name, value) in answer.headers {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        var body = answer.body
        let accepts = request.headers[.acceptEncoding] ?? ""
        if body.count > 1_024, accepts.contains("gzip") {
            body = Gzip.compress(body)
            fields[.contentEncoding] = "gzip"
        }
        let length = body.count
        if request.method == .head { body = [] }
        var response = Response(
            status: .init(code: answer.status), headers: fields,
            body: answer.status == 204 ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
        if answer.status == 204 {
            response.headers[.contentLength] = nil
        } else if request.method == .head {
            response.headers[.contentLength] = "\(length)"
        }
        return response
    }
}

/// Counts connections and stops taking more at a limit.
private struct OpenConnections: AvailableConnectionsDelegate {
    let most: Int
    let registry: MetricRegistry
    private var open = 0

    init(most: Int, registry: MetricRegistry) {
        self.most = most
        self.registry = registry
    }

    mutating func connectionOpened() {
        open += 1
        registry.set(APIServer.connections, .none, Double(open))
    }

    mutating func connectionClosed() {
        open -= 1
        registry.set(APIServer.connections, .none, Double(open))
    }

    func isAcceptingNewConnections() -> Bool { open < most }
}
