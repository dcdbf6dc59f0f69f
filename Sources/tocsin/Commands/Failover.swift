import ArgumentParser
import Glibc
import TerminalKit
import TocsinCore
import TocsinEngine
import TocsinModel

/// `tocsin failover NAME`
struct Failover: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Plan a failover or switchover, and run it when it is confirmed.",
        discussion: """
            Without --confirm it prints the plan and does nothing. Exit status: 0 done and verified (or a plan that may \
            be run), 1 refused or failed, 4 unknown: something was done, its outcome is not known and is on record.
            """)

    @Argument(help: "The service.") var name: String
    @Option(help: "The member that takes over, or the one to restart or rejoin.") var to: String?
    @Option(help: "switchover, failover, restart or rejoin; without it the situation decides.") var intent: String?
    @Flag(help: "Run it as a drill, with its timings kept.") var rehearse = false
    @Flag(help: "Only print the plan.") var plan = false
    @Option(help: "Run it: the environment and the service, as ENV/NAME.") var confirm: String?
    @Option(name: .customLong("override"), help: "A word that lifts a guard; give one for each, in the plan's order.")
    var overrides: [String] = []
    @OptionGroup var engine: EngineConsole.Options
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        if let intent, FailoverIntent.Kind(rawValue: intent) == nil {
            throw ValidationError("--intent is one of switchover, failover, restart, rejoin; not \"\(intent)\"")
        }
        if plan, confirm != nil { throw ValidationError("--plan only looks, --confirm acts: give one of them") }
    }

    func run() throws {
        let console = try EngineConsole(engine, needsServices: true)
        try console.watch(acting: true)
        defer { console.close() }
        let wanted = FailoverIntent(
            service: name, kind: intent.flatMap { FailoverIntent.Kind(rawValue: $0) },
            mode: rehearse ? .rehearsal : .manual, member: to)
        let service = console.service
        switch try Bridge.wait({ try await service.preview(wanted) }).get() {
        case .refused(let words): throw Failure(words)
        case .plan(let plan):
            if json, confirm == nil { print(try EngineConsole.json(plan)) }
            if !json { print(Scrub.lines(PlanText.lines(plan))) }
            try decide(plan, console)
        }
    }

    private func decide(_ plan: Plan, _ console: EngineConsole) throws {
        if let hard = plan.refusals.first {
            StandardError.say("refused (\(hard.rule), \(hard.name)): \(hard.reason)")
            throw ExitCode(1)
        }
        guard let confirm else {
            if !json {
                let words = plan.confirmation.dropFirst().map { " --override '\($0)'" }.joined()
                print("nothing was done; to run it: --confirm \(plan.title)\(words)")
            }
            return
        }
        let receipt = try console.perform(.execute(plan.token, typed: [confirm] + overrides))
        guard let run = receipt.run else { throw Failure(receipt.words) }
        if !json { print(receipt.words) }
        // What was printed comes before what the run says of itself.
        fflush(nil)
        try Self.follow(run, console, quiet: json, json: json)
    }

    /// Stays with a run to its end; the exit status tells how it ended.
    static func follow(_ run: RunID, _ console: EngineConsole, quiet: Bool, json: Bool) throws {
        var known = console.follow(run, quiet: quiet)
        if known == nil, case .run(let page) = try console.page(.run(run)).body { known = page.run }
        guard let known else { throw ExitCode(4) }
        print(json ? try EngineConsole.json(known) : Scrub.text("  " + RunWords.timings(known)))
        switch known.state {
        case .verified: return
        case .failed: throw ExitCode(1)
        default: throw ExitCode(4)
        }
    }
}
