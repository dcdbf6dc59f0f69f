import Glibc

/// A port of loopback that nobody listens on just now.
public func freePort() -> Int {
    let made = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(made) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            _ = bind(made, $0, size)
            _ = getsockname(made, $0, &size)
        }
    }
    return Int(UInt16(bigEndian: address.sin_port))
}
