import TerminalKit
import TocsinModel

/// This machine, judged: verdict above, evidence here, alerts beside it.
struct OverviewScreen {
    let app: App
    let page: OverviewPage

    private var head: PageHead? { app.head }
    private var now: Milliseconds { head?.now ?? 0 }

    func draw(on canvas: inout Canvas, in room: Rect) {
        let alerts = AlertList(app: app).section(page.alerts)
        let evidence = HostSections(page: page, now: now, period: head?.period ?? 1000)
        let top = evidence.top
        if room.width >= 120 {
            // Wide: alerts and processes in a column of their own.
            let left = room.width >= 160 ? room.width * 11 / 20 : room.width / 2
            let leftRect = Rect(x: room.x, y: room.y, width: left, height: room.height)
            let rightRect = Rect(x: room.x + left + 1, y: room.y, width: room.width - left - 1, height: room.height)
            Section.stack(evidence.sections, &canvas, in: leftRect)
            Section.stack([alerts] + services + [top] + events, &canvas, in: rightRect)
            return
        }
        // Narrow: evidence, then processes, then alerts at the foot; when lines are short the processes go first.
        let sections = evidence.sections + [top] + services + [alerts]
        let last = sections.count - 1
        var order = services.isEmpty ? [0, 1, last] : [0, 1, last, last - 1]
        order += sections.indices.filter { !order.contains($0) }
        Section.stack(sections, &canvas, in: room, order: order)
    }
}

extension OverviewScreen {
    /// One line for each service.
    private var services: [Section] {
        guard !page.services.isEmpty else { return [] }
        let lines: [Section.Line] = page.services.map { service in
            { canvas, rect in
                let glyph = service.severity?.glyph ?? "·"
                let role = service.severity?.role ?? .dim
                canvas.put(glyph, x: rect.x + 1, y: rect.y, Style(role, bold: true))
                var x = canvas.fit(service.name, x: rect.x + 3, y: rect.y, width: 18) + 2
                x = canvas.fit(
                    service.sentence, x: x, y: rect.y, width: max(0, rect.endX - 1 - x),
                    Style(service.severity == nil ? .dim : .text))
            }
        }
        return [Section(title: "services", fact: "4 all, F failover", lines: lines, least: 1)]
    }

    /// The last events, where there is room for them.
    private var events: [Section] {
        guard !page.events.isEmpty else { return [] }
        let clock = Clock(zone: app.settings.zone, offset: 0)
        let lines: [Section.Line] = page.events.map { entry in
            { canvas, rect in
                canvas.put(clock.wallTime(entry.at), x: rect.x + 1, y: rect.y, Style(.dim))
                let mine = entry.by.uid != Operator.engine.uid
                var x = canvas.fit(
                    "\(mine ? entry.by.name + " " : "")\(entry.action)  ", x: rect.x + 10, y: rect.y,
                    width: rect.width - 11, Style(mine ? .key : .dim))
                x = canvas.fit("\(entry.target)  ", x: x, y: rect.y, width: rect.endX - 1 - x)
                canvas.fit(entry.detail, x: x, y: rect.y, width: rect.endX - 1 - x, Style(.dim))
            }
        }
        return [Section(title: "last events", fact: "5 all", lines: lines, least: 2)]
    }
}

/// The list of alerts that stands on the overview.
struct AlertList {
    let app: App

    func section(_ rows: [AlertRow]) -> Section {
        let chosen = app.selected
        let lines: [Section.Line] = rows.map { row in
            { canvas, rect in
                AlertLine(row: row, app: app).draw(&canvas, rect, selected: row.alert.episode == chosen)
            }
        }
        if rows.isEmpty {
            return Section(
                title: "alerts", fact: "none",
                lines: [
                    { canvas, rect in
                        canvas.fit(
                            "nothing fires, nothing is suspected", x: rect.x + 3, y: rect.y, width: rect.width - 4,
                            Style(.dim))
                    }
                ],
                least: 1)
        }
        return Section(title: "alerts", fact: "\(rows.count): 2 all", lines: lines, least: min(3, rows.count))
    }
}

/// One alert in one line: sign, age, name, subject, account, owner.
struct AlertLine {
    let row: AlertRow
    let app: App

    func draw(_ canvas: inout Canvas, _ rect: Rect, selected: Bool) {
        let alert = row.alert
        let sign = row.sign
        let now = app.head?.now ?? 0
        let y = rect.y
        let marked = app.marked.contains(alert.episode)
        canvas.put(selected ? ">" : marked ? "+" : " ", x: rect.x, y: y, Style(.key, bold: true))
        canvas.put(sign.glyph, x: rect.x + 1, y: y, Style(sign.role, bold: true))
        let since =
            alert.state == .pending
            ? alert.activeSince : alert.state == .resolved ? alert.resolvedAt ?? now : alert.firingSince ?? now
        canvas.putRight(Quantities.age(now - since), endX: rect.x + 6, y: y, Style(.dim))
        // The host's own name says nothing on the host's own screen.
        let subject = row.subject == app.head?.host ? "" : row.subject
        let nameWidth = rect.width >= 70 ? 23 : 21
        let subjectWidth = rect.width >= 100 ? 20 : rect.width >= 70 ? 13 : subject.isEmpty ? 0 : 13
        let owner = owner(alert)
        let ownerWidth = min(DisplayWidth.of(owner), max(8, rect.width / 3))
        var x = rect.x + 7
        canvas.fit(alert.name, x: x, y: y, width: nameWidth - 1, Style(sign.role == .dim ? .dim : .text))
        x += nameWidth
        canvas.fitTail(subject, x: x, y: y, width: subjectWidth - 1)
        x += subjectWidth
        let room = rect.endX - 1 - ownerWidth - 1 - x
        canvas.fit(account(alert, now), x: x, y: y, width: room, Style(.dim))
        canvas.fit(
            owner, x: rect.endX - 1 - ownerWidth, y: y, width: ownerWidth,
            Style(alert.acknowledgement == nil ? .dim : .acknowledged))
        if selected { canvas.paint(y: y, from: rect.x, to: rect.endX, .selected) }
    }

    private func account(_ alert: Alert, _ now: Milliseconds) -> String {
        switch alert.state {
        case .pending:
            let left = max(0, alert.activeSince + alert.holdFor - now)
            return "\(row.account), fires in \(Words.duration(left))"
        case .firing:
            guard let since = alert.unjudgedSince else { return row.account }
            return "\(row.account), not judged for \(Words.duration(now - since))"
        case .resolved, .inactive: return alert.resolvedReason ?? "resolved"
        }
    }

    private func owner(_ alert: Alert) -> String {
        guard alert.state == .firing else { return "" }
        let clock = Clock(zone: app.settings.zone, offset: app.head?.clockOffset ?? 0)
        guard let own = alert.acknowledgement else {
            guard let silence = row.silences.max(by: { $0.endsAt < $1.endsAt }) else { return "nobody" }
            return "silenced by \(silence.by.name) to \(clock.time(silence.endsAt, seconds: false))"
        }
        var words = "\(own.by.name) \(Quantities.age((app.head?.now ?? 0) - own.at))"
        if !own.comment.isEmpty { words += " “\(own.comment)”" }
        if let until = own.until { words += " to \(clock.time(until, seconds: false))" }
        return words
    }
}
