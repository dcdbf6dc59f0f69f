import FoundationEssentials
import Glibc
import NIOCore
import NIOPosix
import TocsinCore
import TocsinModel

/// Asks one DNS server one question, over UDP or TCP.
enum DNSClient {
    /// - Throws: ``TimedOut``, or what the network says.
    static func ask(
        _ name: String, _ type: UInt16, at server: SocketAddress, overTCP: Bool, recursion: Bool = true,
        milliseconds: Int64
    ) async throws -> (message: DNSMessage, bytes: [UInt8]) {
        let id = UInt16.random(in: .min ... .max)
        guard let question = DNSMessage.question(name, type, id: id, recursion: recursion) else {
            throw Unusable("\"\(name.prefix(80))\" is too long for a name")
        }
        return try await withDeadline(milliseconds: milliseconds) {
            if overTCP { return try await overStream(question, id, server) }
            return try await overDatagram(question, id, server)
        }
    }

    private static func overDatagram(
        _ question: [UInt8], _ id: UInt16, _ server: SocketAddress
    ) async throws -> (DNSMessage, [UInt8]) {
        let family = server.protocol == .inet6 ? AF_INET6 : AF_INET
        let socket = Glibc.socket(
            family, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw Unusable("no socket: \(String(cString: strerror(errno)))") }
        defer { close(socket) }
        // Connected, so that only this server's answers come in, and its refusals too.
        let connected = server.withSockAddr { address, size in connect(socket, address, socklen_t(size)) }
        guard connected == 0, send(socket, question, question.count, 0) == question.count else {
            throw Unusable(String(cString: strerror(errno)).lowercased())
        }
        var buffer = [UInt8](repeating: 0, count: 65_535)
        while true {
            await Readiness.readable(socket)
            try Task.checkCancellation()
            let count = recv(socket, &buffer, buffer.count, 0)
            if count < 0, errno == EAGAIN || errno == EINTR { continue }
            guard count >= 0 else { throw Unusable(String(cString: strerror(errno)).lowercased()) }
            let bytes = Array(buffer[..<count])
            // What is no answer to this question is somebody else's.
            if let message = try? DNSMessage(bytes), message.id == id { return (message, bytes) }
        }
    }

    private static func overStream(
        _ question: [UInt8], _ id: UInt16, _ server: SocketAddress
    ) async throws -> (DNSMessage, [UInt8]) {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(to: server) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { incoming, outgoing in
            var length = [UInt8(question.count >> 8), UInt8(question.count & 255)]
            length += question
            try await outgoing.write(ByteBuffer(bytes: length))
            var bytes: [UInt8] = []
            for try await part in incoming {
                bytes += part.readableBytesView
                guard bytes.count > 1 else { continue }
                let wanted = Int(bytes[0]) << 8 | Int(bytes[1])
                if bytes.count >= 2 + wanted {
                    let answer = Array(bytes[2..<(2 + wanted)])
                    return (try DNSMessage(answer), answer)
                }
            }
            throw Unusable("the server closed the connection")
        }
    }
}

/// What `/etc/resolv.conf` says: servers and the domains to look in.
package struct ResolverSettings: Sendable, Equatable {
    package var servers: [String] = []
    package var search: [String] = []

    package init(_ text: String) {
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
            guard let key = words.first, words.count > 1 else { continue }
            switch key {
            case "nameserver": servers.append(String(words[1].prefix { $0 != "%" }))
            case "search", "domain": search = Array(words.dropFirst())
            default: break
            }
        }
        // As resolv.conf(5) has it for a file without servers.
        if servers.isEmpty { servers = ["127.0.0.1"] }
    }

    static func read() -> ResolverSettings {
        let data = try? Data(contentsOf: URL(filePath: "/etc/resolv.conf"))
        return ResolverSettings(data.map { String(decoding: $0, as: UTF8.self) } ?? "")
    }

    /// The names to ask for, in order: as it is when it has a dot, else with each domain behind it first.
    package func candidates(_ name: String) -> [String] {
        if name.hasSuffix(".") { return [String(name.dropLast())] }
        let longer = search.map { domain in name + "." + domain.trimmingDots }
        return name.contains(".") ? [name] + longer : longer + [name]
    }
}

extension String {
    fileprivate var trimmingDots: String { String(split(separator: ".").joined(separator: ".")) }
}
