import BlockingWork
import FailoverSimulation
import Glibc
import TestKit
import Testing
import TocsinCore
import TocsinModel

/// The failover machine in a faulty world. A broken invariant prints the shortest script that shows it, as a test.
@Suite(.serialized) struct SimulationTests {
    /// A thread of its own: minutes of work must not hold up what other tests wait for.
    private static let thread = SerialThread(name: "simulation")

    @Test(arguments: 0..<4) func tenThousandFailovers(lane: UInt64) async {
        await Self.thread.run { Self.play(lane) }
    }

    private static func play(_ lane: UInt64) {
        var runs = 0
        var seed = 1 + lane
        var ends: Set<String> = []
        while runs < 2_500 {
            let report = Simulation.run(ScriptMaker.script(seed))
            if let first = report.violations.first {
                Issue.record("seed \(seed): \(first)\n\(Shrinker.shrink(ScriptMaker.script(seed)))")
                return
            }
            runs += report.runs
            ends.formUnion(report.ends.keys)
            seed += 4
        }
        // The world was faulty enough: every way for a run to end has been seen.
        #expect(ends.isSuperset(of: ["verified", "failed", "closed"]))
    }

    /// A safeguard whose absence nobody notices is none, or the simulation is blind there.
    @Test(arguments: Safeguard.all) func everySafeguardIsNoticedWhenItIsMissing(safeguard: Safeguard) async {
        let finding = await Self.thread.run { Mutations.find(safeguard, seeds: 1..<20_000) }
        #expect(finding.noticed != nil, "\(safeguard) can be left out and nobody notices")
    }

    @Test func theSameSeedGivesTheSameTranscript() {
        for seed in UInt64(1)...40 {
            let script = ScriptMaker.script(seed)
            #expect(Simulation.run(script) == Simulation.run(script))
        }
    }

    /// Neither hash seeds nor threads have a say: two processes agree.
    @Test func twoProcessesAgree() throws {
        func digest(_ threads: String) throws -> String {
            let pty = try #require(
                Pty(
                    productsFolder + "/tocsin-bench",
                    ["simulate", "--failovers", "200", "--digest", "--threads", threads], environment: [:]))
            #expect(pty.expect("digest", within: 120))
            #expect(pty.exit(within: 20)?.code == 0)
            let text = String(decoding: pty.output, as: UTF8.self)
            return String(try #require(text.split(separator: "\r\n").first { $0.hasPrefix("digest") }))
        }
        #expect(try digest("2") == digest("2"))
    }

    @Test func theShrinkerLeavesOnlyWhatIsNeeded() throws {
        let finding = Mutations.find(.guarded(.maintenance), seeds: 1..<2_000)
        let seed = try #require(finding.noticed?.seed)
        let script = Shrinker.shrink(ScriptMaker.script(seed), disabled: [.guarded(.maintenance)])
        #expect(script.events.count == 2, "\(script)")
        #expect("\(script)".contains(".maintenance(seconds:"))
    }
}
