import FoundationEssentials
import Glibc
import TestKit
import Testing

/// The engine as a service: a daemon on a socket, screens that attach to it, curl.
@Suite(.serialized) struct ServeTests {
    private let folder = Fixture()
    private var socket: String { folder.path + "/t.sock" }

    private var environment: [String: String] {
        [
            "TERM": "xterm-256color", "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin", "HOME": folder.path,
            "XDG_STATE_HOME": folder.path + "/home", "XDG_CONFIG_HOME": folder.path + "/config",
        ]
    }

    private func serve(_ more: String = "", _ arguments: [String] = []) throws -> Pty {
        folder.write(
            "tocsin.yaml",
            """
            environment: lab
            storage: {path: \(folder.path)/state}
            api:
              socket: \(socket)
            \(more)
            """)
        let daemon = try #require(
            Pty(
                productsFolder + "/tocsin", ["serve", "--config", folder.path + "/tocsin.yaml"] + arguments,
                environment: environment))
        #expect(daemon.expect("listening on \(socket)"))
        return daemon
    }

    private func screen(_ arguments: [String] = []) throws -> Pty {
        try #require(
            Pty(
                productsFolder + "/tocsin", ["--config", folder.path + "/tocsin.yaml"] + arguments,
                environment: environment, columns: 120, lines: 40))
    }

    /// Runs a program and returns what it printed.
    private func run(_ line: String) throws -> String {
        let pty = try #require(Pty("/bin/sh", ["-c", "\(line) > '\(folder.path)/out' 2>&1"], environment: environment))
        _ = try #require(pty.exit(within: 30))
        return String(decoding: FileManager.default.contents(atPath: folder.path + "/out") ?? Data(), as: UTF8.self)
    }

    private func get(_ path: String) throws -> String {
        try run("curl -s --max-time 20 --unix-socket '\(socket)' 'http://localhost\(path)'")
    }

    @Test func screensAttachAndComeBackWhenTheEngineDoes() throws {
        var daemon = try serve()
        let screen = try screen()
        #expect(screen.expect("rules judged"))
        #expect(!String(decoding: screen.output, as: UTF8.self).contains("the watch ends when you quit"))
        screen.send("6")
        #expect(screen.expect("resident memory"))
        daemon.signal(SIGKILL)
        _ = daemon.exit()
        #expect(screen.expect("the engine does not answer"))
        let before = screen.output.count
        daemon = try serve()
        screen.send("1")
        #expect(screen.expect("iowait", from: before, within: 20))
        screen.send("q")
        #expect(screen.exit()?.code == 0)
        daemon.signal(SIGTERM)
        #expect(daemon.exit()?.code == 0)
        #expect(access(socket, F_OK) != 0)
    }

    @Test func curlFindsTheRoutes() throws {
        let daemon = try serve()
        #expect(try get("/-/healthy") == "Tocsin is Healthy.\n")
        // The first turn may not be over yet.
        for _ in 0..<40 where try get("/-/ready") != "Tocsin is Ready.\n" { daemon.pause(0.25) }
        #expect(try get("/metrics").contains("# TYPE node_load1 gauge\nnode_load1 "))
        #expect(try get("/api/v1/query?query=1%2B1").contains("\"resultType\":\"scalar\""))
        #expect(try get("/api/v1/query?query=node_memory_MemTotal_bytes").contains("\"job\":\"node\""))
        #expect(try get("/tocsin/v1/me").contains("\"role\":\"admin\""))
        #expect(try get("/tocsin/v1/audit?after=0").contains("\"action\":\"started\""))
        #expect(try get("/nothing").contains("not_found"))
        let silence = #"{"id":"e2e","command":"silence","matchers":["alertname=None"],"duration":60,"comment":"c"}"#
        let answer = try run(
            "curl -s --unix-socket '\(socket)' -d '\(silence)' http://localhost/tocsin/v1/commands")
        #expect(answer.contains("\"outcome\":\"done\""))
        #expect(try get("/tocsin/v1/pages/silences").contains("\"comment\":\"c\""))
        daemon.signal(SIGTERM)
        #expect(daemon.exit()?.code == 0)
    }

    @Test func aSecondEngineSaysWhoHoldsTheFolder() throws {
        let daemon = try serve()
        let second = try run("'\(productsFolder)/tocsin' serve --config '\(folder.path)/tocsin.yaml'")
        #expect(second.contains("another Tocsin (pid \(daemon.pid)) keeps its journal here"))
        daemon.signal(SIGTERM)
        _ = daemon.exit()
    }

    /// A faulty configuration changes nothing, and every screen says so.
    @Test func hangupReadsTheConfigurationAnew() throws {
        let daemon = try serve()
        let screen = try screen()
        #expect(screen.expect("rules judged"))
        folder.write("tocsin.yaml", "environment: lab\nstorage: {path: \(folder.path)/state}\nnonsense: 1\n")
        daemon.signal(SIGHUP)
        #expect(screen.expect("the new configuration is faulty"))
        screen.send("q")
        _ = screen.exit()
        daemon.signal(SIGTERM)
        #expect(daemon.exit()?.code == 0)
    }

    @Test func readOnlyRefusesEverybody() throws {
        let daemon = try serve("", ["--readonly"])
        let answer = try run(
            "curl -s --unix-socket '\(socket)' -d '{}' http://localhost/tocsin/v1/commands")
        #expect(answer.contains("read-only"))
        daemon.signal(SIGTERM)
        _ = daemon.exit()
    }

    @Test func theProxyCarriesRequests() throws {
        let daemon = try serve()
        let answer = try run(
            "printf 'GET /-/healthy HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n' | "
                + "'\(productsFolder)/tocsin' proxy --socket '\(socket)'")
        #expect(answer.contains("200 OK") && answer.contains("Tocsin is Healthy."))
        daemon.signal(SIGTERM)
        _ = daemon.exit()
    }
}
