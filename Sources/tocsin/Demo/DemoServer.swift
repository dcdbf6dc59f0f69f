import Adapters
import Glibc

/// A listening socket on the loopback.
struct Listener {
    let descriptor: Int32

    init(port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard bound == 0, listen(descriptor, 64) == 0 else {
            throw Failure("port \(port) cannot be had: \(String(cString: strerror(errno)))")
        }
    }

    /// The next connection; it neither sends nor receives for longer than so many milliseconds.
    func accept(patience: Int = 300) -> Int32 {
        while true {
            let one = Glibc.accept(descriptor, nil, nil)
            if one < 0 { continue }
            _ = fcntl(one, F_SETFD, FD_CLOEXEC)
            var time = timeval(tv_sec: patience / 1000, tv_usec: patience % 1000 * 1000)
            setsockopt(one, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
            setsockopt(one, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
            return one
        }
    }

    /// Some free ports of the loopback, all different.
    static func freePorts(_ count: Int) throws -> [UInt16] {
        let all = try (0..<count).map { _ in try Listener(port: 0) }
        defer { for one in all { close(one.descriptor) } }
        return all.map { listener in
            var address = sockaddr_in()
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(listener.descriptor, $0, &size) }
            }
            return UInt16(bigEndian: address.sin_port)
        }
    }
}

/// A request of the demo's small HTTP servers: method, path, and the values after the question mark.
struct DemoRequest {
    var method: String
    var path: String
    var values: [String: String] = [:]

    init?(reading descriptor: Int32) {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 8192)
        while !bytes.contains(10) || !Self.isWhole(bytes) {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0, bytes.count < 65_536 else { return nil }
            bytes += buffer[0..<count]
        }
        let words = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n", maxSplits: 1)[0].split(
            separator: " ")
        guard words.count >= 2 else { return nil }
        method = String(words[0])
        let parts = words[1].split(separator: "?", maxSplits: 1)
        path = parts.first.map(String.init) ?? "/"
        for pair in parts.count > 1 ? parts[1].split(separator: "&") : [] {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            values[String(sides[0])] = sides.count > 1 ? String(sides[1]) : ""
        }
    }

    private static func isWhole(_ bytes: [UInt8]) -> Bool {
        bytes.count >= 4 && bytes[(bytes.count - 4)...].elementsEqual([13, 10, 13, 10])
    }

    static func answer(_ descriptor: Int32, _ status: Int, _ body: String) {
        let text =
            "HTTP/1.1 \(status) -\r\nContent-Length: \(body.utf8.count + 1)\r\nConnection: close\r\n\r\n\(body)\n"
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }
}
