import FoundationEssentials
import Glibc
import TestKit
import Testing

/// A folder with a configuration and a socket, and the engine that serves there: what the tests of the service share.
struct ServedEngine {
    let folder = Fixture()
    var socket: String { folder.path + "/t.sock" }
    var configuration: String { folder.path + "/tocsin.yaml" }

    var environment: [String: String] {
        [
            "TERM": "xterm-256color", "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": folder.path,
            "XDG_STATE_HOME": folder.path + "/home", "XDG_CONFIG_HOME": folder.path + "/config",
        ]
    }

    /// Starts the engine and waits until it listens.
    ///
    /// - Parameters:
    ///   - api: more lines of the section `api`, indented by two.
    ///   - more: more sections.
    ///   - limits: a line of shell in front of the program, `ulimit` for instance.
    ///   - state: where the journal lies; in the folder by default.
    func serve(
        api: String = "", more: String = "", _ arguments: [String] = [], limits: String = "true", state: String? = nil
    ) throws -> Pty {
        folder.write(
            "tocsin.yaml",
            "environment: lab\nstorage: {path: \(state ?? folder.path + "/state")}\n\(more)\napi:\n  socket: \(socket)\n\(api)\n"
        )
        let daemon = try start(arguments, limits: limits)
        #expect(daemon.expect("listening on \(socket)"), "\(String(decoding: daemon.output, as: UTF8.self))")
        return daemon
    }

    /// Starts the engine with the configuration that is there.
    func start(_ arguments: [String] = [], limits: String = "true") throws -> Pty {
        let more = arguments.map { " '\($0)'" }.joined()
        return try #require(
            Pty(
                "/bin/sh",
                ["-c", "\(limits); exec '\(productsFolder)/tocsin' serve --config '\(configuration)'\(more)"],
                environment: environment))
    }

    /// Runs a line of shell and returns what it printed.
    func run(_ line: String, within seconds: Double = 60) throws -> String {
        folder.write("line", line + "\n")
        let pty = try #require(
            Pty("/bin/sh", ["-c", "sh '\(folder.path)/line' > '\(folder.path)/out' 2>&1"], environment: environment))
        _ = try #require(pty.exit(within: seconds))
        return text("out")
    }

    /// What `tocsin` prints for words of the command line.
    func tocsin(_ words: String) throws -> String {
        try run("'\(productsFolder)/tocsin' \(words) --config '\(configuration)'")
    }

    func text(_ name: String) -> String {
        String(decoding: FileManager.default.contents(atPath: folder.path + "/" + name) ?? Data(), as: UTF8.self)
    }

    /// What a path of the API answers.
    func get(_ path: String) throws -> String {
        try run("curl -s --max-time 20 --unix-socket '\(socket)' 'http://localhost\(path)'")
    }

    /// What a command of the API answers.
    func post(_ path: String, _ body: String) throws -> String {
        try run("curl -s --max-time 20 --unix-socket '\(socket)' -d '\(body)' 'http://localhost\(path)'")
    }

    /// Asks for a silence, which has to be written down before it is answered.
    func silence(_ id: String) throws -> String {
        try post(
            "/tocsin/v1/commands",
            #"{"id":"\#(id)","command":"silence","matchers":["alertname=None"],"duration":60,"comment":"\#(id)"}"#)
    }

    func isHealthy(within seconds: Int = 5) throws -> Bool {
        try run("curl -s --max-time \(seconds) --unix-socket '\(socket)' http://localhost/-/healthy")
            == "Tocsin is Healthy.\n"
    }

    func end(_ daemon: Pty) {
        daemon.signal(SIGTERM)
        #expect(daemon.exit(within: 20)?.code == 0)
    }
}
