import ArgumentParser
import TerminalKit
import TocsinAPI
import TocsinModel

/// `tocsin silence`
struct SilenceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "silence", abstract: "Hide alerts for a while.",
        subcommands: [Add.self, List.self, Expire.self], defaultSubcommand: List.self)

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Silence what has these labels, now and later.")

        @Argument(help: "Matchers, which must all hold: alertname=DiskFull, instance=~db.*, team!=x") var matchers:
            [String]
        @Option(name: .customLong("for"), help: "How long: 30m, 2h, 1d.") var duration: String
        @Option(help: "Why.") var comment = ""
        @Option(help: "From when: RFC 3339, or seconds since 1970.") var start: String?
        @Option(help: "The silence to change.") var id: String?
        @Flag(help: "Print JSON.") var json = false
        @OptionGroup var engine: EngineConsole.Options

        func run() throws {
            let length = try Ack.milliseconds(duration, "--for")
            let begin = try start.map { text -> Milliseconds in
                guard let time = WireTime.parse(text) else { throw Failure("--start: \"\(text)\" is no time") }
                return time
            }
            let request = SilenceRequest(
                id: id.map { SilenceID($0) }, matchers: try Alerts.read(matchers), startsAt: begin, duration: length,
                comment: comment)
            try SilenceCommand.perform(.silence(request), engine, json) { $0.silence.map { "\($0)  " } ?? "" }
        }
    }

    struct Expire: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "End a silence now.")

        @Argument(help: "The silence.") var id: String
        @Flag(help: "Print JSON.") var json = false
        @OptionGroup var engine: EngineConsole.Options

        func run() throws {
            try SilenceCommand.perform(.expireSilence(SilenceID(id)), engine, json) { _ in "" }
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show silences, the newest change first (the default).")

        @Flag(help: "Those that have ended too.") var all = false
        @Flag(help: "Print JSON.") var json = false
        @OptionGroup var engine: EngineConsole.Options

        func run() throws {
            let console = try EngineConsole(engine)
            defer { console.close() }
            try console.watch(acting: true)
            let (head, body) = try console.page(.silences)
            guard case .silences(let page) = body else { return }
            let shown = zip(page.silences, page.hidden).filter { all || $0.0.state(at: head.now) != .expired }
            if json { return print(try EngineConsole.json(shown.map(\.0))) }
            if shown.isEmpty { return print("nothing is silenced") }
            for (silence, hidden) in shown {
                let state = silence.state(at: head.now)
                let time =
                    state == .active ? "for another \(Words.duration(silence.endsAt - head.now))" : state.rawValue
                let why = silence.comment.isEmpty ? "" : "  “\(silence.comment)”"
                print(
                    Scrub.text("\(silence.id)  \(time)  hides \(hidden)  \(silence.words)  by \(silence.by.name)\(why)")
                )
            }
        }
    }

    static func perform(
        _ command: OperatorCommand, _ engine: EngineConsole.Options, _ json: Bool, _ prefix: (Receipt) -> String
    ) throws {
        let console = try EngineConsole(engine)
        defer { console.close() }
        try console.watch(acting: true)
        let receipt = try console.perform(command)
        print(json ? try EngineConsole.json(receipt) : Scrub.text(prefix(receipt) + receipt.words))
    }
}
