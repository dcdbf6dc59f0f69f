import Glibc
import TestKit
import Testing

/// The real program on a pseudo-terminal, as a user has it.
@Suite(.serialized) struct DashboardTests {
    private let state = Fixture()

    private func environment(_ changes: [String: String?] = [:]) -> [String: String] {
        var all: [String: String?] = [
            "TERM": "xterm-256color", "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin", "HOME": state.path,
            "XDG_STATE_HOME": state.path + "/state", "XDG_CONFIG_HOME": state.path + "/config",
        ]
        for (name, value) in changes { all[name] = value }
        return all.compactMapValues { $0 }
    }

    private func start(
        _ arguments: [String] = [], _ changes: [String: String?] = [:], columns: Int = 80, lines: Int = 24
    ) throws -> Pty {
        try #require(
            Pty(
                productsFolder + "/tocsin", arguments, environment: environment(changes), columns: columns, lines: lines
            ))
    }

    private static let leave = "\u{1B}[?1049l"

    @Test func opensJudgesAndQuits() throws {
        let pty = try start()
        #expect(pty.expect("no trouble seen") || pty.expect("nobody has it"))
        #expect(pty.expect("rules judged"))
        #expect(pty.expect("the watch ends when you quit"))
        pty.send("2")
        #expect(pty.expect("ALERTS"))
        pty.send("3")
        #expect(pty.expect("PROCESSES"))
        pty.send("4")
        #expect(pty.expect("No service is configured"))
        pty.send("5")
        #expect(pty.expect("started"))
        pty.send("?")
        #expect(pty.expect("down a row"))
        pty.send("\u{1B}")
        pty.pause(0.3)
        pty.send("q")
        let end = pty.exit()
        #expect(end?.code == 0)
        #expect(String(decoding: pty.output.suffix(200), as: UTF8.self).contains(Self.leave))
    }

    /// Whatever ends it, the terminal is left as it was found.
    @Test(arguments: [SIGTERM, SIGHUP, SIGQUIT, SIGINT, SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP])
    func restoresTheTerminal(number: Int32) throws {
        let pty = try start()
        #expect(pty.expect("rules judged"))
        pty.signal(number)
        let end = try #require(pty.exit())
        let tail = String(decoding: pty.output.suffix(400), as: UTF8.self)
        #expect(tail.contains(Self.leave), "signal \(number)")
        #expect(tail.contains("\u{1B}[?25h") || tail.contains("\u{1B}[?12l\u{1B}[?25h"), "signal \(number)")
        let crash = [SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP].contains(number)
        #expect(crash ? end.signal == number : end.code == 0)
    }

    @Test func endsWhenTheTerminalGoesAway() throws {
        let pty = try start()
        #expect(pty.expect("rules judged"))
        pty.hangUp()
        #expect(pty.exit(within: 5) != nil)
    }

    @Test func followsEverySizeDownToOneCell() throws {
        let pty = try start()
        #expect(pty.expect("rules judged"))
        for (columns, lines) in [(1, 1), (200, 50), (20, 5), (3, 70), (400, 120), (79, 23), (80, 24)] {
            pty.resize(columns: columns, lines: lines)
            pty.pause(0.2)
        }
        let before = pty.output.count
        pty.send("\u{0C}")
        #expect(pty.expect("overview", from: before))
        pty.send("q")
        #expect(pty.exit()?.code == 0)
    }

    @Test(
        arguments: [
            ["LANG": "C"], ["LANG": nil], ["TERM": "no-such-terminal"], ["TERM": nil], ["TERM": "vt100"],
            ["TERM": "linux"], ["NO_COLOR": "1"],
            ["HOME": "/nonexistent", "XDG_STATE_HOME": "/proc/nowhere"],
        ] as [[String: String?]])
    func startsAnywhere(changes: [String: String?]) throws {
        let pty = try start([], changes)
        #expect(pty.expect("rules judged"), "\(changes)")
        if changes.keys.contains("LANG") {
            #expect(pty.output.allSatisfy { $0 < 0x80 }, "beyond ASCII in the C locale")
        }
        if changes["NO_COLOR"] != nil { #expect(!String(decoding: pty.output, as: UTF8.self).contains("38;5;")) }
        if changes["XDG_STATE_HOME"] != nil { #expect(pty.expect("nothing can be recorded")) }
        pty.send("q")
        #expect(pty.exit()?.code == 0)
    }

    @Test func aSecondDashboardOnlyWatches() throws {
        let first = try start()
        #expect(first.expect("rules judged"))
        first.pause(0.5)
        let second = try start(columns: 120)
        #expect(second.expect("another Tocsin (pid \(first.pid))"))
        for pty in [second, first] {
            pty.send("q")
            #expect(pty.exit()?.code == 0)
        }
    }

    @Test func oneFrameAsTextAndAsJSON() throws {
        let text = try start(["--once", "--columns", "100", "--lines", "30"])
        #expect(text.exit()?.code == 0)
        #expect(String(decoding: text.output, as: UTF8.self).contains("rules judged"))
        #expect(!text.output.contains(0x1B))
        let json = try start(["--json"])
        #expect(json.exit()?.code == 0)
        #expect(String(decoding: json.output, as: UTF8.self).contains("\"overview\""))
        let dumb = try start([], ["TERM": "dumb"])
        #expect(dumb.expect("rules judged"))
        #expect(dumb.exit()?.code == 0)
    }

    /// A process may call itself what it likes: no byte of it reaches the terminal as a command.
    @Test func hostileProcessNames() throws {
        let name = "evil\u{1B}]0;owned\u{07}\u{9B}31m\u{202E}gnp\n"
        let sleeper = try #require(
            Pty(
                "/bin/bash", ["-c", "exec -a \"$EVIL\" sleep 60"], environment: ["EVIL": name, "PATH": "/bin:/usr/bin"])
        )
        let pty = try start(columns: 160, lines: 50)
        #expect(pty.expect("rules judged"))
        pty.send("3")
        pty.send("/evil\n")
        #expect(pty.expect("evil"))
        pty.pause(2)
        let output = String(decoding: pty.output, as: UTF8.self)
        #expect(!output.contains("\u{1B}]0;owned"))
        #expect(!output.unicodeScalars.contains { (0x80...0x9F).contains($0.value) || $0.value == 0x202E })
        pty.send("q")
        #expect(pty.exit()?.code == 0)
        sleeper.signal(SIGKILL)
    }

    @Test func faultyConfigurationIsListedWithPlaces() throws {
        state.write("bad.yaml", "enviroment: x\nstorage: {memory: 1}\n")
        let pty = try start(["--config", state.path + "/bad.yaml"])
        #expect(pty.exit()?.code == 1)
        let output = String(decoding: pty.output, as: UTF8.self)
        #expect(output.contains("bad.yaml:1:1: unknown key \"enviroment\""))
        #expect(output.contains("bad.yaml:2:19: storage.memory"))
    }

    /// The user's own rule, from suspicion to acknowledgement, and what a restart after kill −9 knows of it.
    @Test func acknowledgementsSurviveTheKill() throws {
        state.write(
            "rules.yml",
            """
            groups:
              - name: own
                interval: 1s
                rules:
                  - alert: AlwaysTrue
                    expr: node_memory_MemTotal_bytes > 0
                    for: 1s
                    labels: {severity: critical}
                    annotations: {summary: memory is there}
            """)
        state.write("t.yaml", "rule_files: [rules.yml]\ndefault_rules: false\n")
        let arguments = ["--config", state.path + "/t.yaml"]
        let pty = try start(arguments)
        #expect(pty.expect("CRITICAL"))
        #expect(pty.expect("memory is there"))
        pty.pause(1)
        pty.send("n")
        pty.send("3h on it\r")
        #expect(pty.expect("taken"))
        pty.signal(SIGKILL)
        #expect(pty.exit()?.signal == SIGKILL)
        let after = try start(arguments)
        #expect(after.expect("on it"))
        #expect(after.expect("has it"))
        after.send("q")
        #expect(after.exit()?.code == 0)
    }
}
