import FoundationEssentials
import NIOSSL
import TocsinCore

/// Something configured that cannot be used, in a sentence.
struct Unusable: Error, CustomStringConvertible {
    let description: String
    init(_ words: String) { description = words }
}

extension Secret {
    /// The secret itself. A file is read anew each time, without the line's end.
    ///
    /// - Throws: ``Unusable`` when the file cannot be read.
    func read() throws -> String {
        switch self {
        case .text(let text): return text
        case .file(let path):
            guard let data = try? Data(contentsOf: URL(filePath: path)) else {
                throw Unusable("the file \(path) cannot be read")
            }
            let text = String(decoding: data, as: UTF8.self)
            return String(text.reversed().drop { $0.isWhitespace }.reversed())
        }
    }
}

extension HTTPClientOptions.TLS {
    /// The settings as NIOSSL wants them.
    ///
    /// - Throws: ``Unusable`` when a certificate or key cannot be read.
    func configuration() throws -> TLSConfiguration {
        var tls = TLSConfiguration.makeClientConfiguration()
        do {
            if let authority {
                let certificates = try NIOSSLCertificate.fromPEMBytes(Array(try authority.read().utf8))
                tls.trustRoots = .certificates(certificates)
            }
            if let certificate {
                tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(Array(try certificate.read().utf8))
                    .map { .certificate($0) }
            }
            if let key {
                tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(try key.read().utf8), format: .pem))
            }
        } catch let error as Unusable { throw error } catch {
            throw Unusable("a certificate or key of tls_config cannot be read: \(error)")
        }
        if skipsVerification { tls.certificateVerification = .none }
        tls.minimumTLSVersion = least.map(Self.version) ?? .tlsv12
        tls.maximumTLSVersion = most.map(Self.version)
        return tls
    }

    private static func version(_ version: Version) -> TLSVersion {
        switch version {
        case .TLS10: .tlsv1
        case .TLS11: .tlsv11
        case .TLS12: .tlsv12
        case .TLS13: .tlsv13
        }
    }
}
