import ArgumentParser
import Storage
import TerminalKit
import TocsinModel

/// `tocsin services`
struct Services: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the services, their members and who is primary.",
        discussion:
            "Asks every member for some seconds and prints what they said. Exit status 0 when all are well, 1 when not."
    )

    @OptionGroup var engine: EngineConsole.Options
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        let console = try EngineConsole(engine, needsServices: true)
        defer { console.close() }
        try console.watch(acting: false)
        guard case .services(let page) = try console.page(.services(selected: nil)).body else { return }
        if json {
            print(try EngineConsole.json(page))
        } else {
            for service in page.services { print(Scrub.lines(Self.lines(service))) }
        }
        if page.services.contains(where: { $0.severity != nil }) { throw ExitCode(1) }
    }

    private static func lines(_ service: ServiceView) -> [String] {
        let sign = service.severity.map { "\($0.rawValue.uppercased())  " } ?? ""
        var out = ["\(service.title)  \(sign)\(service.sentence)"]
        for member in service.members {
            var parts = [
                member.name, member.address,
                member.condition == .answers
                    ? member.role?.value.rawValue ?? "role unknown" : member.condition.rawValue,
            ]
            if let lag = member.lagBytes, member.condition == .answers { parts.append("lag \(lag.value) B") }
            if !member.site.isEmpty { parts.append("site \(member.site)") }
            parts.append(member.words)
            out.append("  " + parts.joined(separator: "  "))
        }
        if let client = service.client {
            out.append(
                "  clients  \(client.address)  \(client.condition == .answers ? "served" : client.condition.rawValue)  \(client.words)"
            )
        }
        for one in service.hearsay {
            out.append("  hearsay  \(one.by) \(one.hears ? "hears" : "has not heard") \(one.about)")
        }
        if let maintenance = service.maintenance {
            out.append("  maintenance by \(maintenance.by.name): \(maintenance.reason)")
        }
        return out
    }
}

extension Scrub {
    /// Lines with everything taken out that a terminal could take for more than text.
    static func lines(_ lines: [String]) -> String { lines.map { Scrub.text($0) }.joined(separator: "\n") }
}
