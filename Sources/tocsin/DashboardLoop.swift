import BlockingWork
import Configuration
import Glibc
import HostMetrics
import Logging
import NcursesTerminal
import Synchronization
import TerminalKit
import Themes
import TocsinCore
import TocsinEngine
import TocsinModel
import TocsinUI

/// The dashboard's life: first frame, engine, keys and pages until somebody leaves.
final class DashboardLoop {
    private let wiring: Wiring
    private let notice: String?
    private let terminal: NcursesTerminal
    private let signals: TerminalSignals
    private let mailbox = Mailbox<Message>()
    private let by = OperatorIdentity.current
    private var app: App
    private var poller: Poller?
    private var engine: Engine?
    private let keptAlive: KeptAlive
    /// The signal that ended the screen, if one did.
    private var left: Int32?

    init(
        _ wiring: Wiring, _ terminal: NcursesTerminal, _ signals: TerminalSignals, _ glyphs: GlyphSet,
        notice: String? = nil
    ) {
        self.notice = notice
        self.wiring = wiring
        keptAlive = KeptAlive(wiring.config)
        self.terminal = terminal
        self.signals = signals
        let size = terminal.size
        let settings = App.Settings(
            zone: LocalZone.at, commandSalt: UInt64.random(in: 0 ..< .max / 2), themes: Themes.all.map(\.name))
        app = App(settings: settings, width: size.width, height: size.height, glyphs: glyphs)
    }

    func run() throws {
        if let name = terminal.assumedName { app.say("this TERM is unknown here; drawing as on \(name)", .info) }
        paint()
        do throws(Faults) { start(try wiring.groups()) } catch {
            terminal.leave()
            throw Failure(error)
        }
        var events = EventLoop(terminal, mailbox, signals)
        var going = true
        while going {
            let batch = events.next()
            going = !batch.hangUp && take(batch)
        }
        finish()
    }

    // MARK: The engine

    private func start(_ groups: [RuleGroup]) {
        let logger = Logger(label: "tocsin") { [mailbox] _ in ScreenLog(mailbox) }
        let engine = wiring.engine(groups, logger: logger) { [keptAlive] in keptAlive.touch() }
        self.engine = engine
        let clock = wiring.clock
        poller = Poller(OperatorSession(engine, by: by), mailbox) { clock.now().wall }
        carry(out: update(&app, .resized(width: app.width, height: app.height)))
        let path = wiring.statePath
        let opener = SerialThread(name: "tocsin-open")
        let specs = wiring.specs
        Task { [keptAlive, notice] in
            if let notice { await engine.announce(Notice(.info, notice)) }
            // A journal on a disk that does not answer must not keep the watch from beginning.
            let late = Mutex(false)
            let opened = Task { () -> Void in
                let result = await opener.run { Wiring.openJournal(in: path) }
                await keptAlive.adopt(result, engine)
                await engine.stand(keptAlive.stand(specs))
                late.withLock { $0 = true }
            }
            for _ in 0..<50 where !late.withLock({ $0 }) { try? await Task.sleep(for: .milliseconds(20)) }
            if !late.withLock({ $0 }) { await engine.goOnWithoutJournal("its disk does not answer") }
            engine.run()
            await engine.watchServices()
            await opened.value
        }
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
            case .copy(let text): terminal.copy(text)
            case .mouse(let on): terminal.setMouse(on)
            case .redraw: terminal.redrawAll()
            case .theme(let name): changeTheme(name)
            case .reload: reload()
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

    private func reload() {
        do throws(Faults) {
            let groups = try wiring.groups()
            let count = groups.reduce(0) { $0 + $1.rules.count }
            Task { [engine] in await engine?.reload(groups) }
            app.say("\(count) rules read anew; unchanged ones keep their state")
        } catch { app.say("nothing was changed: \(error.all.first.map(\.description) ?? "")", .critical) }
    }

    private func paint() {
        var canvas = Canvas(width: app.width, height: app.height, glyphs: app.glyphs)
        draw(app, on: &canvas)
        terminal.show(canvas)
    }

    private func finish() {
        terminal.leave()
        guard let engine else { return }
        // A command may be on its way to the journal: what becomes of it is waited for.
        for _ in 0..<40 where poller?.outstanding ?? 0 > 0 { usleep(50_000) }
        if left == SIGTERM { Bridge.wait(atMost: 2) { await engine.drain() } }
        RunFollower(engine: engine, signals: signals).followAll(
            "the screen is closed; a run is under way and goes on to its end, and this process with it")
        Bridge.wait(atMost: 2) { await engine.drain() }
        Bridge.wait(atMost: 2) { [by] in await engine.close(by) }
        keptAlive.history.stop()
    }
}
