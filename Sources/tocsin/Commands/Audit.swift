import ArgumentParser
import Storage
import TerminalKit
import TocsinAPI
import TocsinModel

/// `tocsin audit`
struct Audit: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show who did what, or check that nobody changed the record.",
        subcommands: [List.self, Verify.self], defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the newest entries, oldest first (the default).")

        @Option(name: .shortAndLong, help: "How many.") var number = 50
        @Flag(help: "Print JSON, an entry a line.") var json = false
        @OptionGroup var engine: EngineConsole.Options

        func run() throws {
            let console = try EngineConsole(engine)
            defer { console.close() }
            try console.watch(acting: true)
            guard case .audit(let page) = try console.page(.audit, rows: max(1, min(number, 10_000))).body else {
                return
            }
            for entry in page.entries.reversed() {
                if json {
                    print(String(decoding: try JSONCoding.bytes(entry, sorted: true), as: UTF8.self))
                } else {
                    let who = entry.by.isSomebody ? entry.by.words : entry.by.name
                    print(
                        Scrub.text(
                            "\(entry.sequence)  \(WireTime.text(entry.at))  \(who)  \(entry.action)  \(entry.target)  \(entry.detail)"
                        ))
                }
            }
        }
    }

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check every link of the record, from the first entry to the last.",
            discussion:
                "It reads the journal beside a running engine. Exit status 0 when the chain is whole, 1 when not.")

        @Option(name: .shortAndLong, help: "The configuration file.") var config: String?

        func run() throws {
            let path = try Wiring.reading(config).statePath + "/decisions.db"
            let outcome: (entries: Int, broken: Int64?)
            do { outcome = try SQLiteJournal.verify(path) } catch { throw Failure("\(path): \(error)") }
            if let broken = outcome.broken {
                StandardError.say(
                    "the chain is BROKEN at entry \(broken) of \(outcome.entries): it was changed outside of Tocsin")
                throw ExitCode(1)
            }
            print("the chain is whole over \(outcome.entries) entries")
        }
    }
}
