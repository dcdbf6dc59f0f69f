import ArgumentParser
import Glibc
import TerminalKit
import TocsinCore
import TocsinModel

/// `tocsin runs`
struct Runs: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the runs on record, newest first, with their timings.",
        discussion:
            "A run whose outcome is unknown holds its service until somebody has looked: --resume lets it go on, --close ends it."
    )

    @OptionGroup var engine: EngineConsole.Options
    @Flag(help: "Print JSON.") var json = false
    @Option(help: "Close an unknown run, by its short name; needs --because.") var close: String?
    @Option(help: "What was found.") var because: String?
    @Option(help: "Let an unknown run go on, once its step is seen to have had its effect.") var resume: String?
    @Argument(help: "Only those of one service.") var service: String?

    func validate() throws {
        if close != nil, because?.isEmpty != false {
            throw ValidationError("--close needs --because: say what you found")
        }
        if close != nil, resume != nil { throw ValidationError("give one of --close and --resume") }
    }

    func run() throws {
        let console = try EngineConsole(engine)
        defer { console.close() }
        let runs = try console.recordedRuns()
            .filter { service == nil || $0.plan.service == service }
            .sorted { ($1.startedAt, $1.id) < ($0.startedAt, $0.id) }
        if let name = close ?? resume { return try decide(name, runs, console) }
        if json {
            print(try EngineConsole.json(runs))
        } else if runs.isEmpty {
            print("no run is on record")
        } else {
            for run in runs { print(Scrub.lines(PlanText.lines(run))) }
        }
    }

    private func decide(_ name: String, _ runs: [Run], _ console: EngineConsole) throws {
        guard let run = runs.first(where: { $0.id.short == name }) else { throw Failure("there is no run \(name)") }
        try console.watch(acting: true)
        let receipt = try console.perform(close == nil ? .resume(run.id) : .close(run.id, reason: because ?? ""))
        print(receipt.words)
        guard resume != nil else { return }
        fflush(nil)
        try Failover.follow(run.id, console, quiet: json, json: json)
    }
}
