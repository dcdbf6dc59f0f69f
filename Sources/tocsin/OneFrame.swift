import ConfigurationFiles
import FoundationEssentials
import Glibc
import Logging
import Storage
import TerminalKit
import TocsinCore
import TocsinEngine
import TocsinModel
import TocsinUI

/// `--once` and `--json`: the same page as the dashboard's, from two samples taken shortly after each other.
struct OneFrame {
    private let wiring: Wiring
    private let width: Int
    private let height: Int
    private let glyphs: GlyphSet
    private let json: Bool

    init(_ wiring: Wiring, width: Int?, height: Int?, glyphs: GlyphSet, json: Bool) {
        self.wiring = wiring
        var size = winsize()
        let known = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        self.width = max(1, min(width ?? (known ? Int(size.ws_col) : 80), 1000))
        self.height = max(1, min(height ?? (known ? Int(size.ws_row) : 24), 1000))
        self.glyphs = glyphs
        self.json = json
    }

    func print() throws {
        let groups: [RuleGroup]
        do throws(Faults) { groups = try wiring.groups() } catch { throw Failure(error) }
        let engine = wiring.engine(groups, logger: Logger(label: "tocsin") { _ in SwiftLogNoOpLogHandler() })
        // Nothing is written; what the journal knows of owners is read where it can be.
        let kept = SQLiteJournal.peek(wiring.statePath + "/decisions.db")
        let request = PageRequest(.overview, rows: height)
        let reply = Bridge.wait {
            await engine.look(twiceWithin: .milliseconds(400), remembering: kept)
            return try await OperatorSession(engine, by: OperatorIdentity.current)
                .page(request, since: nil, waitingUpTo: .zero)
        }
        guard case .page(let page, _) = try reply.get() else { return }
        Swift.print(json ? try Self.json(page) : text(page), terminator: "")
    }

    private func text(_ page: Page) -> String {
        let settings = App.Settings(zone: LocalZone.at, commandSalt: 0, themes: [])
        var app = App(settings: settings, width: width, height: height, glyphs: glyphs)
        _ = update(&app, .page(page))
        var canvas = Canvas(width: width, height: height, glyphs: glyphs)
        draw(app, on: &canvas)
        return canvas.text
    }

    private static func json(_ page: Page) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "+Inf", negativeInfinity: "-Inf", nan: "NaN")
        return String(decoding: try encoder.encode(page), as: UTF8.self) + "\n"
    }
}
