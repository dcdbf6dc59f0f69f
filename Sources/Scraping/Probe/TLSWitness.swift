import NIOCore
import NIOSSL
import NIOTLS
import TocsinCore
import TocsinModel

/// Tells when the handshake is through, or that it failed.
final class HandshakeWatch: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny
    private let done: EventLoopPromise<Void>

    init(_ done: EventLoopPromise<Void>) { self.done = done }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted? = event as? TLSUserEvent { done.succeed() }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        done.fail(error)
        context.fireErrorCaught(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        done.fail(ChannelError.eof)
        context.fireChannelInactive()
    }
}

/// TLS on a probe's connection.
enum TLSWitness {
    /// Begins TLS and ends when the handshake is through.
    static func begin(_ channel: any Channel, _ settings: HTTPClientOptions.TLS, host: String) async throws {
        let context = try NIOSSLContext(configuration: try settings.configuration())
        let name = settings.serverName ?? host
        // A literal address has no place in SNI.
        let isAddress = (try? SocketAddress(ipAddress: name, port: 0)) != nil
        let done = channel.eventLoop.makePromise(of: Void.self)
        try await channel.eventLoop.submit {
            let handler = try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : name)
            try channel.pipeline.syncOperations.addHandler(HandshakeWatch(done), position: .first)
            try channel.pipeline.syncOperations.addHandler(handler, position: .first)
        }.get()
        try await done.futureResult.get()
    }

    /// What the certificate and the connection say.
    static func note(_ channel: any Channel, _ notes: ProbeNotes) async throws {
        let certificate = try await channel.nioSSL_peerCertificate().get()
        let version = try await channel.nioSSL_tlsVersion().get()
        notes.note { report in
            if let certificate {
                report.set(
                    "ssl_earliest_cert_expiry", "Returns last SSL chain expiry in unixtime",
                    Double(certificate.notValidAfter))
            }
            if let version {
                report.set(
                    "tls_version_info", "Returns the TLS version used or NaN when unknown", 1,
                    ["version": words(version)])
            }
        }
    }

    private static func words(_ version: TLSVersion) -> String {
        switch version {
        case .tlsv1: "TLS 1.0"
        case .tlsv11: "TLS 1.1"
        case .tlsv12: "TLS 1.2"
        case .tlsv13: "TLS 1.3"
        }
    }
}
