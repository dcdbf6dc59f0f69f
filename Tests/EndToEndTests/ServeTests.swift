import FoundationEssentials
import Glibc
import TestKit
import Testing

/// The engine as a service: a daemon on a socket, screens that attach to it, curl.
@Suite(.serialized) struct ServeTests {
    private let engine = ServedEngine()

    private func screen(_ arguments: [String] = []) throws -> Pty {
        try #require(
            Pty(
                productsFolder + "/tocsin", ["--config", engine.configuration] + arguments,
                environment: engine.environment, columns: 120, lines: 40))
    }

    @Test func screensAttachAndComeBackWhenTheEngineDoes() throws {
        var daemon = try engine.serve()
        let screen = try screen()
        #expect(screen.expect("rules judged"))
        #expect(!String(decoding: screen.output, as: UTF8.self).contains("the watch ends when you quit"))
        screen.send("6")
        #expect(screen.expect("resident memory"))
        daemon.signal(SIGKILL)
        _ = daemon.exit()
        #expect(screen.expect("the engine does not answer"))
        let before = screen.output.count
        daemon = try engine.serve()
        screen.send("1")
        #expect(screen.expect("iowait", from: before, within: 20))
        screen.send("q")
        #expect(screen.exit()?.code == 0)
        daemon.signal(SIGTERM)
        #expect(daemon.exit()?.code == 0)
        #expect(access(engine.socket, F_OK) != 0)
    }

    @Test func curlFindsTheRoutes() throws {
        let daemon = try engine.serve()
        #expect(try engine.get("/-/healthy") == "Tocsin is Healthy.\n")
        // The first turn may not be over yet.
        for _ in 0..<40 where try engine.get("/-/ready") != "Tocsin is Ready.\n" { daemon.pause(0.25) }
        #expect(try engine.get("/metrics").contains("# TYPE node_load1 gauge\nnode_load1 "))
        #expect(try engine.get("/api/v1/query?query=1%2B1").contains("\"resultType\":\"scalar\""))
        #expect(try engine.get("/api/v1/query?query=node_memory_MemTotal_bytes").contains("\"job\":\"node\""))
        #expect(try engine.get("/tocsin/v1/me").contains("\"role\":\"admin\""))
        #expect(try engine.get("/tocsin/v1/audit?after=0").contains("\"action\":\"started\""))
        #expect(try engine.get("/nothing").contains("not_found"))
        let silence = #"{"id":"e2e","command":"silence","matchers":["alertname=None"],"duration":60,"comment":"c"}"#
        let answer = try engine.run(
            "curl -s --unix-socket '\(engine.socket)' -d '\(silence)' http://localhost/tocsin/v1/commands")
        #expect(answer.contains("\"outcome\":\"done\""))
        #expect(try engine.get("/tocsin/v1/pages/silences").contains("\"comment\":\"c\""))
        daemon.signal(SIGTERM)
        #expect(daemon.exit()?.code == 0)
    }

    @Test func aSecondEngineSaysWhoHoldsTheFolder() throws {
        let daemon = try engine.serve()
        let second = try engine.tocsin("serve")
        #expect(second.contains("another Tocsin (pid \(daemon.pid)) keeps its journal here"))
        daemon.signal(SIGTERM)
        _ = daemon.exit()
    }

    /// A faulty configuration changes nothing, and every screen says so.
    @Test func hangupReadsTheConfigurationAnew() throws {
        let daemon = try engine.serve()
        let screen = try screen()
        #expect(screen.expect("rules judged"))
        engine.folder.write(
            "tocsin.yaml", "environment: lab\nstorage: {path: \(engine.folder.path)/state}\nnonsense: 1\n")
        daemon.signal(SIGHUP)
        #expect(screen.expect("the new configuration is faulty"))
        screen.send("q")
        _ = screen.exit()
        daemon.signal(SIGTERM)
        #expect(daemon.exit()?.code == 0)
    }

    @Test func readOnlyRefusesEverybody() throws {
        let daemon = try engine.serve(["--readonly"])
        let answer = try engine.run(
            "curl -s --unix-socket '\(engine.socket)' -d '{}' http://localhost/tocsin/v1/commands")
        #expect(answer.contains("read-only"))
        daemon.signal(SIGTERM)
        _ = daemon.exit()
    }

    @Test func theProxyCarriesRequests() throws {
        let daemon = try engine.serve()
        let answer = try engine.run(
            "printf 'GET /-/healthy HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n' | "
                + "'\(productsFolder)/tocsin' proxy --socket '\(engine.socket)'")
        #expect(answer.contains("200 OK") && answer.contains("Tocsin is Healthy."))
        daemon.signal(SIGTERM)
        _ = daemon.exit()
    }
}
