import ArgumentParser
import FailoverSimulation
import Synchronization
import TocsinCore

/// `tocsin-bench simulate`: the failover machine in a faulty world, as often as wanted.
struct Simulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the failover machine in a simulated world and check its invariants.")

    @Option(help: "So many failovers; 1000000 at night.") var failovers = 10_000
    @Option(help: "The first seed.") var seed: UInt64 = 1
    @Option(help: "How many at once.") var threads = 2
    @Flag(help: "Switch every safeguard off in turn and show where that is noticed.") var mutate = false
    @Flag(help: "Print one digest of all transcripts.") var digest = false
    @Option(help: "Print the script of one seed, and what came of it.") var show: UInt64?

    func run() async throws {
        if let show {
            let script = ScriptMaker.script(show)
            print(script)
            let report = Simulation.run(script, logged: true)
            print(report.log.joined(separator: "\n"))
            print(report.violations.isEmpty ? "no invariant was broken" : report.violations.joined(separator: "\n"))
            return
        }
        if mutate { return try mutations() }
        let start = ContinuousClock.now
        let total = await play()
        let seconds = Double(start.duration(to: .now) / .milliseconds(1)) / 1000
        let ends = total.ends.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        print("\(total.runs) failovers in \(total.seeds) incidents: \(ends)")
        print(
            "\(total.refusals) refused, \(total.orders) orders, \(total.crashes) crashes, \(total.steps) steps of the core"
        )
        print("\(Int(Double(total.runs) / seconds)) failovers a second, \(Int(seconds * 1000)) ms")
        if digest { print("digest \(String(total.digest, radix: 16))") }
        guard let (failing, words) = total.failure else { return print("no invariant was broken") }
        print("BROKEN in seed \(failing): \(words)\nthe shortest script that shows it:")
        print(Shrinker.shrink(ScriptMaker.script(failing)))
        throw ExitCode(1)
    }

    fileprivate struct Total: Sendable {
        var runs = 0
        var seeds = 0
        var refusals = 0
        var orders = 0
        var crashes = 0
        var steps = 0
        var ends: [String: Int] = [:]
        var digest: UInt64 = 0
        var failure: (seed: UInt64, words: String)?
    }

    /// Seeds in batches; the digest does not depend on which thread had which.
    private func play() async -> Total {
        var total = Total()
        var next = seed
        while total.runs < failovers, total.failure == nil {
            let first = next
            let batch = UInt64(500)
            let lanes = UInt64(max(1, threads))
            let parts = await withTaskGroup(of: Total.self) { group in
                for lane in 0..<lanes {
                    group.addTask {
                        var part = Total()
                        for seed in stride(from: first + lane, to: first + batch * lanes, by: Int(lanes)) {
                            part.add(Simulation.run(ScriptMaker.script(seed)), seed)
                        }
                        return part
                    }
                }
                return await group.reduce(into: [Total]()) { $0.append($1) }
            }
            for part in parts { total.add(part) }
            next += batch * lanes
        }
        return total
    }

    private func mutations() throws {
        var missed = 0
        for safeguard in Safeguard.all {
            let finding = Mutations.find(safeguard, seeds: seed..<(seed + 200_000))
            if let noticed = finding.noticed {
                print("\(safeguard): noticed in seed \(noticed.seed): \(noticed.words)")
            } else {
                missed += 1
                print("\(safeguard): NOT NOTICED")
            }
        }
        if missed > 0 { throw ExitCode(1) }
    }
}

extension Simulate.Total {
    fileprivate mutating func add(_ report: Simulation.Report, _ seed: UInt64) {
        runs += report.runs
        seeds += 1
        refusals += report.refusals
        orders += report.orders
        crashes += report.crashes
        steps += report.steps
        for (state, count) in report.ends { ends[state, default: 0] += count }
        digest ^= report.transcript &* (seed | 1)
        if let words = report.violations.first, failure.map({ seed < $0.seed }) ?? true { failure = (seed, words) }
    }

    fileprivate mutating func add(_ other: Self) {
        runs += other.runs
        seeds += other.seeds
        refusals += other.refusals
        orders += other.orders
        crashes += other.crashes
        steps += other.steps
        ends.merge(other.ends) { $0 + $1 }
        digest ^= other.digest
        if let theirs = other.failure, failure.map({ theirs.seed < $0.seed }) ?? true { failure = theirs }
    }
}
