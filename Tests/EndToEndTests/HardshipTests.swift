import FoundationEssentials
import Glibc
import TestKit
import Testing

/// The engine as a service when the machine or its clients do not play along.
@Suite(.serialized) struct HardshipTests {
    private let folder = Fixture()
    private var socketPath: String { folder.path + "/t.sock" }
    private var environment: [String: String] {
        ["PATH": "/usr/bin:/bin", "HOME": folder.path, "XDG_STATE_HOME": folder.path + "/home"]
    }

    /// Starts the engine below limits of the shell.
    private func serve(_ limits: String = "true") throws -> Pty {
        folder.write("tocsin.yaml", "storage: {path: \(folder.path)/state}\napi: {socket: \(socketPath)}\n")
        let daemon = try #require(
            Pty(
                "/bin/sh",
                ["-c", "\(limits); exec '\(productsFolder)/tocsin' serve --config '\(folder.path)/tocsin.yaml'"],
                environment: environment))
        #expect(daemon.expect("listening on \(socketPath)"))
        return daemon
    }

    /// A connection that asks for nothing; nil when there is no room for it.
    private func connection(_ text: String = "") -> Int32? {
        let made = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard made >= 0 else { return nil }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(socketPath.utf8) + [0]) }
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

    private func healthy(within seconds: Int = 5) throws -> Bool {
        let asked = try #require(
            Pty(
                "/usr/bin/curl",
                ["-s", "--max-time", "\(seconds)", "--unix-socket", socketPath, "http://localhost/-/healthy"],
                environment: environment))
        return asked.expect("Tocsin is Healthy.", within: Double(seconds) + 1)
    }

    private func end(_ daemon: Pty) {
        daemon.signal(SIGTERM)
        #expect(daemon.exit(within: 20)?.code == 0)
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
        let daemon = try serve()
        var open: [Int32] = []
        defer { open.forEach { close($0) } }
        // The kernel's queue is short: whoever connects waits for the engine to take it.
        for _ in 0..<2_000 where open.count < wanted {
            while open.count < wanted, let one = connection() { open.append(one) }
            daemon.pause(0.01)
        }
        #expect(open.count == wanted)
        #expect(try healthy())
        open.forEach { close($0) }
        open = []
        #expect(try healthy())
        end(daemon)
    }

    @Test func withoutDescriptorsItWaitsAndGoesOn() throws {
        let daemon = try serve("ulimit -Sn 300; ulimit -Hn 300")
        var open: [Int32] = []
        for _ in 0..<600 {
            if let one = connection() { open.append(one) } else { daemon.pause(0.01) }
        }
        daemon.pause(2)
        #expect(daemon.exit(within: 0.1) == nil, "the engine is gone")
        open.forEach { close($0) }
        for _ in 0..<20 where try !healthy() { daemon.pause(0.25) }
        #expect(try healthy())
        end(daemon)
    }

    @Test func slowRequestsHoldNobodyUp() throws {
        let daemon = try serve()
        var open: [Int32] = []
        for number in 0..<300 {
            // A request that never ends, begun with a few bytes each.
            if let one = connection("GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-\(number): ") { open.append(one) }
        }
        for _ in 0..<10 {
            for one in open { _ = send(one, "a", 1, Int32(MSG_NOSIGNAL)) }
            #expect(try healthy(within: 2))
        }
        open.forEach { close($0) }
        end(daemon)
    }
}
