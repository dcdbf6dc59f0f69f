import ConfigurationFiles
import Glibc

/// Where this host's engine listens.
enum SocketPlace {
    static let system = "/run/tocsin/tocsin.sock"

    /// The socket of an engine that this user starts.
    static func own(_ config: Config) -> String {
        if let path = config.api.socket { return path }
        if getuid() == 0 { return system }
        let folder = Places.environment("XDG_RUNTIME_DIR") ?? "/tmp/tocsin-\(getuid())"
        return folder + "/tocsin.sock"
    }

    /// What was found where an engine may listen.
    enum Finding: Equatable {
        /// Somebody listens there.
        case answers(String)
        /// An engine is there and this user may not connect.
        case forbidden(String)
        case nobody
    }

    /// Looks for this host's engine: the configured socket, else the system's, else the user's own.
    static func find(_ config: Config) -> Finding {
        var forbidden: String?
        for path in config.api.socket.map({ [$0] }) ?? [system, own(config)] {
            switch reach(path) {
            case 0: return .answers(path)
            case EACCES, EPERM: forbidden = forbidden ?? path
            default: break
            }
        }
        return forbidden.map { .forbidden($0) } ?? .nobody
    }

    /// 0 when somebody accepts a connection there, else the error number.
    static func reach(_ path: String) -> Int32 {
        let descriptor = connect(path)
        if descriptor < 0 { return -descriptor }
        close(descriptor)
        return 0
    }

    /// A connection to a socket, or the negative error number.
    static func connect(_ path: String) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return -ENAMETOOLONG }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return -errno }
        let failed = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        if failed == 0 { return descriptor }
        let number = errno
        close(descriptor)
        return -number
    }
}
