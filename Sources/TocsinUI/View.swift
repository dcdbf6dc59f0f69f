import TerminalKit
import TocsinModel

/// Draws the whole screen. It reads the model and changes only the canvas.
package func draw(_ app: App, on canvas: inout Canvas) {
    canvas.clear()
    guard canvas.width > 0, canvas.height > 0 else { return }
    guard canvas.width >= 20, canvas.height >= 5 else { return SmallView.draw(app, on: &canvas) }
    var top = HeadView.draw(app, on: &canvas)
    let bottom = canvas.height - 1
    if top > bottom { top = bottom }
    let room = Rect(x: 0, y: top, width: canvas.width, height: bottom - top)
    if app.screen == .help {
        HelpScreen.draw(app, on: &canvas, in: room)
    } else {
        switch app.page?.body {
        case .overview(let page): OverviewScreen(app: app, page: page).draw(on: &canvas, in: room)
        case .alerts(let page): AlertsScreen(app: app, page: page).draw(on: &canvas, in: room)
        case .processes(let page): ProcessesScreen(app: app, page: page).draw(on: &canvas, in: room)
        case .audit(let page): AuditScreen(app: app, page: page).draw(on: &canvas, in: room)
        case .services(let page): ServicesScreen(app: app, page: page).draw(on: &canvas, in: room)
        case .plan(let page): PlanScreen(app: app, page: page).draw(on: &canvas, in: room)
        case .run(let page): RunScreen(app: app, page: page).draw(on: &canvas, in: room)
        case .fleet(let page): FleetScreen(app: app, page: page).draw(on: &canvas, in: room)
        case .anomalies(let page): AnomaliesScreen(app: app, page: page).draw(on: &canvas, in: room)
        case .health(let page): EngineScreen(app: app, page: page).draw(on: &canvas, in: room)
        // For scripts; no screen asks for them.
        case .silences, .tokens, .rules, .targets: break
        case nil: canvas.fit("measuring …", x: 1, y: top + 1, width: canvas.width - 2, Style(.dim))
        }
    }
    // What was last heard is no longer what is: it stays, greyed, below the line that says so.
    if app.failure != nil { for y in top..<max(top, bottom) { canvas.dim(y: y) } }
    FootView.draw(app, on: &canvas)
}

/// One line: the verdict, for windows too small for anything else.
enum SmallView {
    static func draw(_ app: App, on canvas: inout Canvas) {
        guard let head = app.head else {
            canvas.fit("tocsin: measuring", x: 0, y: 0, width: canvas.width, Style(.dim))
            return
        }
        let severity = head.verdict.severity
        let style = Style(severity?.role ?? .text, bold: severity != nil)
        let x = canvas.put(severity?.glyph ?? "·", x: 0, y: 0, style)
        canvas.fit(head.verdict.sentence(at: head.now), x: x + 1, y: 0, width: canvas.width - x - 1, style)
    }
}

/// Where am I, how is it: the first lines of every screen.
enum HeadView {
    /// Returns the first free line.
    static func draw(_ app: App, on canvas: inout Canvas) -> Int {
        guard let head = app.head else {
            canvas.put(" tocsin", x: 0, y: 0, Style(.title, bold: true))
            return 1
        }
        place(app, head, &canvas)
        // A plan and a run need the lines; they speak for themselves.
        if app.screen == .plan || app.screen == .run { return 1 }
        verdict(head.verdict, at: head.now, &canvas, app)
        var y = 3
        for notice in notices(app, head) where y < canvas.height - 4 {
            canvas.put(notice.severity.glyph, x: 1, y: y, Style(notice.severity.role))
            canvas.fit(
                notice.text, x: 3, y: y, width: canvas.width - 4,
                Style(notice.severity == .info ? .dim : notice.severity.role))
            y += 1
        }
        return y
    }

    private static func place(_ app: App, _ head: PageHead, _ canvas: inout Canvas) {
        let name = head.environment.isEmpty ? head.host : "\(head.environment)/\(head.host)"
        let clock = Clock(zone: app.settings.zone, offset: head.clockOffset)
        let right = counts(head, clock, &canvas)
        var x = canvas.fit(name, x: 1, y: 0, width: max(0, min(right - 2, 40)), Style(.title, bold: true))
        if app.screen != .overview { x = canvas.put("  \(app.screen.title.uppercased())", x: x, y: 0, Style(.title)) }
        if head.past { x = canvas.put("  the past, End returns", x: x, y: 0, Style(.warning, bold: true)) }
        if app.frozen { x = canvas.put("  frozen, z lets go", x: x, y: 0, Style(.warning)) }
        var facts = ""
        if let uptime = head.uptimeSeconds, uptime >= 0 {
            facts += "   up \(Quantities.age(Milliseconds(uptime * 1000)))"
        }
        if head.cpuCount > 0 { facts += "   \(head.cpuCount) cpu" }
        if let memory = head.memoryBytes { facts += "   \(Quantities.bytes(memory))" }
        if x + DisplayWidth.of(facts) < right { canvas.put(facts, x: x, y: 0, Style(.dim)) }
    }

    /// Counts, clock and heart from the right edge; returns the first column they take.
    private static func counts(_ head: PageHead, _ clock: Clock, _ canvas: inout Canvas) -> Int {
        let beat = head.heartbeat % 2 == 0 ? "♥" : "♡"
        var x = canvas.width - 2
        canvas.put(beat, x: x, y: 0, Style(head.past ? .dim : .text))
        let time = clock.time(head.now)
        x -= time.count + 1
        canvas.put(time, x: x, y: 0, Style(head.past ? .warning : .text))
        x -= 2
        var parts: [(String, Role)] = []
        let counts = head.counts
        for (severity, count) in [
            (Severity.critical, counts.critical), (.warning, counts.warning), (.unknown, counts.unknown),
            (.info, counts.info),
        ] where count > 0 { parts.append(("\(severity.glyph)\(count)", severity.role)) }
        if counts.pending > 0 { parts.append(("◔\(counts.pending)", .pending)) }
        if counts.acknowledged > 0 {
            parts.append(
                (canvas.width < 60 ? "a\(counts.acknowledged)" : "acked \(counts.acknowledged)", .acknowledged))
        }
        if counts.silenced > 0 {
            parts.append((canvas.width < 60 ? "s\(counts.silenced)" : "silenced \(counts.silenced)", .dim))
        }
        for (text, role) in parts.reversed() {
            x -= DisplayWidth.of(text) + 1
            canvas.put(text, x: x, y: 0, Style(role, bold: role == .critical))
        }
        return x
    }

    private static func verdict(_ verdict: Verdict, at now: Milliseconds, _ canvas: inout Canvas, _ app: App) {
        let width = canvas.width - 2
        if let severity = verdict.severity {
            let word = verdict.allOwned ? "taken" : severity.rawValue.uppercased()
            let glyph = verdict.allOwned ? "a" : severity.glyph
            let role = verdict.allOwned ? Role.acknowledged : severity.role
            let x = canvas.put("\(glyph) \(word)  ", x: 1, y: 1, Style(role, bold: true))
            canvas.fit(
                verdict.sentence(at: now), x: x, y: 1, width: width - x + 1, Style(.text, bold: !verdict.allOwned))
            // The one reversed line of a screen.
            if severity == .critical, !verdict.allOwned { canvas.paint(y: 1, .alarm, bold: true) }
        } else {
            canvas.put("·", x: 1, y: 1, Style(.dim))
            canvas.fit(verdict.sentence(at: now), x: 3, y: 1, width: width - 2)
        }
        let judged = "\(verdict.rulesJudged)/\(verdict.rulesTotal) rules judged"
        let showJudged = canvas.width >= 60
        if showJudged { canvas.putRight(judged, endX: canvas.width - 1, y: 2, Style(.dim)) }
        var detail = verdict.detail(at: now)
        if verdict.severity != nil, !verdict.allOwned, app.target?.alert.episode == verdict.episode {
            detail += " · a take it · Enter why"
        }
        let room = canvas.width - 4 - (showJudged ? judged.count + 2 : 0)
        canvas.fit(detail, x: 3, y: 2, width: room, Style(.dim))
    }

    private static func notices(_ app: App, _ head: PageHead) -> [Notice] {
        var out: [Notice] = []
        if let failure = app.failure {
            let age = app.lostFor.map { ", this is what it said \(Words.duration($0)) ago" } ?? ""
            out.append(Notice(.critical, "the engine does not answer: \(failure)\(age)"))
        }
        if let silent = app.silentFor, silent > 3 * head.period + 2_000 {
            out.append(Notice(.critical, "no news from the engine for \(Words.duration(silent)): what you see is old"))
        }
        return out + head.notices
    }
}

/// The last line: the keys that matter here, a prompt, or something to say.
enum FootView {
    static func draw(_ app: App, on canvas: inout Canvas) {
        let y = canvas.height - 1
        if let prompt = app.prompt {
            let x = canvas.put(" \(prompt.label) ", x: 0, y: y, Style(.title, bold: true))
            // The end of a long text is what one is typing.
            let room = max(1, canvas.width - x - 2)
            let end = canvas.put(String(prompt.text.suffix(room)), x: x, y: y)
            canvas.put("▏", x: end, y: y, Style(.key))
            let hint = hint(prompt)
            if end + DisplayWidth.of(hint) + 4 < canvas.width {
                canvas.putRight(hint, endX: canvas.width - 1, y: y, Style(.dim))
            }
        } else if let toast = app.toast {
            let style = Style(toast.severity?.role ?? .text, bold: true)
            canvas.fit(toast.text, x: 1, y: y, width: canvas.width - 2, style)
        } else if app.isConfirming {
            // Keys are letters here; only these mean something.
            let hint = "Esc leaves, nothing is done   Enter when a word stands   ^Y copies the commands"
            canvas.fit(hint, x: 1, y: y, width: canvas.width - 2, Style(.dim))
        } else {
            HintLine.draw(app, on: &canvas, y: y)
        }
    }

    private static func hint(_ prompt: Prompt) -> String {
        guard prompt.purpose == .command, !prompt.text.isEmpty else { return prompt.hint }
        return Keymap.completions(prompt.text).prefix(6).joined(separator: " ")
    }
}

/// The hint line, from the keymap.
enum HintLine {
    struct Hint {
        let text: String
        let keyLength: Int
        let action: Action
    }

    static func bindings(_ app: App) -> [Hint] {
        let wanted = Keymap.all.filter { $0.hinted.contains(app.screen) && Keymap.refusal($0.action, app) == nil }
        var hints = wanted.map { hint($0) }
        if app.screen != .help, let help = Keymap.all.first(where: { $0.action == .screen(.help) }) {
            hints.append(Hint(text: "? \(help.hint)", keyLength: 1, action: help.action))
        }
        return hints
    }

    private static func hint(_ binding: Binding) -> Hint {
        let key = binding.keys[0].words
        return Hint(text: "\(key) \(binding.hint)", keyLength: key.count, action: binding.action)
    }

    static func draw(_ app: App, on canvas: inout Canvas, y: Int) {
        var x = 1
        let hints = bindings(app)
        // Help has its place on the narrowest screen.
        let reserved = hints.last.map { $0.text.count + 1 } ?? 0
        for (number, hint) in hints.enumerated() {
            let last = number == hints.count - 1
            guard x + hint.text.count + (last ? 0 : reserved) < canvas.width else { continue }
            let end = canvas.put(hint.text, x: x, y: y, Style(.dim))
            canvas.put(String(hint.text.prefix(hint.keyLength)), x: x, y: y, Style(.key))
            x = end + 1
        }
    }
}
