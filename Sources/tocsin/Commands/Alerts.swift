import ArgumentParser
import TerminalKit
import TocsinCore
import TocsinModel

/// `tocsin alerts`
struct Alerts: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the alerts: what fires, what is suspected, who has it.",
        discussion:
            "With --check the exit status tells the worst that nobody has: 0 ok, 1 warning, 2 critical, 3 unknown.")

    @OptionGroup var engine: EngineConsole.Options
    @Flag(help: "Print JSON.") var json = false
    @Flag(help: "Print one line and let the exit status tell.") var check = false
    @Argument(help: "Only those with these labels: alertname=DiskFull, instance=~db.*") var matchers: [String] = []

    func run() throws {
        let console = try EngineConsole(engine)
        defer { console.close() }
        try console.watch(acting: false)
        let (head, body) = try console.page(.alerts(selected: nil))
        guard case .alerts(var page) = body else { return }
        let wanted = try Self.read(matchers)
        func chosen(_ rows: [AlertRow]) -> [AlertRow] { rows.filter { Self.matches($0, wanted) } }
        (page.firing, page.pending) = (chosen(page.firing), chosen(page.pending))
        (page.owned, page.resolved) = (chosen(page.owned), chosen(page.resolved))
        if check { return try report(page, head) }
        if json { return print(try EngineConsole.json(page)) }
        let rows = page.all
        print(
            rows.isEmpty
                ? "nothing fires; \(head.verdict.rulesJudged) of \(head.verdict.rulesTotal) rules judged"
                : Scrub.lines(rows.map { Self.line($0, head) }))
    }

    static func read(_ texts: [String]) throws -> [LabelMatcher] {
        do { return try texts.map { try MatcherSyntax.matcher($0) } } catch { throw Failure("\(error)") }
    }

    static func matches(_ row: AlertRow, _ matchers: [LabelMatcher]) -> Bool {
        guard let compiled = try? CompiledMatchers(matchers) else { return false }
        return compiled.matches(row.alert.labels)
    }

    static func line(_ row: AlertRow, _ head: PageHead) -> String {
        let alert = row.alert
        let since = alert.state == .pending ? alert.activeSince : alert.firingSince ?? alert.activeSince
        var words = [
            alert.episode.description, alert.state == .firing ? alert.severity.rawValue : alert.state.rawValue,
            Words.duration(head.now - since), alert.name, row.subject, row.account,
        ]
        if let owner = alert.acknowledgement {
            words.append("\(owner.by.name) has it" + (owner.comment.isEmpty ? "" : " “\(owner.comment)”"))
        } else if let silence = row.silences.first {
            words.append("silenced by \(silence.by.name) for another \(Words.duration(silence.endsAt - head.now))")
        } else if alert.state == .firing {
            words.append("nobody has it")
        }
        return words.filter { !$0.isEmpty }.joined(separator: "  ")
    }

    private func report(_ page: AlertsPage, _ head: PageHead) throws {
        let worst = page.firing.map(\.alert.severity).filter { $0 > .info }.max()
        let silent = page.unjudged.count { $0.reason.hasPrefix("no data") }
        switch worst {
        case nil where silent > 0:
            print("UNKNOWN: \(silent) rules have lost their data")
            throw ExitCode(3)
        case nil: print(Scrub.text("OK: \(head.verdict.sentence(at: head.now))"))
        case .critical:
            print(Scrub.text("CRITICAL: \(head.verdict.sentence(at: head.now))"))
            throw ExitCode(2)
        case .unknown:
            print(Scrub.text("UNKNOWN: \(head.verdict.sentence(at: head.now))"))
            throw ExitCode(3)
        default:
            print(Scrub.text("WARNING: \(head.verdict.sentence(at: head.now))"))
            throw ExitCode(1)
        }
    }
}
