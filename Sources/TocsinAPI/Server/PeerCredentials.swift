import CLinux
import Glibc
import NIOCore
import NIOSSL

/// Who is at the other end of a connection.
enum PeerCredentials {
    /// By the kernel's word for a Unix socket, by the certificate and the address for TCP.
    static func caller(of channel: any Channel) async -> Caller? {
        if case .unixDomainSocket? = channel.localAddress { return await unix(channel) }
        let address = channel.remoteAddress?.ipAddress ?? "an unknown address"
        return .tcp(address: address, certificate: await certificate(of: channel))
    }

    private static func unix(_ channel: any Channel) async -> Caller? {
        guard let provider = channel as? any SocketOptionProvider else { return nil }
        let option: EventLoopFuture<tocsin_peer> = provider.unsafeGetSocketOption(
            level: .socket, name: NIOBSDSocket.Option(rawValue: Int32(SO_PEERCRED)))
        guard let peer = try? await option.get() else { return nil }
        return .unix(uid: peer.uid, gid: peer.gid, pid: peer.pid)
    }

    /// The names of a verified client certificate; none where there is no TLS.
    private static func certificate(of channel: any Channel) async -> [String] {
        guard let certificate = try? await channel.nioSSL_peerCertificate().get() else { return [] }
        return CertificateNames.all(of: certificate)
    }
}

/// The names that a certificate gives its holder.
enum CertificateNames {
    /// `CN=…` first, then the alternative names as `DNS:…`, `email:…`, `URI:…`.
    static func all(of certificate: NIOSSLCertificate) -> [String] {
        var names: [String] = []
        if let der = try? certificate.toDERBytes(), let common = commonName(in: der) { names.append("CN=\(common)") }
        for name in certificate._subjectAlternativeNames() {
            let text = String(decoding: name.contents, as: UTF8.self)
            switch name.nameType {
            case .dnsName: names.append("DNS:\(text)")
            case .email: names.append("email:\(text)")
            case .uri: names.append("URI:\(text)")
            default: break
            }
        }
        return names
    }

    /// The common name of the subject, which is the second name of a certificate after that of the issuer
    /// (RFC 5280, section 4.1).
    static func commonName(in der: [UInt8]) -> String? {
        guard let whole = DER(der, 0, der.count), let body = whole.children.first else { return nil }
        // version [0] is optional; then serial, signature, issuer, validity, subject.
        let fields = body.children.first?.tag == 0xA0 ? Array(body.children.dropFirst()) : body.children
        guard fields.count > 4 else { return nil }
        for set in fields[4].children {
            for pair in set.children where pair.children.count == 2 {
                // 2.5.4.3
                if pair.children[0].contents.elementsEqual([0x55, 0x04, 0x03]) {
                    return String(decoding: pair.children[1].contents, as: UTF8.self)
                }
            }
        }
        return nil
    }
}

/// One element of a DER encoding (X.690), as far as a certificate's names need it.
private struct DER {
    let tag: UInt8
    private let bytes: [UInt8]
    private let range: Range<Int>
    private let end: Int

    /// The element at an offset, or nil when it is cut off.
    init?(_ bytes: [UInt8], _ at: Int, _ limit: Int) {
        guard at + 2 <= limit else { return nil }
        tag = bytes[at]
        var length = Int(bytes[at + 1])
        var begin = at + 2
        if length >= 0x80 {
            let count = length & 0x7F
            guard (1...4).contains(count), begin + count <= limit else { return nil }
            length = bytes[begin..<begin + count].reduce(0) { $0 << 8 | Int($1) }
            begin += count
        }
        guard length <= limit - begin else { return nil }
        self.bytes = bytes
        range = begin..<begin + length
        end = begin + length
    }

    var contents: ArraySlice<UInt8> { bytes[range] }

    var children: [DER] {
        guard tag & 0x20 != 0 else { return [] }
        var out: [DER] = []
        var at = range.lowerBound
        while let next = DER(bytes, at, range.upperBound) {
            out.append(next)
            at = next.end
        }
        return out
    }
}
