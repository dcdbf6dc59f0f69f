import Glibc

/// The demo's real pair of processes: two nodes, a switch, a client, and a configuration that can be changed.
public final class Pair {
    public let folder = Fixture()
    private let parts: Pty
    public private(set) var pids: [String: Int32] = [:]
    public private(set) var addresses: [String: String] = [:]

    /// Starts everything; nil when it does not come up.
    public init?() {
        let environment = ["PATH": "/usr/bin:/bin", "HOME": folder.path, "LANG": "C.UTF-8"]
        guard
            let parts = Pty(
                productsFolder + "/tocsin", ["demo", "--parts-only", "--folder", folder.path], environment: environment)
        else { return nil }
        self.parts = parts
        guard parts.expect("ready ", within: 30) else { return nil }
        for line in String(decoding: parts.output, as: UTF8.self).split(whereSeparator: \.isNewline) {
            let words = line.split(separator: " ")
            if words.count == 2, let pid = Int32(words[1]) { pids[String(words[0])] = pid }
        }
        for line in text.split(separator: "\n") where line.contains("{name: ") {
            let words = line.split { " {},'".contains($0) }
            addresses[String(words[2])] = String(words[4])
        }
    }

    public var config: String { folder.path + "/tocsin.yaml" }

    private var text: String { Self.read(config) }

    /// Writes the configuration anew with some lines changed; the name of the new file.
    public func changed(_ changes: [(from: String, to: String)], name: String = "changed.yaml") -> String {
        var text = text
        for (from, to) in changes {
            text = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
                guard let at = line.range(of: from) else { return String(line) }
                return String(line[..<at.lowerBound]) + to
            }.joined(separator: "\n")
        }
        folder.write(name, text)
        return folder.path + "/" + name
    }

    /// Runs the program to its end.
    public func tocsin(
        _ arguments: [String], config: String? = nil, within seconds: Double = 60
    ) -> (code: Int32, output: String)? {
        guard let pty = start(arguments, config: config) else { return nil }
        guard let end = pty.exit(within: seconds) else { return nil }
        return (end.code, String(decoding: pty.output, as: UTF8.self))
    }

    /// Starts the program on the pair.
    public func start(_ arguments: [String], config: String? = nil, columns: Int = 160, lines: Int = 45) -> Pty? {
        Pty(
            productsFolder + "/tocsin", arguments + ["--config", config ?? self.config],
            environment: [
                "PATH": "/usr/bin:/bin", "HOME": folder.path, "LANG": "C.UTF-8", "TERM": "xterm-256color",
                "XDG_STATE_HOME": folder.path + "/xdg",
            ], columns: columns, lines: lines)
    }

    /// What a node says that it is; nil when it does not answer.
    public func role(_ name: String) -> String? {
        guard let address = addresses[name], let port = UInt16(address.split(separator: ":")[1]) else { return nil }
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var time = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        var peer = sockaddr_in()
        peer.sin_family = sa_family_t(AF_INET)
        peer.sin_port = port.bigEndian
        peer.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let connected = withUnsafePointer(to: &peer) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { return nil }
        let request = Array("GET /role HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
        _ = write(descriptor, request, request.count)
        var out: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count <= 0 { break }
            out += buffer[0..<count]
        }
        let body = String(decoding: out, as: UTF8.self)
        return body.contains("\r\n\r\nprimary") ? "primary" : body.contains("\r\n\r\nstandby") ? "standby" : nil
    }

    /// Who takes writes now.
    public var writers: [String] { addresses.keys.sorted().filter { role($0) == "primary" } }

    /// Waits until something holds.
    public func wait(_ seconds: Double = 15, until done: () -> Bool) -> Bool {
        let end = ContinuousClock.now + .milliseconds(Int(seconds * 1000))
        while ContinuousClock.now < end {
            if done() { return true }
            usleep(50_000)
        }
        return done()
    }

    private static func read(_ path: String) -> String {
        guard let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}

extension StringProtocol {
    /// The first place of a text; without Foundation.
    func range(of other: String) -> Range<Index>? {
        var at = startIndex
        while at < endIndex {
            if self[at...].hasPrefix(other) { return at..<index(at, offsetBy: other.count) }
            at = index(after: at)
        }
        return nil
    }
}
