import ArgumentParser
import TerminalKit
import TocsinModel

/// `tocsin ack`
struct Ack: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take alerts: they are yours until they resolve.",
        discussion: "An alert is named by its episode, as tocsin alerts prints it, or by matchers of its labels.")

    @Argument(help: "Episodes, or matchers such as alertname=DiskFull, which must all hold.") var alerts: [String]
    @Option(help: "A note.") var comment = ""
    @Option(name: .customLong("for"), help: "Let it end by itself: 30m, 2h, 1d.") var duration: String?
    @Flag(help: "Keep it when the severity rises.") var sticky = false
    @Flag(help: "Give them back instead.") var undo = false
    @Flag(help: "Print JSON.") var json = false
    @OptionGroup var engine: EngineConsole.Options

    func run() throws {
        let length = try duration.map { try Self.milliseconds($0, "--for") }
        let console = try EngineConsole(engine)
        defer { console.close() }
        try console.watch(acting: true)
        let episodes = try Self.episodes(alerts, console)
        let receipt = try console.perform(
            undo
                ? .unacknowledge(episodes)
                : .acknowledge(episodes, comment: comment, duration: length, sticky: sticky))
        print(json ? try EngineConsole.json(receipt) : Scrub.text(receipt.words))
    }

    static func milliseconds(_ text: String, _ option: String) throws -> Milliseconds {
        let units: [Character: Milliseconds] = [
            "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000,
        ]
        guard let unit = text.last.flatMap({ units[$0] }), let count = Milliseconds(text.dropLast()), count > 0,
            count < 100_000
        else { throw Failure("\(option): \"\(text)\" is no length of time; write 30m, 2h or 1d") }
        return count * unit
    }

    private static func episodes(_ texts: [String], _ console: EngineConsole) throws -> [EpisodeID] {
        let named = texts.compactMap { EpisodeID($0) }
        if named.count == texts.count { return named }
        guard named.isEmpty else { throw Failure("name alerts either by their episodes or by matchers") }
        let matchers = try Alerts.read(texts)
        guard case .alerts(let page) = try console.page(.alerts(selected: nil)).body else { return [] }
        let found = (page.firing + page.owned).filter { Alerts.matches($0, matchers) }.map(\.alert.episode)
        if found.isEmpty { throw Failure("no alert that fires has \(texts.joined(separator: ", "))") }
        return found
    }
}
