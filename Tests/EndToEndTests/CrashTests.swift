import FoundationEssentials
import Glibc
import TestKit
import Testing

/// The engine is killed at seeded moments while it records what it is asked, and has to come back with all of it.
@Suite(.serialized) struct CrashTests {
    private let engine = ServedEngine()

    /// `TOCSIN_KILLS` gives another number of kills, for the nightly run.
    private static var kills: Int { getenv("TOCSIN_KILLS").flatMap { Int(String(cString: $0)) } ?? 30 }

    /// Asks for silence after silence; what was confirmed is written down.
    private static let writer = """
        n=0
        while :; do
          n=$((n+1)); id="$2-$n"
          answer=$(curl -s --max-time 2 --unix-socket "$1/t.sock" -d '{"id":"'$id'","command":"silence","matchers":["alertname=X'$id'"],"duration":86400,"comment":"'$id'"}' http://localhost/tocsin/v1/commands)
          case "$answer" in *'"outcome":"done"'*) echo "$id" >> "$1/confirmed";; *) sleep 0.02;; esac
        done

        """

    @Test func nothingConfirmedIsLost() throws {
        engine.folder.write("writer", Self.writer)
        var random = SeededRandom(20)
        var slowest = 0.0
        for round in 0..<Self.kills {
            let begun = ContinuousClock.now
            let daemon = try engine.serve()
            slowest = max(slowest, begun.duration(to: .now) / .seconds(1))
            let writer = try #require(
                Pty(
                    "/bin/sh", [engine.folder.path + "/writer", engine.folder.path, "\(round)"],
                    environment: engine.environment))
            daemon.pause(Double.random(in: 0.01...0.4, using: &random))
            daemon.signal(SIGKILL)
            _ = daemon.exit()
            writer.signal(SIGKILL)
            _ = writer.exit()
        }
        let daemon = try engine.serve()
        let confirmed = engine.text("confirmed").split(separator: "\n")
        #expect(confirmed.count > Self.kills)
        let silences = try engine.get("/tocsin/v1/pages/silences")
        for id in confirmed { #expect(silences.contains("\"comment\":\"\(id)\""), "\(id) was confirmed and is gone") }
        let verdict = try engine.tocsin("audit verify")
        #expect(verdict.contains("the chain is whole"))
        engine.end(daemon)
        // Starting beside other tests on two cores takes its time; alone it is a fraction of this.
        #expect(slowest < 5, "the engine took \(slowest) s to come back")
    }
}
