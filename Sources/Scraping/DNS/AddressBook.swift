import Glibc
import NIOCore
import NIOPosix
import TocsinCore

/// Looks names up as the system does. A look-up may hang for long, so it has threads of its own.
enum AddressBook {
    private static let threads: NIOThreadPool = {
        let pool = NIOThreadPool(numberOfThreads: 8)
        pool.start()
        return pool
    }()

    /// A name that has no address, in the system's words.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// The address a probe goes to.
    ///
    /// - Parameter module: which family is preferred, and whether the other will do.
    static func address(of host: String, port: Int, _ module: ProbeModule) async throws -> SocketAddress {
        let all = try await addresses(of: host, port: port)
        let wanted: NIOBSDSocket.ProtocolFamily = module.prefers == .ip4 ? .inet : .inet6
        if let first = all.first(where: { $0.protocol == wanted }) { return first }
        if module.fallsBack, let first = all.first { return first }
        throw Failure(description: "\(host) has no address of the family \(module.prefers.rawValue)")
    }

    static func addresses(of host: String, port: Int) async throws -> [SocketAddress] {
        try await threads.runIfActive { try lookUp(host, port) }
    }

    private static func lookUp(_ host: String, _ port: Int) throws -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, "\(port)", &hints, &list)
        guard status == 0, let list else {
            throw Failure(description: "\(host): \(String(cString: gai_strerror(status)).lowercased())")
        }
        defer { freeaddrinfo(list) }
        var out: [SocketAddress] = []
        var next: UnsafeMutablePointer<addrinfo>? = list
        while let one = next {
            let info = one.pointee
            if info.ai_family == AF_INET {
                info.ai_addr.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                    out.append(SocketAddress($0.pointee))
                }
            } else if info.ai_family == AF_INET6 {
                info.ai_addr.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                    out.append(SocketAddress($0.pointee))
                }
            }
            next = info.ai_next
        }
        return out
    }
}
