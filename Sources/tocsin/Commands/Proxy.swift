import ArgumentParser
import Glibc

/// `tocsin proxy`: what `tocsin attach ssh://HOST` runs on the other host.
struct Proxy: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Connect standard input and output to this host's engine.",
        discussion: "For tocsin attach ssh://HOST, which runs it there: SSH's keys are the login.")

    @Option(help: "The engine's socket; found where engines listen when left out.") var socket: String?
    @Option(name: .shortAndLong, help: "The configuration file.") var config: String?

    func run() throws {
        signal(SIGPIPE, SIG_IGN)
        let path: String
        if let socket {
            path = socket
        } else {
            switch SocketPlace.find(try Wiring.reading(config).config) {
            case .answers(let found): path = found
            case .forbidden(let found): throw Failure("you may not use this host's engine at \(found)")
            case .nobody: throw Failure("no engine runs on this host: start it with tocsin serve")
            }
        }
        let connection = SocketPlace.connect(path)
        guard connection >= 0 else { throw Failure("\(path): \(String(cString: strerror(-connection)))") }
        Self.carry(connection)
    }

    /// Copies both ways until both are at their end.
    private static func carry(_ connection: Int32) {
        var fromUser = true
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            var polled = [
                pollfd(fd: connection, events: Int16(POLLIN), revents: 0),
                pollfd(fd: fromUser ? STDIN_FILENO : -1, events: Int16(POLLIN), revents: 0),
            ]
            if poll(&polled, 2, -1) < 0 {
                if errno == EINTR { continue }
                return
            }
            if polled[0].revents != 0, !copy(connection, STDOUT_FILENO, &buffer) { return }
            if polled[1].revents != 0, !copy(STDIN_FILENO, connection, &buffer) {
                fromUser = false
                shutdown(connection, Int32(SHUT_WR))
            }
        }
    }

    /// False at the end.
    private static func copy(_ from: Int32, _ to: Int32, _ buffer: inout [UInt8]) -> Bool {
        let count = read(from, &buffer, buffer.count)
        if count < 0 { return errno == EINTR || errno == EAGAIN }
        if count == 0 { return false }
        var at = 0
        while at < count {
            let written = buffer.withUnsafeBytes { write(to, $0.baseAddress! + at, count - at) }
            if written < 0, errno == EINTR { continue }
            if written <= 0 { return false }
            at += written
        }
        return true
    }
}
