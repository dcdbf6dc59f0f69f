import FoundationEssentials
import Glibc
import TestKit
import Testing

/// The engine as a service when the machine or its clients do not play along.
@Suite(.serialized) struct HardshipTests {
    private let engine = ServedEngine()

    /// A connection that asks for nothing; nil when there is no room for it.
    private func connection(_ text: String = "") -> Int32? {
        let made = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard made >= 0 else { return nil }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(engine.socket.utf8) + [0]) }
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(made, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        if status != 0 {
            close(made)
            return nil
        }
        if !text.isEmpty { _ = send(made, text, text.utf8.count, Int32(MSG_NOSIGNAL)) }
        return made
    }

    @Test func manyIdleConnectionsLeaveRoomForOneThatAsks() throws {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let before = limit
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        defer {
            var before = before
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &before)
        }
        let wanted = min(10_000, Int(limit.rlim_max) - 200)
        let daemon = try engine.serve()
        var open: [Int32] = []
        defer { open.forEach { close($0) } }
        // The kernel's queue is short: whoever connects waits for the engine to take it.
        for _ in 0..<2_000 where open.count < wanted {
            while open.count < wanted, let one = connection() { open.append(one) }
            daemon.pause(0.01)
        }
        #expect(open.count == wanted)
        #expect(try engine.isHealthy())
        open.forEach { close($0) }
        open = []
        #expect(try engine.isHealthy())
        engine.end(daemon)
    }

    @Test func withoutDescriptorsItWaitsAndGoesOn() throws {
        let daemon = try engine.serve(limits: "ulimit -Sn 300; ulimit -Hn 300")
        var open: [Int32] = []
        for _ in 0..<600 {
            if let one = connection() { open.append(one) } else { daemon.pause(0.01) }
        }
        daemon.pause(2)
        #expect(daemon.exit(within: 0.1) == nil, "the engine is gone")
        open.forEach { close($0) }
        for _ in 0..<20 where try !engine.isHealthy() { daemon.pause(0.25) }
        #expect(try engine.isHealthy())
        engine.end(daemon)
    }

    @Test func slowRequestsHoldNobodyUp() throws {
        let daemon = try engine.serve()
        var open: [Int32] = []
        for number in 0..<300 {
            // A request that never ends, begun with a few bytes each.
            if let one = connection("GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-\(number): ") { open.append(one) }
        }
        for _ in 0..<10 {
            for one in open { _ = send(one, "a", 1, Int32(MSG_NOSIGNAL)) }
            #expect(try engine.isHealthy(within: 2))
        }
        open.forEach { close($0) }
        engine.end(daemon)
    }
}
