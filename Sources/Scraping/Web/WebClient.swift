import AsyncHTTPClient
import FoundationEssentials
import Glibc
import Gzip
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import TocsinCore

/// Fetches pages with the credentials, certificates and proxy of one job. Connections are kept for the next time.
final class WebClient: Sendable {
    struct Answer: Sendable {
        let status: Int
        let reason: String
        let type: String
        let body: [UInt8]
    }

    private let client: HTTPClient
    private let options: HTTPClientOptions

    /// - Parameter host: whom the client will ask; needed where the certificate bears another name.
    ///
    /// - Throws: ``Unusable`` when certificates cannot be read.
    init(_ options: HTTPClientOptions, host: String = "") throws {
        var configuration = HTTPClient.Configuration()
        configuration.httpVersion = .http1Only
        configuration.redirectConfiguration =
            options.followsRedirects ? .follow(max: 10, allowCycles: false) : .disallow
        configuration.tlsConfiguration = try options.tls.configuration()
        configuration.connectionPool.idleTimeout = .seconds(300)
        // Who refuses now is down now; the next turn asks again.
        configuration.connectionPool.retryConnectionEstablishment = false
        if let name = options.tls.serverName, !name.isEmpty, !host.isEmpty { configuration.dnsOverride[name] = host }
        if let proxy = options.proxy, let url = URL(string: proxy), let host = url.host {
            configuration.proxy = .server(host: host, port: url.port ?? 80)
        }
        client = HTTPClient(eventLoopGroupProvider: .shared(ScrapeLoop.group), configuration: configuration)
        self.options = options
    }

    deinit {
        // Nothing more is asked; the connections close by themselves.
        client.shutdown { _ in }
    }

    /// Fetches a page.
    ///
    /// - Parameter most: bytes the body may have, expanded; a larger one is an error.
    func get(
        _ url: String, headers: [(String, String)], compressed: Bool, milliseconds: Int64, most: Int
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: named(url))
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if compressed { request.headers.add(name: "accept-encoding", value: "gzip") }
        try prove(&request)
        if named(url) != url, let host = Self.authority(of: url) {
            request.headers.replaceOrAdd(name: "host", value: host)
        }
        let ready = request
        let (head, body) = try await withDeadline(milliseconds: milliseconds) { [client] in
            let response = try await client.execute(ready, timeout: .milliseconds(milliseconds))
            return (response, try await response.body.collect(upTo: most))
        }
        var bytes = Array(body.readableBytesView)
        if head.headers.first(name: "content-encoding")?.lowercased() == "gzip" {
            bytes = try Gzip.expand(bytes, atMost: most)
        }
        return Answer(
            status: Int(head.status.code), reason: head.status.reasonPhrase,
            type: head.headers.first(name: "content-type") ?? "", body: bytes)
    }

    private func prove(_ request: inout HTTPClientRequest) throws {
        for (name, value) in options.headers { request.headers.add(name: name, value: try value.read()) }
        switch options.proof {
        case .none: break
        case .basic(let user, let password):
            let text = Data("\(try user.read()):\(try password.read())".utf8).base64EncodedString()
            request.headers.replaceOrAdd(name: "authorization", value: "Basic \(text)")
        case .authorization(let scheme, let credentials):
            request.headers.replaceOrAdd(name: "authorization", value: "\(scheme) \(try credentials.read())")
        }
    }

    /// The address with the name that the certificate is expected to bear.
    private func named(_ url: String) -> String {
        guard let name = options.tls.serverName, !name.isEmpty, url.hasPrefix("https://"),
            let authority = Self.authority(of: url)
        else { return url }
        let port = authority.lastIndex(of: ":").map { authority[$0...] } ?? ""
        return "https://\(name)\(port.contains("]") ? "" : port)" + url.dropFirst("https://".count + authority.count)
    }

    static func authority(of url: String) -> String? {
        for scheme in ["http://", "https://"] where url.hasPrefix(scheme) {
            return String(url.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" })
        }
        return nil
    }

    /// The host of an address without port and brackets.
    static func host(of url: String) -> String {
        guard let authority = authority(of: url) else { return "" }
        if authority.hasPrefix("[") { return String(authority.dropFirst().prefix { $0 != "]" }) }
        return String(authority.prefix { $0 != ":" })
    }
}

/// Why a page could not be fetched, in words.
enum WebWords {
    static func of(_ error: any Error) -> String {
        switch error {
        case let error as TimedOut: return error.description
        case let error as HTTPClientError
        where error == .connectTimeout || error == .deadlineExceeded || error == .readTimeout:
            return "no answer in time"
        case let error as HTTPClientError where error == .remoteConnectionClosed: return "it closed the connection"
        case is NIOTooManyBytesError, Gzip.Fault.tooLarge: return "body size limit exceeded"
        case Gzip.Fault.malformed: return "the gzip body is damaged"
        case let error as NIOConnectionError:
            if let dns = error.dnsAAAAError ?? error.dnsAError, error.connectionErrors.isEmpty {
                return "the name cannot be resolved: \(dns)"
            }
            return error.connectionErrors.first.map { of($0.error) } ?? "it cannot be reached"
        case let error as IOError:
            return error.errnoCode == 111 ? "connection refused" : String(cString: strerror(error.errnoCode))
        case let error as NIOSSLError: return "TLS fails: \(error)"
        case let error as NIOSSLExtraError: return "TLS fails: \(error)"
        case is CancellationError: return "given up"
        default: return "\(error)"
        }
    }
}
