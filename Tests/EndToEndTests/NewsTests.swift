import FoundationEssentials
import Glibc
import TestKit
import Testing

/// How news reach whoever waits for them, and what it costs when there are none.
@Suite(.serialized) struct NewsTests {
    private let engine = ServedEngine()

    @Test func aChangeIsHeardAtOnceAndSilenceCostsLittle() throws {
        // Without rules nothing on the page moves by itself.
        let daemon = try engine.serve(more: "default_rules: false")
        daemon.pause(2)
        let curl = "curl -s --max-time 30 --unix-socket '\(engine.socket)'"
        let page = "http://localhost/tocsin/v1/pages/silences"
        let revision = "\(curl) -D - -o /dev/null '\(page)' | tr -d '\\r' | sed -n 's/^[Tt]ocsin-[Rr]evision: //p'"
        // Nothing new: the engine goes on turning, and what comes back is a few bytes.
        let quiet = try engine.run(
            "since=$(\(revision))\n\(curl) -o /dev/null -w '%{http_code} %{size_header} %{size_download}' \"\(page)?since=$since&wait=2.5\""
        ).split(separator: " ").compactMap { Int($0) }
        #expect(quiet.count == 3)
        #expect(quiet.first == 204)
        #expect(quiet.dropFirst().reduce(0, +) < 200, "\(quiet)")
        // Somebody waits; somebody else silences. From the request to the news, the best of a few.
        let milliseconds = try engine.run(
            """
            for n in 1 2 3 4 5 6 7; do
              since=$(\(revision))
              \(curl) -o /dev/null "\(page)?since=$since&wait=20" & waiting=$!
              sleep 0.4
              begun=$(date +%s%N)
              \(curl) -o /dev/null -d '{"id":"n'$n'","command":"silence","matchers":["alertname=X'$n'"],"duration":60,"comment":"c"}' http://localhost/tocsin/v1/commands
              wait $waiting
              echo $((($(date +%s%N) - begun) / 1000000))
            done

            """
        ).split(separator: "\n").compactMap { Int($0) }
        #expect(milliseconds.count == 7)
        #expect((milliseconds.min() ?? .max) <= 100, "\(milliseconds)")
        engine.end(daemon)
    }
}
