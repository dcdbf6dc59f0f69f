import AsyncHTTPClient
import Gzip
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization
import TocsinModel

/// What a client brings to prove who it is.
public struct Credentials: Sendable {
    /// The bearer token.
    public var token: String?
    /// The person behind a shared login.
    public var person: String?
    /// A file of certificates to trust in place of the system's.
    public var authority: String?
    public var certificate: String?
    public var key: String?

    public init() {}
}

/// The engine did not answer: nothing is known of what became of the request.
public struct Unreachable: Error, Sendable, CustomStringConvertible {
    public let description: String
    public init(_ words: String) { description = words }
}

/// Carries requests to an engine over HTTP: on a Unix socket or on TCP, with TLS.
public final class HTTPTransport: Sendable {
    private let client: HTTPClient
    private let base: String
    private let credentials: Mutex<Credentials>

    public struct Answer: Sendable {
        public let status: Int
        public let headers: [String: String]
        public let body: [UInt8]
    }

    /// - Throws: a sentence when a certificate or key cannot be read.
    public init(_ endpoint: Endpoint, _ credentials: Credentials) throws {
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = .seconds(5)
        configuration.redirectConfiguration = .disallow
        configuration.connectionPool.idleTimeout = .seconds(50)
        configuration.httpVersion = .http1Only
        switch endpoint {
        case .unix(let path): base = "http+unix://" + PercentCoding.encode(path)
        case .http(_, _, _, let secure):
            base = endpoint.description
            if secure { configuration.tlsConfiguration = try Self.tls(credentials) }
        case .ssh: throw Unreachable("ssh is reached through a tunnel")
        }
        self.credentials = Mutex(credentials)
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    deinit {
        // Nothing more is asked; the connections close by themselves.
        client.shutdown { _ in }
    }

    var person: String? { credentials.withLock { $0.person } }

    func introduce(_ person: String) { credentials.withLock { $0.person = person } }

    private static func tls(_ credentials: Credentials) throws -> TLSConfiguration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        if let file = credentials.authority { tls.trustRoots = .file(file) }
        do {
            if let file = credentials.certificate {
                tls.certificateChain = try NIOSSLCertificate.fromPEMFile(file).map { .certificate($0) }
            }
            if let file = credentials.key {
                tls.privateKey = .privateKey(try NIOSSLPrivateKey(file: file, format: .pem))
            }
        } catch { throw Unreachable("the client certificate or its key cannot be read: \(error)") }
        return tls
    }

    /// One request. The error is ``Unreachable`` when no answer came.
    public func send(
        _ method: String, _ path: String, _ parameters: Parameters = Parameters(), body: [UInt8]? = nil,
        type: String = "application/json", headers: [(String, String)] = [], within limit: Duration = .seconds(20),
        most: Int = 64 << 20
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: base + path + parameters.text)
        request.method = HTTPMethod(rawValue: method)
        request.headers.add(name: "accept-encoding", value: "gzip")
        let credentials = credentials.withLock { $0 }
        if let token = credentials.token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        if let person = credentials.person { request.headers.add(name: "tocsin-operator", value: person) }
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body {
            request.headers.add(name: "content-type", value: type)
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        do {
            let response = try await client.execute(request, timeout: .nanoseconds(Int64(limit / .nanoseconds(1))))
            let buffer = try await response.body.collect(upTo: most)
            var bytes = Array(buffer.readableBytesView)
            if response.headers.first(name: "content-encoding") == "gzip" {
                bytes = try Gzip.expand(bytes, atMost: most)
            }
            var fields: [String: String] = [:]
            for (name, value) in response.headers { fields[name.lowercased()] = value }
            return Answer(status: Int(response.status.code), headers: fields, body: bytes)
        } catch is CancellationError { throw CancellationError() } catch {
            throw Unreachable(Self.words(error))
        }
    }

    private static func words(_ error: any Error) -> String {
        switch error {
        case let error as HTTPClientError
        where error == .connectTimeout || error == .deadlineExceeded || error == .readTimeout:
            return "no answer in time"
        case let error as HTTPClientError where error == .remoteConnectionClosed:
            return "it closed the connection"
        case let error as NIOConnectionError:
            return "nobody listens there (\(error.connectionErrors.first.map { "\($0.error)" } ?? "refused"))"
        case let error as IOError:
            return error.errnoCode == 13 ? "the socket may not be used by you" : "\(error.description)"
        case let error as NIOSSLError: return "TLS fails: \(error)"
        default: return "\(error)"
        }
    }
}
