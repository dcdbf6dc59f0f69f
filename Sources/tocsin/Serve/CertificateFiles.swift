import FoundationEssentials
import NIOCore
import NIOSSL
import Synchronization

/// The server's certificate and key in their files. They are read anew when one of them changed, so that a renewed
/// certificate is shown to the next client; while what is there cannot be used, the last one that could stays.
final class CertificateFiles: Sendable {
    private let certificate: String
    private let key: String
    private let loaded: Mutex<(stamp: [Date?], pair: Pair)>

    private struct Pair {
        let chain: [NIOSSLCertificateSource]
        let key: NIOSSLPrivateKeySource
    }

    /// - Throws: what NIOSSL says of files that cannot be used.
    init(certificate: String, key: String) throws {
        self.certificate = certificate
        self.key = key
        let stamp = Self.stamp(certificate, key)
        loaded = Mutex((stamp, try Self.read(certificate, key)))
    }

    /// Settings of a server that asks for the files at every handshake.
    func configuration() -> TLSConfiguration {
        let pair = current()
        var tls = TLSConfiguration.makeServerConfiguration(certificateChain: pair.chain, privateKey: pair.key)
        tls.minimumTLSVersion = .tlsv12
        tls.sslContextCallback = { [self] _, promise in
            let pair = current()
            var override = NIOSSLContextConfigurationOverride()
            override.certificateChain = pair.chain
            override.privateKey = pair.key
            promise.succeed(override)
        }
        return tls
    }

    private func current() -> Pair {
        let stamp = Self.stamp(certificate, key)
        return loaded.withLock { loaded in
            // The two files are renewed one after the other: a moment's rest says that both are.
            guard stamp != loaded.stamp, stamp.allSatisfy({ $0.map { $0.timeIntervalSinceNow < -2 } ?? false }),
                let pair = try? Self.read(certificate, key)
            else { return loaded.pair }
            loaded = (stamp, pair)
            return pair
        }
    }

    private static func stamp(_ paths: String...) -> [Date?] {
        paths.map {
            // A file that is gone has no date.
            (try? FileManager.default.attributesOfItem(atPath: $0))?[.modificationDate] as? Date
        }
    }

    private static func read(_ certificate: String, _ key: String) throws -> Pair {
        Pair(
            chain: try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) },
            key: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem)))
    }
}
