import NIOCore
import NIOHTTP1
import NIOPosix
import TocsinCore
import TocsinModel

/// One request and its answer, each part of it timed.
struct HTTPExchange: Sendable {
    struct Answer: Sendable {
        var head: HTTPResponseHead
        var body: [UInt8] = []
        var isCut = false
        /// Seconds by phase, in blackbox_exporter's words.
        var seconds: [(phase: String, value: Double)] = []
        var isSecure = false
    }

    var url: WebAddress
    var method: String
    var headers: [(name: String, value: String)]
    var body: String
    var options: HTTPClientOptions
    var bodyLimit: Int

    func run(at address: SocketAddress, _ notes: ProbeNotes) async throws -> Answer {
        let clock = ContinuousClock()
        var last = clock.now
        var phases: [(phase: String, value: Double)] = []
        func lap(_ phase: String) {
            let now = clock.now
            phases.append((phase, last.duration(to: now) / .seconds(1)))
            last = now
        }
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(to: address).get()
        defer { channel.close(promise: nil) }
        lap("connect")
        if url.isSecure {
            try await TLSWitness.begin(channel, options.tls, host: url.host)
            try await TLSWitness.note(channel, notes)
        }
        lap("tls")
        let stream = try await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.addHTTPClientHandlers()
            return try NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>(
                wrappingChannelSynchronously: channel)
        }.get()
        let (head, fields) = (requestHead, body)
        let (bodyLimit, isSecure) = (bodyLimit, url.isSecure)
        var answer = try await stream.executeThenClose { incoming, outgoing -> Answer? in
            try await outgoing.write(.head(head))
            if !fields.isEmpty { try await outgoing.write(.body(.byteBuffer(ByteBuffer(string: fields)))) }
            try await outgoing.write(.end(nil))
            var answer: Answer?
            for try await part in incoming {
                switch part {
                case .head(let head):
                    if head.status.code >= 100, head.status.code < 200 { continue }
                    answer = Answer(head: head, isSecure: isSecure)
                    lap("processing")
                case .body(let bytes):
                    answer?.body += bytes.readableBytesView
                    if (answer?.body.count ?? 0) > bodyLimit {
                        answer?.isCut = true
                        lap("transfer")
                        return answer
                    }
                case .end:
                    lap("transfer")
                    return answer
                }
            }
            return nil
        }
        guard answer != nil else { throw Unusable("the connection ended before the answer") }
        answer?.seconds = phases
        // Checked above.
        return answer.unsafelyUnwrapped
    }

    private var requestHead: HTTPRequestHead {
        var fields = HTTPHeaders(headers.map { ($0.name, $0.value) })
        if !fields.contains(name: "host") { fields.add(name: "host", value: url.authority) }
        if !fields.contains(name: "user-agent") { fields.add(name: "user-agent", value: "Tocsin") }
        fields.replaceOrAdd(name: "connection", value: "close")
        if !body.isEmpty { fields.replaceOrAdd(name: "content-length", value: "\(body.utf8.count)") }
        return HTTPRequestHead(
            version: .http1_1, method: HTTPMethod(rawValue: method), uri: url.path, headers: fields)
    }
}

/// The parts of a web address.
struct WebAddress: Sendable, Equatable {
    var isSecure: Bool
    var host: String
    var port: Int
    var path: String

    /// As the Host header has it.
    var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    /// Reads an address; one without a scheme is http, as for blackbox_exporter.
    init(_ text: String) throws {
        let text = text.hasPrefix("http://") || text.hasPrefix("https://") ? text : "http://" + text
        isSecure = text.hasPrefix("https://")
        let rest = text.dropFirst(isSecure ? 8 : 7).prefix { $0 != "#" }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        (host, port) = try ProbeAddress.split(String(authority), usual: isSecure ? 443 : 80)
        let tail = rest.dropFirst(authority.count)
        path = tail.isEmpty ? "/" : tail.hasPrefix("?") ? "/" + tail : String(tail)
        if host.isEmpty { throw Unusable("\"\(text)\" names no host") }
    }

    /// Where a `Location` leads from here.
    func following(_ location: String) throws -> WebAddress {
        if location.hasPrefix("http://") || location.hasPrefix("https://") { return try WebAddress(location) }
        if location.hasPrefix("//") { return try WebAddress((isSecure ? "https:" : "http:") + location) }
        var next = self
        if location.hasPrefix("/") {
            next.path = location
        } else {
            let folder = path.prefix { $0 != "?" }
            next.path = String(folder[...(folder.lastIndex(of: "/") ?? folder.startIndex)]) + location
        }
        return next
    }
}
