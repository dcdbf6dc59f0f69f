import FoundationEssentials
import Glibc

/// The demo's small world on the loopback: two nodes, the switch in front of them, a client, and a configuration.
struct DemoWorld {
    let folder: String
    private let program: String
    private let owner: Int32
    private let ports: [UInt16]
    private(set) var pids: [String: Int32] = [:]

    private var a: UInt16 { ports[0] }
    private var b: UInt16 { ports[1] }
    private var front: UInt16 { ports[2] }
    private var control: UInt16 { ports[3] }

    /// - Parameter folder: made when it is missing; nil for a new one below `/tmp`.
    init(folder: String?, owner: Int32) throws {
        if let folder {
            self.folder = folder
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } else {
            var template = Array("/tmp/tocsin-demo-XXXXXX\0".utf8).map { CChar(bitPattern: $0) }
            guard mkdtemp(&template) != nil else { throw Failure("no folder can be made below /tmp") }
            self.folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        self.owner = owner
        program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        ports = try Listener.freePorts(4)
    }

    var config: String { folder + "/tocsin.yaml" }

    /// Starts everything; returns when both nodes listen.
    mutating func start() throws {
        // A short name, so that a plan can be read: relative programs are looked for beside the configuration.
        try FileManager.default.createSymbolicLink(atPath: folder + "/tocsin", withDestinationPath: program)
        try Data(configuration.utf8).write(to: URL(filePath: config))
        pids["a"] = try spawn(["node", "--name", "a", "--port", "\(a)", "--peer", "b=127.0.0.1:\(b)", "--primary"])
        pids["b"] = try spawn(["node", "--name", "b", "--port", "\(b)", "--peer", "a=127.0.0.1:\(a)"])
        pids["switch"] = try spawn([
            "switch", "--port", "\(front)", "--control", "\(control)", "--to", "127.0.0.1:\(a)", "--clean",
        ])
        for port in [a, b, front] { try wait(for: port) }
        pids["client"] = try spawn(["client", "--port", "\(front)"])
    }

    private func wait(for port: UInt16) throws {
        for _ in 0..<100 {
            if DemoCall.ask("GET", "127.0.0.1:\(port)", "/health") != nil { return }
            usleep(50_000)
        }
        throw Failure("the demo's process on port \(port) does not answer")
    }

    private func spawn(_ arguments: [String]) throws -> Int32 {
        try Self.spawn(program, ["demo-part"] + arguments + ["--folder", folder, "--owner", "\(owner)"])
    }

    /// Starts a program in a session of its own, with nothing to read and nowhere to write.
    static func spawn(_ program: String, _ arguments: [String]) throws -> Int32 {
        var argv: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        defer { for text in argv { free(text) } }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        posix_spawnattr_setflags(&attributes, Int16(0x80 | 0x08 | 0x04))  // SETSID, SETSIGMASK, SETSIGDEF
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigdefault(&attributes, &all)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        defer {
            posix_spawnattr_destroy(&attributes)
            posix_spawn_file_actions_destroy(&actions)
        }
        var pid: pid_t = 0
        let failed = posix_spawn(&pid, program, &actions, &attributes, &argv, environ)
        guard failed == 0 else { throw Failure("\(program) cannot be started: \(String(cString: strerror(failed)))") }
        return pid
    }

    /// Ends everything and removes the folder.
    func stop() {
        for pid in pids.values { kill(pid, SIGKILL) }
        for name in ["a", "b"] { _ = DemoCall.fence(name, folder) }
        // What cannot be removed lies below /tmp and hurts nobody.
        try? FileManager.default.removeItem(atPath: folder)
    }

    private var configuration: String {
        let part = "./tocsin, demo-part"
        let own = "--folder, ., --owner, '\(owner)'"
        return """
            environment: demo
            storage: {path: \(folder)/state}
            services:
              - name: counter
                kind: exec
                members:
                  - {name: a, address: '127.0.0.1:\(a)'}
                  - {name: b, address: '127.0.0.1:\(b)'}
                check: {http: /health}
                role: {http: /role, primary: 200, standby: 503}
                client: {address: '127.0.0.1:\(front)', check: {http: /}}
                limits: {cooldown: 10m}
                steps:
                  fence: {argv: [\(part), fence, --name, '{loser}', --folder, .], deadline: 10s}
                  demote:
                    argv: [\(part), call, POST, '{loser_address}', '/demote?name={winner}&follow={winner_address}']
                    undo: [\(part), call, POST, '{loser_address}', /promote]
                    deadline: 5s
                  promote: {argv: [\(part), call, POST, '{winner_address}', /promote], deadline: 5s}
                  repoint: {argv: [\(part), call, POST, '127.0.0.1:\(control)', '/point?to={winner_address}'], deadline: 5s}
                  rejoin:
                    argv: [\(part), start, --name, '{member}', --port, '{member_port}', --peer, '{loser}={loser_address}', \(own)]
                    deadline: 10s

            """
    }
}
