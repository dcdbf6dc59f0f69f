import ArgumentParser
import ConfigurationFiles
import FoundationEssentials
import Glibc
import HostMetrics
import Logging
import NcursesTerminal
import TerminalKit
import Themes
import TocsinAPI
import TocsinModel
import TocsinUI

/// `tocsin`: the dashboard of this machine.
struct Dashboard: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Open the dashboard of this machine (the default).")

    /// How it looks; the demo has the same options.
    struct Look: ParsableArguments {
        @Option(help: "A theme: dark, light, high-contrast, mono, or a file in btop's syntax.")
        var theme: String?

        @Option(help: "Which characters to draw with: braille, block or ascii.")
        var glyphs: String?

        @Flag(help: "Use no colour. NO_COLOR in the environment does the same.")
        var noColor = false

        func validate() throws {
            if let glyphs, GlyphSet(rawValue: glyphs) == nil {
                throw ValidationError("--glyphs is one of braille, block, ascii; not \"\(glyphs)\"")
            }
        }

        /// - Parameter printed: the frame is printed as text, which can hold what the terminal may not.
        func glyphSet(printed: Bool) -> GlyphSet {
            // A locale without UTF-8 can show nothing else, whatever was asked for.
            if !NcursesTerminal.isUTF8, !printed { return .ascii }
            if let glyphs, let set = GlyphSet(rawValue: glyphs) { return set }
            // The console of the kernel has neither braille nor block graphs in its font.
            return Places.environment("TERM") == "linux" ? .ascii : .braille
        }
    }

    @Option(name: .shortAndLong, help: "The configuration file.")
    var config: String?

    @Flag(name: [.customShort("1"), .long], help: "Print one frame as text and end.")
    var once = false

    @Flag(help: "Print the overview as JSON and end.")
    var json = false

    @OptionGroup var look: Look

    @Option(help: "Columns of a printed frame.")
    var columns: Int?

    @Option(help: "Lines of a printed frame.")
    var lines: Int?

    @Flag(help: "Bring an engine in this process, even where this host has a shared one.")
    var embedded = false

    @Flag(name: .customLong("readonly"), help: "Only look: no key changes anything.")
    var readOnly = false

    func run() throws {
        guard once || json else { return try Self.open(look, config: config, own: embedded, readOnly: readOnly) }
        let wiring = try Wiring.reading(config)
        Self.raiseDescriptorLimit()
        let glyphs = look.glyphSet(printed: once)
        try OneFrame(wiring, width: columns, height: lines, glyphs: glyphs, json: json).print()
    }

    /// Opens the dashboard on a configuration: it attaches to this host's engine where there is one, else it brings its own.
    ///
    /// - Parameters:
    ///   - notice: a line for the banner.
    ///   - own: bring an engine, whoever else runs one.
    static func open(
        _ look: Look, config: String?, notice: String? = nil, own: Bool = false, readOnly: Bool = false
    ) throws {
        let wiring = try Wiring.reading(config)
        raiseDescriptorLimit()
        let screen = try Screen(look, theme: wiring.config.theme)
        guard let screen else {
            let glyphs = look.glyphSet(printed: false)
            return try OneFrame(wiring, width: nil, height: nil, glyphs: glyphs, json: false).print()
        }
        let clock = wiring.clock
        try screen.loop { clock.now().wall }.run { mailbox in
            try choose(wiring, mailbox, notice: notice, own: own, readOnly: readOnly)
        }
    }

    private static func choose(
        _ wiring: Wiring, _ mailbox: Mailbox<Message>, notice: String?, own: Bool, readOnly: Bool
    ) throws -> any EngineSide {
        var denied: String?
        if !own {
            switch EngineChoice.find(wiring.config) {
            case .shared(let path, _):
                return try AttachedEngine.reach(.unix(path: path), .own, readOnly: readOnly)
            case .denied(let words): denied = words
            case .none: break
            }
        }
        let logger = Logger(label: "tocsin") { _ in ScreenLog(mailbox) }
        do throws(Faults) {
            return EmbeddedEngine(
                wiring, try wiring.groups(), logger: logger, notices: notice.map { [Notice(.info, $0)] } ?? [],
                onlyWatches: denied.map {
                    "this host has an engine that you may not use (\($0)); this one only watches: nothing is taken or done here"
                }, readOnly: readOnly)
        } catch { throw Failure(error) }
    }

    /// A terminal that can be drawn on.
    struct Screen {
        let terminal: NcursesTerminal
        let signals: TerminalSignals
        let glyphs: GlyphSet

        /// Nil where the terminal cannot be drawn on; that has been said.
        init?(_ look: Look, theme: String?) throws {
            let chosen = try Dashboard.theme(look.theme ?? theme ?? "dark")
            // Signals are blocked before any thread exists, so that every thread inherits it.
            signals = TerminalSignals()
            let mono = look.noColor || !(Places.environment("NO_COLOR") ?? "").isEmpty
            glyphs = look.glyphSet(printed: false)
            guard let terminal = NcursesTerminal(theme: chosen, noColour: mono) else {
                StandardError.say(
                    "this terminal cannot be drawn on, so here is one frame as text (it needs a terminal whose TERM can move the cursor)"
                )
                return nil
            }
            self.terminal = terminal
        }

        func loop(clock: @escaping @Sendable () -> Milliseconds) -> DashboardLoop {
            DashboardLoop(terminal, signals, glyphs, clock: clock)
        }
    }

    /// A theme by name or by file.
    static func theme(_ name: String) throws -> Theme {
        if let own = Themes.all.first(where: { $0.name == name }) { return Theme(name: name, text: own.text) }
        let home = Places.environment("HOME") ?? ""
        let folder = (Places.environment("XDG_CONFIG_HOME") ?? home + "/.config") + "/tocsin/themes/"
        for path in [name, folder + name, folder + name + ".theme"] where path.contains("/") {
            if let data = FileManager.default.contents(atPath: path) {
                return Theme(name: name, text: String(decoding: data, as: UTF8.self))
            }
        }
        let known = Themes.all.map(\.name).joined(separator: ", ")
        throw Failure("there is no theme \"\(name)\": choose one of \(known), or name a file")
    }

    /// Asks for as many open files as the hard limit allows, 65,536 at most: every process shown keeps one open.
    /// Returns how many may be open now.
    @discardableResult
    static func raiseDescriptorLimit() -> Int {
        var limit = rlimit()
        let which = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        getrlimit(which, &limit)
        limit.rlim_cur = min(limit.rlim_max, 1 << 16)
        setrlimit(which, &limit)
        return Int(clamping: limit.rlim_cur)
    }
}

/// An error whose words are for the user as they are.
struct Failure: Error, CustomStringConvertible {
    let description: String

    /// What a file holds may be shown, and is nothing but text.
    init(_ words: String) {
        let lines = words.split(separator: "\n", omittingEmptySubsequences: false).prefix(200)
        description = lines.map { Scrub.text(String($0.prefix(1_000))) }.joined(separator: "\n")
    }

    init(_ faults: Faults) { self.init(faults.description) }
}

/// Standard error.
enum StandardError {
    /// Writes a line.
    static func say(_ text: String) {
        let bytes = Array((text + "\n").utf8)
        _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
