import TerminalKit
import TocsinModel

/// A run as it goes from step to step, and what became of it.
struct RunScreen {
    let app: App
    let page: RunPage

    private var now: Milliseconds { app.head?.now ?? 0 }

    func draw(on canvas: inout Canvas, in room: Rect) {
        guard let run = page.run else {
            canvas.fit("this run is not known", x: 2, y: room.y + 1, width: room.width - 3)
            return
        }
        Section.stack([outcome(run), steps(run), members, guards(run)], &canvas, in: room)
    }

    private func outcome(_ run: Run) -> Section {
        let sign = RunSign.of(run.state)
        let clock = Clock(zone: app.settings.zone, offset: app.head?.clockOffset ?? 0)
        let elapsed = Words.duration((run.endedAt ?? now) - run.startedAt)
        let title = "run \(run.id.short)"
        let kind = (run.plan.mode == .rehearsal ? "rehearsal of a " : "") + run.plan.kind.rawValue
        let fact = "\(kind) of \(run.plan.title) by \(run.by.name) at \(clock.time(run.startedAt)), \(elapsed)"
        var lines: [Section.Line] = []
        let words = RunScreen.words(run)
        let wrapped = AlertDetailView.wrap("\(words): \(run.verdict)", max(20, canvasWidth - 6), most: 3)
        for (number, text) in wrapped.enumerated() {
            lines.append { canvas, rect in
                if number == 0 { canvas.put(sign.glyph, x: rect.x + 1, y: rect.y, Style(sign.role, bold: true)) }
                canvas.fit(
                    text, x: rect.x + 3, y: rect.y, width: rect.width - 4,
                    Style(sign.role == .dim ? .text : sign.role, bold: true))
            }
        }
        if run.endedAt != nil {
            let timings = RunScreen.timings(run)
            lines.append { canvas, rect in
                canvas.fit(timings, x: rect.x + 3, y: rect.y, width: rect.width - 4, Style(.dim))
            }
        }
        return Section(title: title, fact: fact, lines: lines, least: lines.count)
    }

    private var canvasWidth: Int { app.width }

    private func steps(_ run: Run) -> Section {
        let lines: [Section.Line] = run.steps.enumerated().map { number, step in
            { canvas, rect in
                let (glyph, role) = Self.sign(step.state)
                let y = rect.y
                canvas.putRight("\(number + 1)", endX: rect.x + 3, y: y, Style(.key))
                canvas.put(glyph, x: rect.x + 4, y: y, Style(role, bold: true))
                let waiting = step.state == .waiting || step.state == .skipped
                var x = canvas.fit(
                    step.step.words, x: rect.x + 6, y: y, width: max(24, rect.width * 2 / 5),
                    Style(waiting ? .dim : .text, bold: step.state == .started))
                x = max(x + 2, rect.x + 8 + min(40, max(24, rect.width * 2 / 5)))
                canvas.putRight(time(step), endX: x + 7, y: y, Style(.dim))
                canvas.fit(
                    detail(step), x: x + 9, y: y, width: rect.endX - 1 - x - 9,
                    Style(step.state == .failed || step.state == .unknown ? role : .dim))
            }
        }
        let done = run.steps.filter { $0.state == .done }.count
        return Section(title: "steps", fact: "\(done) of \(run.steps.count) done", lines: lines, least: lines.count)
    }

    private func time(_ step: RunStep) -> String {
        guard let from = step.startedAt, step.state != .skipped else { return "" }
        return "\(Quantities.short(Double((step.endedAt ?? now) - from) / 1000)) s"
    }

    private func detail(_ step: RunStep) -> String {
        switch step.state {
        case .started, .recording:
            step.step.call.map { "… \($0.words)" } ?? "… watching, at most \(step.step.deadline / 1000) s"
        case .waiting: ""
        default: step.words.isEmpty ? step.state.rawValue : step.words
        }
    }

    static func sign(_ state: RunStep.State) -> (String, Role) {
        switch state {
        case .waiting: ("·", .dim)
        case .recording, .started: ("◐", .key)
        case .done: ("✓", .ok)
        case .failed: ("✗", .critical)
        case .unknown: ("?", .unknown)
        case .skipped: ("-", .dim)
        case .undone: ("↶", .warning)
        }
    }

    private var members: Section {
        guard let service = page.service else {
            return Section(title: "service", fact: "not configured any more", lines: [], least: 0)
        }
        var lines: [Section.Line] = service.members.map { MemberLine(member: $0, now: now).line }
        if let client = service.client {
            lines.append { canvas, rect in
                let well = client.condition == .answers
                canvas.put(well ? "·" : "▲", x: rect.x + 1, y: rect.y, Style(well ? .dim : .critical, bold: true))
                canvas.fit(
                    "clients  \(well ? "served" : "cut off")  \(client.address)  \(client.words)", x: rect.x + 3,
                    y: rect.y, width: rect.width - 4, Style(well ? .text : .critical))
            }
        }
        return Section(
            title: "now", fact: service.sentence, factRole: service.severity?.role ?? .dim, lines: lines,
            least: lines.count)
    }

    private func guards(_ run: Run) -> Section {
        let lines: [Section.Line] = run.plan.guards.map { one in
            { canvas, rect in
                let passed = one.verdict == .passed
                canvas.put(passed ? "✓" : "▲", x: rect.x + 1, y: rect.y, Style(passed ? .ok : .warning))
                canvas.fit(one.name, x: rect.x + 3, y: rect.y, width: 24, Style(.dim))
                canvas.fit(
                    one.reason + (passed ? "" : " (lifted)"), x: rect.x + 28, y: rect.y,
                    width: rect.endX - 1 - rect.x - 28, Style(.dim))
            }
        }
        return Section(
            title: "guards when it began",
            fact: run.overrides.isEmpty ? "" : "lifted by typing " + run.overrides.joined(separator: ", "),
            lines: lines, least: 2)
    }

    static func words(_ run: Run) -> String {
        switch run.state {
        case .running: run.stopAsked == nil ? "UNDER WAY" : "STOPPING at the next safe point"
        case .undoing: "TAKING BACK what can be taken back"
        case .verified: "VERIFIED"
        case .failed: "FAILED"
        case .unknown: "UNKNOWN, still watching; waits for a person"
        case .closed: "CLOSED"
        }
    }

    static func timings(_ run: Run) -> String {
        var parts: [String] = []
        func seconds(_ value: Milliseconds) -> String { Quantities.short(Double(value) / 1000) + " s" }
        if let value = run.timings.detection { parts.append("detected in \(seconds(value))") }
        if let value = run.timings.decision { parts.append("decided in \(seconds(value))") }
        if let end = run.endedAt { parts.append("run \(seconds(end - run.startedAt))") }
        if let value = run.timings.outage { parts.append("clients out for \(seconds(value))") }
        return parts.joined(separator: " · ")
    }
}
