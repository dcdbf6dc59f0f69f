import TerminalKit
import TocsinModel

/// The services, one of them with its members, its clients, what is said of whom, and its runs.
struct ServicesScreen {
    let app: App
    let page: ServicesPage

    private var now: Milliseconds { app.head?.now ?? 0 }

    func draw(on canvas: inout Canvas, in room: Rect) {
        guard !page.services.isEmpty else { return empty(on: &canvas, in: room) }
        let sections = [list] + (chosen.map { detail($0) } ?? [])
        // The members stay when lines are short; the history goes first.
        Section.stack(sections, &canvas, in: room)
    }

    private func empty(on canvas: inout Canvas, in room: Rect) {
        let lines = [
            "No service is configured.", "",
            "Add services: to tocsin.yaml: members, how each is asked what it is, and the steps of a failover;",
            "README shows a whole one. Or try it first, on a small real pair of processes:", "", "    tocsin demo",
        ]
        Section.rule(
            &canvas, "services", "none", .dim, Rect(x: room.x, y: room.y, width: room.width, height: 1))
        for (number, line) in lines.enumerated() where number + 1 < room.height {
            canvas.fit(line, x: room.x + 3, y: room.y + 1 + number, width: room.width - 4, Style(.dim))
        }
    }

    private var chosen: ServiceView? {
        page.services.first { $0.name == app.selectedService } ?? page.services.first { $0.name == page.selected }
    }

    private var list: Section {
        let name = chosen?.name
        let lines: [Section.Line] = page.services.map { service in
            { canvas, rect in
                let selected = service.name == name
                let sign = ServiceSign.of(service)
                canvas.put(selected ? ">" : " ", x: rect.x, y: rect.y, Style(.key, bold: true))
                canvas.put(sign.glyph, x: rect.x + 1, y: rect.y, Style(sign.role, bold: true))
                canvas.putRight(Quantities.age(now - service.since), endX: rect.x + 6, y: rect.y, Style(.dim))
                var x = canvas.fit(
                    service.title, x: rect.x + 7, y: rect.y, width: 22, Style(.text, bold: service.severity != nil))
                x = max(x + 2, rect.x + 25)
                canvas.fit(service.sentence, x: x, y: rect.y, width: rect.endX - 1 - x)
                if selected { canvas.paint(y: rect.y, from: rect.x, to: rect.endX, .selected) }
            }
        }
        return Section(title: "services", fact: "\(page.services.count)", lines: lines, least: min(2, lines.count))
    }

    private func detail(_ service: ServiceView) -> [Section] {
        var members: [Section.Line] =
            [MemberLine.heading] + service.members.map { MemberLine(member: $0, now: now).line }
        if let client = service.client { members.append(clientLine(client)) }
        var fact = "\(service.kind) · asked every second"
        if let maintenance = service.maintenance {
            let left = Words.duration(maintenance.until - now)
            fact = "MAINTENANCE by \(maintenance.by.name), \(left) left: \(maintenance.reason)"
        } else if let why = service.watchOnly {
            fact = "watched only: \(why)"
        }
        var sections = [
            Section(
                title: service.title, fact: fact,
                factRole: service.maintenance != nil || service.watchOnly != nil ? .warning : .dim, lines: members,
                least: 1 + service.members.count)
        ]
        if !service.hearsay.isEmpty {
            sections.append(
                Section(
                    title: "hearsay", fact: "what others say, not what was seen", lines: service.hearsay.map(hearsay),
                    least: 1))
        }
        sections.append(runs(service))
        return sections
    }

    private func clientLine(_ client: ClientView) -> Section.Line {
        { canvas, rect in
            let well = client.condition == .answers
            let y = rect.y
            canvas.put(
                well ? "·" : client.condition == .unknown ? "?" : "▲", x: rect.x + 1, y: y,
                Style(well ? .dim : .critical, bold: true))
            canvas.put("clients", x: rect.x + 3, y: y, Style(.text), width: 13)
            canvas.put(well ? "served" : "cut off", x: rect.x + 17, y: y, Style(well ? .text : .critical))
            canvas.fit(client.address, x: rect.x + 27, y: y, width: 22, Style(.dim))
            let age = well ? "" : "last good \(client.goodAt.map { Quantities.age(now - $0) } ?? "never"): "
            canvas.fit(age + client.words, x: rect.x + 50, y: y, width: rect.endX - 1 - rect.x - 50, Style(.dim))
        }
    }

    private func hearsay(_ one: Hearsay) -> Section.Line {
        { canvas, rect in
            let silence = one.silentFor.map { " for \(Words.duration($0))" } ?? ""
            let words = one.hears ? "hears \(one.about)" : "has not heard \(one.about)\(silence)"
            let x = canvas.fit(
                "“\(one.by) \(words)”", x: rect.x + 3, y: rect.y, width: rect.width - 20,
                Style(one.hears ? .dim : .warning))
            canvas.put("  said \(Quantities.age(max(0, now - one.statedAt))) ago", x: x, y: rect.y, Style(.dim))
        }
    }

    private func runs(_ service: ServiceView) -> Section {
        let clock = Clock(zone: app.settings.zone, offset: app.head?.clockOffset ?? 0)
        let lines: [Section.Line] = page.history.filter { $0.plan.service == service.name }.map { run in
            { canvas, rect in
                let sign = RunSign.of(run.state)
                canvas.put(sign.glyph, x: rect.x + 1, y: rect.y, Style(sign.role, bold: true))
                var x = canvas.put(
                    clock.dateTime(run.startedAt + (app.head?.clockOffset ?? 0)), x: rect.x + 3, y: rect.y, Style(.dim))
                let what =
                    "\(run.plan.kind.rawValue) \(run.plan.loser.map { "\($0) → " } ?? "")\(run.plan.winner ?? "")"
                x = canvas.fit("  \(run.id.short) \(what) by \(run.by.name)", x: x, y: rect.y, width: 34)
                canvas.fit(
                    "  \(run.state.rawValue): \(run.verdict)", x: x, y: rect.y, width: rect.endX - 1 - x, Style(.dim))
            }
        }
        let none: Section.Line = { canvas, rect in
            canvas.fit(
                "none yet · F plans one and shows every step before anything is done", x: rect.x + 3, y: rect.y,
                width: rect.width - 4, Style(.dim))
        }
        return Section(
            title: "runs", fact: lines.isEmpty ? "" : "Enter shows the last", lines: lines.isEmpty ? [none] : lines,
            least: 1)
    }
}

/// The sign of a service.
enum ServiceSign {
    static func of(_ service: ServiceView) -> (glyph: String, role: Role) {
        if let severity = service.severity { return (severity.glyph, severity.role) }
        return service.situation == .learning ? ("?", .unknown) : ("·", .dim)
    }
}

/// The sign of a run's state.
enum RunSign {
    static func of(_ state: RunState) -> (glyph: String, role: Role) {
        switch state {
        case .running, .undoing: ("◐", .key)
        case .verified: ("✓", .ok)
        case .failed: ("✗", .warning)
        case .unknown: ("?", .unknown)
        case .closed: ("·", .dim)
        }
    }
}

/// One member in one line.
struct MemberLine {
    let member: MemberView
    let now: Milliseconds

    /// Where the columns begin; a narrow screen leaves the address out.
    private static func columns(_ width: Int) -> (site: Int, lag: Int, phi: Int, answer: Int) {
        width >= 100 ? (49, 58, 71, 74) : (27, 35, 49, 52)
    }

    static var heading: Section.Line {
        { canvas, rect in
            let at = columns(rect.width)
            for (x, name) in [
                (3, "MEMBER"), (17, "ROLE"), (at.site, "SITE"), (at.lag, "LAG"), (at.phi - 3, "PHI"),
                (at.answer, "ANSWER"),
            ] {
                canvas.put(name, x: rect.x + x, y: rect.y, Style(.dim))
            }
            if rect.width >= 100 { canvas.put("ADDRESS", x: rect.x + 27, y: rect.y, Style(.dim)) }
        }
    }

    var line: Section.Line {
        { canvas, rect in
            let y = rect.y
            let at = Self.columns(rect.width)
            let (glyph, role) = sign
            canvas.put(glyph, x: rect.x + 1, y: y, Style(role, bold: true))
            canvas.fit(member.name, x: rect.x + 3, y: y, width: 13, Style(.text, bold: isPrimary))
            canvas.fit(roleWords, x: rect.x + 17, y: y, width: 9, Style(role == .dim ? .text : role, bold: isPrimary))
            if rect.width >= 100 { canvas.fit(member.address, x: rect.x + 27, y: y, width: 21, Style(.dim)) }
            canvas.fit(member.site, x: rect.x + at.site, y: y, width: 7, Style(.dim))
            canvas.fit(lag, x: rect.x + at.lag, y: y, width: 9)
            let hot = member.phi >= 1
            canvas.putRight(
                Quantities.short(member.phi), endX: rect.x + at.phi, y: y, Style(hot ? .warning : .dim, bold: hot))
            canvas.fit(answer, x: rect.x + at.answer, y: y, width: rect.endX - 1 - rect.x - at.answer, Style(.dim))
        }
    }

    private var isPrimary: Bool { member.role?.value == .primary && member.condition == .answers }

    private var sign: (String, Role) {
        switch member.condition {
        case .answers: member.role == nil ? ("?", .unknown) : ("·", .dim)
        case .refuses, .unwell: ("▲", .critical)
        case .silent: ("▲", .critical)
        case .unseen, .unknown: ("?", .unknown)
        }
    }

    private var roleWords: String {
        switch member.condition {
        case .answers: member.role?.value.rawValue ?? "unknown"
        case .refuses: "refuses"
        case .unwell: "unwell"
        case .silent: "silent"
        case .unseen: "unseen"
        case .unknown: "asking"
        }
    }

    private var lag: String {
        guard member.condition == .answers, member.role?.value == .standby else { return "" }
        guard let lag = member.lagBytes?.value else { return "lag ?" }
        return Quantities.bytes(Double(lag))
    }

    private var answer: String {
        guard let heardAt = member.heardAt else { return "never · \(member.words)" }
        let age = now - heardAt
        let latency = member.latency.map { Quantities.latency($0 / 1000) } ?? ""
        if member.condition == .answers {
            let follows = member.follows.map { "  follows \($0)" } ?? ""
            return (age > 3_000 ? "\(Quantities.age(age)) ago" : latency) + follows
        }
        return "\(Quantities.age(age)) ago · \(member.words)"
    }
}
