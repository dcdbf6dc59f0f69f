import TerminalKit
import TocsinModel

/// All alerts in groups, one of them in detail.
struct AlertsScreen {
    let app: App
    let page: AlertsPage

    func draw(on canvas: inout Canvas, in room: Rect) {
        let sections = lists
        guard page.detail != nil, room.height >= 8 else { return Section.stack(sections, &canvas, in: room) }
        if app.openDetail { return detail(on: &canvas, in: room) }
        if room.width >= 150 {
            let left = room.width / 2
            Section.stack(sections, &canvas, in: Rect(x: room.x, y: room.y, width: left, height: room.height))
            detail(
                on: &canvas,
                in: Rect(x: room.x + left + 1, y: room.y, width: room.width - left - 1, height: room.height))
            return
        }
        let wanted = sections.reduce(0) { $0 + $1.claim.most }
        let top = min(wanted, max(4, room.height - max(9, room.height / 2)))
        Section.stack(sections, &canvas, in: Rect(x: room.x, y: room.y, width: room.width, height: top))
        detail(on: &canvas, in: Rect(x: room.x, y: room.y + top, width: room.width, height: room.height - top))
    }

    private var lists: [Section] {
        let filter = app.filters[.alerts] ?? ""
        var fact = "worst first, then newest"
        if !filter.isEmpty { fact = "only “\(filter)”, Esc shows all" }
        var out: [Section] = []
        for (title, rows) in [
            ("firing", page.firing), ("pending", page.pending), ("someone has it", page.owned),
            ("resolved in the last 15 min", page.resolved),
        ] {
            let shown = rows.filter { app.matches($0, filter) }
            guard !shown.isEmpty || title == "firing" else { continue }
            out.append(
                Section(
                    title: title, fact: out.isEmpty ? fact : "\(shown.count)",
                    lines: shown.isEmpty ? [Self.nothing] : shown.map(line),
                    least: min(2, max(1, shown.count))))
        }
        if !page.unjudged.isEmpty { out.append(unjudged) }
        return out
    }

    private static var nothing: Section.Line {
        { canvas, rect in canvas.fit("nothing fires", x: rect.x + 3, y: rect.y, width: rect.width - 4, Style(.dim)) }
    }

    private func line(_ row: AlertRow) -> Section.Line {
        { canvas, rect in
            AlertLine(row: row, app: app).draw(&canvas, rect, selected: row.alert.episode == app.selected)
        }
    }

    private var unjudged: Section {
        Section(
            title: "not judged", fact: "\(page.unjudged.count) rules",
            lines: page.unjudged.map { note in
                { canvas, rect in
                    canvas.put("?", x: rect.x + 1, y: rect.y, Style(.unknown))
                    canvas.fit(note.rule, x: rect.x + 7, y: rect.y, width: 25)
                    canvas.fit(note.reason, x: rect.x + 33, y: rect.y, width: rect.width - 34, Style(.dim))
                }
            }, least: 1)
    }

    private func detail(on canvas: inout Canvas, in rect: Rect) {
        guard let detail = page.detail else { return }
        AlertDetailView(app: app, detail: detail).draw(on: &canvas, in: rect)
    }
}

/// Why an alert fires: expression, value, course, labels, and who did what.
struct AlertDetailView {
    let app: App
    let detail: AlertDetail

    private var alert: Alert { detail.row.alert }
    private var now: Milliseconds { app.head?.now ?? 0 }
    private var clock: Clock { Clock(zone: app.settings.zone, offset: app.head?.clockOffset ?? 0) }

    func draw(on canvas: inout Canvas, in rect: Rect) {
        guard rect.height > 2 else { return }
        let since =
            "since \(clock.time(alert.firingSince ?? alert.activeSince)) · episode \(alert.episode.number) · \(alert.severity.rawValue)"
        Section.rule(
            &canvas, "\(alert.name) \(detail.row.subject)", since, .dim,
            Rect(x: rect.x, y: rect.y, width: rect.width, height: 1))
        var y = rect.y + 1
        let end = rect.endY
        func line(_ text: String, _ style: Style = Style(), indent: Int = 1) {
            guard y < end else { return }
            canvas.fit(text, x: rect.x + indent, y: y, width: rect.width - indent - 1, style)
            y += 1
        }
        if let summary = alert.annotation("summary") { line(summary, Style(.text, bold: true)) }
        for part in Self.wrap(alert.expression, rect.width - 2, most: max(1, rect.height / 5)) {
            line(part, Style(.key))
        }
        line(judgement, Style(.dim))
        if let name = detail.watched {
            line("\(name): \(detail.finding ?? "no alarm of its own")", Style(.anomaly))
            line("N this is normal now · X that was a false alarm", Style(.dim))
        }
        let log = entries
        // The graph takes what the lines below leave over.
        let below = min(log.count, 5) + 2 + (alert.annotation("description") == nil ? 0 : 1)
        let room = min(12, max(0, end - y - min(below, max(2, rect.height / 3))))
        if room >= 3 {
            var graph = Graph(
                detail.history.points, threshold: detail.threshold, low: detail.history.low, high: detail.history.high
            ) { Self.number($0) }
            graph.behind = detail.course?.earlier ?? []
            graph.marks = detail.course?.alarms ?? []
            graph.draw(&canvas, in: Rect(x: rect.x + 1, y: y, width: rect.width - 2, height: room))
            y += room
        }
        for silence in detail.row.silences {
            let why = silence.comment.isEmpty ? "" : " “\(silence.comment)”"
            line(
                "silenced by \(silence.by.name) until \(clock.time(silence.endsAt)) with \(silence.words)\(why)",
                Style(.dim))
        }
        if let description = alert.annotation("description") { line(description, Style(.dim)) }
        for entry in log.suffix(max(1, end - y - 1)) { line(entry, Style(.text)) }
        line(alert.labels.dropping(["alertname"]).description, Style(.dim))
        if let runbook = alert.annotation("runbook_url") { line("runbook  \(runbook)   r copies", Style(.dim)) }
    }

    private var judgement: String {
        var words = "value \(Self.number(alert.value))"
        if alert.holdFor > 0 { words += " · for \(Words.duration(alert.holdFor))" }
        words += " · judged \(Words.duration(now - alert.judgedAt)) ago"
        if let since = alert.unjudgedSince {
            words += " · not judgeable for \(Words.duration(now - since)), kept as it was"
        }
        if let rule = alert.rule.split(separator: "#").first { words += " · rule \(rule)" }
        return words
    }

    private var entries: [String] {
        let pending = "\(clock.time(alert.activeSince)) pending"
        let journal = detail.log.map { entry -> String in
            let who = entry.by.uid == Operator.engine.uid ? "" : "\(entry.by.name) (uid \(entry.by.uid)) "
            return "\(clock.wallTime(entry.at)) \(who)\(entry.action)"
                + (entry.detail.isEmpty ? "" : ": \(entry.detail)")
        }
        return [pending] + journal
    }

    /// Three significant digits with a prefix, for scales.
    static func number(_ value: Double) -> String {
        if value.magnitude >= 1000 || (value.magnitude < 10 && value != value.rounded()) {
            return value.magnitude >= 1000 ? Quantities.rate(value) : GoNumber.fixed(value, decimals: 2)
        }
        return GoNumber.fixed(value, decimals: value == value.rounded() ? 0 : 1)
    }

    /// Breaks text at blanks into lines.
    static func wrap(_ text: String, _ width: Int, most: Int) -> [String] {
        guard width > 4 else { return [] }
        var lines: [String] = [""]
        for word in text.split(separator: " ") {
            if lines[lines.count - 1].count + word.count + 1 > width, !lines[lines.count - 1].isEmpty {
                if lines.count == most {
                    lines[lines.count - 1] += " …"
                    return lines
                }
                lines.append("  ")
            }
            lines[lines.count - 1] += (lines[lines.count - 1].trimmed.isEmpty ? "" : " ") + word
        }
        return lines
    }
}
