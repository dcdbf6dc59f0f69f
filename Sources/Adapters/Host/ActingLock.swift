import Glibc
import TocsinCore
import TocsinModel

/// Lets one engine of this host act on a service, whoever runs it and wherever its journal is.
///
/// The lock is a name in the kernel's abstract socket namespace: it goes with the process however that ends, and whoever
/// asks is told by the kernel who holds it.
package final class ActingLock: @unchecked Sendable {
    // The descriptor is never changed after init.
    private let descriptor: Int32

    /// Why this engine may not act, in words.
    package struct Held: Error, Sendable, CustomStringConvertible {
        package let description: String
    }

    /// - Parameter spec: the name of the lock is made of the members' addresses, so that two configurations of one
    ///   service meet.
    package init(_ spec: ServiceSpec) throws(Held) {
        let members = spec.members.map(\.address).sorted().joined(separator: ",")
        let print = Hex.string(Labels([("kind", spec.kind), ("members", members)]).fingerprint)
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else {
            throw Held(description: "no lock can be made: \(String(cString: strerror(errno)))")
        }
        let name = "tocsin-acts-on-" + print
        if Self.with(name, { bind(descriptor, $0, $1) }) == 0 {
            listen(descriptor, 8)
            return
        }
        let number = errno
        let holder = Self.holder(name)
        close(descriptor)
        throw Held(
            description: number == EADDRINUSE
                ? "another Tocsin\(holder) is this host's acting engine for it; use that one, or end it"
                : "no lock can be had: \(String(cString: strerror(number)))")
    }

    deinit { close(descriptor) }

    private static func with(_ name: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // A leading zero byte makes the name abstract: there is no file to be left behind.
        withUnsafeMutableBytes(of: &address.sun_path) { path in
            for (at, byte) in name.utf8.prefix(path.count - 2).enumerated() { path[at + 1] = byte }
        }
        let size = socklen_t(MemoryLayout<sa_family_t>.size + 1 + name.utf8.count)
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, size) }
        }
    }

    /// ` (pid 812 of uid 1000)`, by the kernel's word.
    private static func holder(_ name: String) -> String {
        let asking = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard asking >= 0 else { return "" }
        defer { close(asking) }
        guard with(name, { connect(asking, $0, $1) }) == 0 else { return "" }
        var credentials: (pid: Int32, uid: UInt32, gid: UInt32) = (0, 0, 0)
        var size = socklen_t(MemoryLayout.size(ofValue: credentials))
        guard getsockopt(asking, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0 else { return "" }
        return " (pid \(credentials.pid) of uid \(credentials.uid))"
    }
}
