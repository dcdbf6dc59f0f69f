import ArgumentParser
import Glibc
import Storage
import TerminalKit
import TocsinCore
import TocsinEngine
import TocsinModel

/// `tocsin runs`
struct Runs: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the runs on record, newest first, with their timings.",
        discussion:
            "A run whose outcome is unknown holds its service until somebody has looked: --resume lets it go on, --close ends it."
    )

    @Option(name: .shortAndLong, help: "The configuration file.") var config: String?
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
        let wiring = try Wiring.reading(config)
        let isWatched = StateFolder.isHeld(wiring.statePath)
        let runs = SQLiteJournal.peekFailover(wiring.statePath + "/decisions.db").runs
            .map { isWatched ? $0 : Self.abandoned($0) }
            .filter { service == nil || $0.plan.service == service }
            .sorted { ($1.startedAt, $1.id) < ($0.startedAt, $0.id) }
        if let name = close ?? resume { return try decide(name, runs) }
        if json {
            print(try ServiceConsole.json(runs))
        } else if runs.isEmpty {
            print("no run is on record in \(wiring.statePath)")
        } else {
            for run in runs { print(Scrub.lines(PlanText.lines(run))) }
        }
    }

    /// A run that nobody carries on any more: its engine is gone, and its outcome with it.
    private static func abandoned(_ run: Run) -> Run {
        guard run.state.isActive else { return run }
        var run = run
        run.state = .unknown
        run.verdict = "its engine is gone: its outcome is unknown and waits for a person; it was at: \(run.verdict)"
        return run
    }

    private func decide(_ name: String, _ runs: [Run]) throws {
        guard let run = runs.first(where: { $0.id.short == name }) else { throw Failure("there is no run \(name)") }
        let console = try ServiceConsole(configPath: config)
        try console.watch(acting: true)
        defer { console.close() }
        let session = console.session
        let id = CommandID(UInt64.random(in: 1 ..< .max))
        let command: OperatorCommand = close == nil ? .resume(run.id) : .close(run.id, reason: because ?? "")
        let receipt = try Bridge.wait { try await session.perform(id, command) }.get()
        guard receipt.outcome == .done else { throw Failure(receipt.words) }
        print(receipt.words)
        guard resume != nil else { return }
        fflush(nil)
        try Failover.follow(run.id, console, quiet: json, json: json)
    }
}
