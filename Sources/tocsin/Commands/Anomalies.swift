import ArgumentParser
import TerminalKit
import TocsinAPI
import TocsinCore
import TocsinModel

/// `tocsin anomalies`
struct Anomalies: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What the detectors watch, have learned and found.",
        subcommands: [List.self, Normal.self, FalseAlarm.self], defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the series, those out of their bands first (the default). Exit status 1 when one is.")

        @Flag(help: "Print JSON.") var json = false
        @OptionGroup var engine: EngineConsole.Options

        func run() throws {
            let console = try EngineConsole(engine)
            defer { console.close() }
            try console.watch(acting: true)
            let page = try console.page(.anomalies(selected: nil))
            guard case .anomalies(let list) = page.body else { return }
            if json {
                print(try EngineConsole.json(list))
            } else {
                for fault in list.faults {
                    print(Scrub.text(Anomalies.column("unfed") + "\(fault.detector)  \(fault.words)"))
                }
                for row in list.rows { print(Scrub.text(Anomalies.line(row, page.head.now))) }
                if list.total > list.rows.count { print("\(list.total - list.rows.count) more") }
            }
            if list.rows.contains(where: \.isActive) { throw ExitCode(1) }
        }
    }

    struct Normal: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "This is normal now: learn it as what is usual.")

        @Argument(help: "The detector, or the series as it is listed: 'disk_latency{device=\"sda\"}'")
        var detector: String
        @Argument(help: "Labels that tell the series apart: device=sda") var labels: [String] = []
        @Flag(help: "Print JSON.") var json = false
        @OptionGroup var engine: EngineConsole.Options

        func run() throws {
            let name = try Anomalies.choose(detector, labels, engine)
            try SilenceCommand.perform(.acceptAnomaly(name), engine, json) { _ in "" }
        }
    }

    struct FalseAlarm: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "false-alarm", abstract: "That was none: the next alarm needs more.")

        @Argument(help: "The detector, or the series as it is listed: 'disk_latency{device=\"sda\"}'")
        var detector: String
        @Argument(help: "Labels that tell the series apart: device=sda") var labels: [String] = []
        @Flag(help: "Print JSON.") var json = false
        @OptionGroup var engine: EngineConsole.Options

        func run() throws {
            let name = try Anomalies.choose(detector, labels, engine)
            try SilenceCommand.perform(.refuseAnomaly(name), engine, json) { _ in "" }
        }
    }

    private static func choose(_ detector: String, _ labels: [String], _ options: EngineConsole.Options) throws
        -> WatchedName
    {
        let name = try AnomalyChoice.read(detector, labels)
        let console = try EngineConsole(options)
        defer { console.close() }
        try console.watch(acting: true)
        guard case .anomalies(let page) = try console.page(.anomalies(selected: nil)).body,
            page.total == page.rows.count
        else { return name }
        return try AnomalyChoice.resolve(name, among: page.rows.map(\.name))
    }

    private static func line(_ row: AnomaliesPage.Row, _ now: Milliseconds) -> String {
        if let since = row.silentSince {
            return column("silent")
                + "\(row.name)  no value for \(Words.duration(now - since)), the last was \(number(row.value))"
        }
        let sign = row.isActive ? "ANOMALY" : row.learning < 1 ? "learning" : "ok"
        var out = column(sign) + "\(row.name)  \(number(row.value))"
        if row.learning < 1 { return out + "  \(Int(row.learning * 100)) % learned" }
        if let low = row.low, let high = row.high { out += "  expected \(number(low)) to \(number(high))" }
        for channel in row.channels {
            out += "  \(channel.name) \(number(channel.score)) of \(number(channel.threshold))"
        }
        if let mark = row.mark { out += "  last: \(mark.sentence)" }
        return out
    }

    private static func column(_ sign: String) -> String {
        sign + String(repeating: " ", count: max(1, 10 - sign.count))
    }

    private static func number(_ value: Double) -> String { AlertWords.number(value) }
}
