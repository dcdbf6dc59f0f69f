import Glibc
import NcursesTerminal
import TerminalKit
import Themes
import TocsinModel
import TocsinUI

/// The dashboard's life: first frame, engine, keys and pages until somebody leaves.
final class DashboardLoop {
    private let terminal: NcursesTerminal
    private let signals: TerminalSignals
    let mailbox = Mailbox<Message>()
    private let clock: @Sendable () -> Milliseconds
    private var app: App
    private var poller: Poller?
    private var side: (any EngineSide)?
    /// The signal that ended the screen, if one did.
    private var left: Int32?

    /// - Parameter clock: the wall clock, to tell how late the engine is.
    init(
        _ terminal: NcursesTerminal, _ signals: TerminalSignals, _ glyphs: GlyphSet,
        clock: @escaping @Sendable () -> Milliseconds
    ) {
        self.terminal = terminal
        self.signals = signals
        self.clock = clock
        let size = terminal.size
        let settings = App.Settings(
            zone: LocalZone.at, commandSalt: UInt64.random(in: 0 ..< .max / 2), themes: Themes.all.map(\.name))
        app = App(settings: settings, width: size.width, height: size.height, glyphs: glyphs)
    }

    /// Paints, finds the engine, and stays until somebody leaves.
    ///
    /// - Parameter choose: finds or makes the engine, after the first frame; an error of it ends the screen.
    func run(_ choose: (Mailbox<Message>) throws -> any EngineSide) throws {
        if let name = terminal.assumedName { app.say("this TERM is unknown here; drawing as on \(name)", .info) }
        paint()
        do {
            let side = try choose(mailbox)
            self.side = side
            app.takesName = side.takesName
            poller = Poller(side.service, mailbox, clock: clock)
            carry(out: update(&app, .resized(width: app.width, height: app.height)))
            side.begin { [mailbox] in mailbox.post($0) }
        } catch {
            terminal.leave()
            throw error
        }
        var events = EventLoop(terminal, mailbox, signals)
        var going = true
        while going {
            let batch = events.next()
            going = !batch.hangUp && take(batch)
        }
        finish()
    }

    // MARK: What happens

    private func take(_ batch: EventLoop<Message>.Batch) -> Bool {
        var effects: [UIEffect] = []
        for request in batch.requests {
            switch request {
            case .leave(let number):
                left = number
                return false
            case .resize:
                terminal.resize()
                effects += followSize()
            case .suspend: effects.append(.suspend)
            case .resume:
                terminal.resume()
                effects += followSize()
            }
        }
        for key in batch.keys { effects += update(&app, .key(key)) }
        for message in batch.messages { effects += update(&app, message) }
        guard carry(out: effects) else { return false }
        paint()
        return true
    }

    private func followSize() -> [UIEffect] {
        let size = terminal.size
        return update(&app, .resized(width: size.width, height: size.height))
    }

    /// False when it is time to leave.
    @discardableResult
    private func carry(out effects: [UIEffect]) -> Bool {
        for effect in effects {
            switch effect {
            case .request(let request): poller?.want(request)
            case .perform(let id, let command): poller?.perform(id, command)
            case .preview(let intent): poller?.preview(intent)
            case .introduce(let name): side?.introduce(name)
            case .copy(let text): terminal.copy(text)
            case .mouse(let on): terminal.setMouse(on)
            case .redraw: terminal.redrawAll()
            case .theme(let name): changeTheme(name)
            case .reload: side?.reload { [mailbox] in mailbox.post($0) }
            case .suspend:
                terminal.suspend()
                carry(out: followSize())
            case .quit: return false
            }
        }
        return true
    }

    private func changeTheme(_ name: String) {
        do {
            let theme = try Dashboard.theme(name)
            terminal.use(theme)
            if let fault = theme.faults.first {
                app.say("\(name): \(fault)", .warning)
            } else {
                app.say("theme \(name)")
            }
        } catch { app.say("\(error)", .warning) }
    }

    private func paint() {
        var canvas = Canvas(width: app.width, height: app.height, glyphs: app.glyphs)
        draw(app, on: &canvas)
        terminal.show(canvas)
    }

    private func finish() {
        terminal.leave()
        // A command may be on its way to the journal: what becomes of it is waited for.
        for _ in 0..<40 where poller?.outstanding ?? 0 > 0 { usleep(50_000) }
        side?.leave(signal: left, signals)
    }
}
