import TerminalKit
import TocsinModel

/// A plan before it is run: who loses, who wins, what every guard found, exactly what will be done, and what to type.
struct PlanScreen {
    let app: App
    let page: PlanPage

    private var now: Milliseconds { app.head?.now ?? 0 }

    func draw(on canvas: inout Canvas, in room: Rect) {
        guard let plan = page.plan else {
            canvas.fit("this plan is not known any more; Esc goes back", x: 2, y: room.y + 1, width: room.width - 3)
            return
        }
        var pen = Pen(rect: Rect(x: room.x, y: room.y, width: room.width, height: max(1, room.height - 2)))
        head(plan, &canvas, &pen)
        parties(plan, &canvas, &pen)
        let steps = plan.steps.count + 2
        let hand = min(plan.byHand.count, 4)
        guards(plan, &canvas, &pen, lines: pen.left - steps - hand - 1)
        self.steps(plan, &canvas, &pen)
        byHand(plan, &canvas, &pen)
        confirmation(plan, &canvas, room)
    }

    /// Draws line by line and stops at the end.
    private struct Pen {
        var rect: Rect
        var y: Int
        init(rect: Rect) {
            self.rect = rect
            y = rect.y
        }
        var left: Int { rect.endY - y }
        mutating func next() -> Rect? {
            guard y < rect.endY else { return nil }
            defer { y += 1 }
            return Rect(x: rect.x, y: y, width: rect.width, height: 1)
        }
    }

    private func head(_ plan: Plan, _ canvas: inout Canvas, _ pen: inout Pen) {
        guard let line = pen.next() else { return }
        let kind = (plan.mode == .rehearsal ? "REHEARSAL OF A " : "") + plan.kind.rawValue.uppercased()
        let x = canvas.put(" \(kind)  ", x: line.x, y: line.y, Style(.warning, bold: true))
        canvas.put(plan.title, x: x, y: line.y, Style(.title, bold: true))
        let clock = Clock(zone: app.settings.zone, offset: app.head?.clockOffset ?? 0)
        let left = max(0, plan.expiresAt - now) / 1000
        let life = plan.dead == nil ? "valid \(left) s" : "DEAD"
        canvas.putRight(
            "plan \(plan.token.short) made \(clock.time(plan.madeAt)) by \(plan.by.name), \(life) ", endX: line.endX,
            y: line.y, Style(plan.dead == nil ? .dim : .critical))
    }

    private func parties(_ plan: Plan, _ canvas: inout Canvas, _ pen: inout Pen) {
        for (word, name) in [
            ("loser", plan.loser), (plan.loser == nil && plan.kind != .failover ? "member" : "winner", plan.winner),
        ] {
            guard let name, let line = pen.next() else { continue }
            canvas.put(word, x: line.x + 1, y: line.y, Style(.dim))
            var x = canvas.fit(name, x: line.x + 9, y: line.y, width: 20, Style(.text, bold: true)) + 2
            if let member = page.service?.member(name) {
                x = canvas.fit(Self.words(member, now), x: x, y: line.y, width: line.endX - 1 - x)
            }
        }
        guard !plan.touches.isEmpty, let line = pen.next() else { return }
        canvas.put("also", x: line.x + 1, y: line.y, Style(.dim))
        canvas.fit(plan.touches.joined(separator: " · "), x: line.x + 9, y: line.y, width: line.width - 10)
    }

    private static func words(_ member: MemberView, _ now: Milliseconds) -> String {
        var parts = [member.address]
        switch member.condition {
        case .answers: parts.append(member.role?.value.rawValue ?? "role unknown")
        case .refuses: parts.append("refuses connections")
        case .unwell: parts.append("unwell")
        case .silent: parts.append("silent for \(Words.duration(now - (member.heardAt ?? member.since)))")
        case .unseen: parts.append("cannot be seen from here")
        case .unknown: parts.append("not asked yet")
        }
        if member.role?.value == .standby, member.condition == .answers {
            parts.append(member.lagBytes.map { "lag \(Quantities.bytes(Double($0.value)))" } ?? "lag unknown")
            if let seconds = member.lagSeconds { parts.append("\(Quantities.short(seconds.value)) s") }
        }
        if !member.site.isEmpty { parts.append("site \(member.site)") }
        return parts.joined(separator: "   ")
    }

    // MARK: Guards and steps

    private func guards(_ plan: Plan, _ canvas: inout Canvas, _ pen: inout Pen, lines: Int) {
        guard let rule = pen.next() else { return }
        let refused = plan.refusals.count
        let lifted = plan.guards.filter { $0.verdict == .overridable }.count
        let fact =
            refused > 0
            ? "REFUSED by \(refused)"
            : lifted > 0 ? "\(lifted) to be lifted by a typed word" : "all \(plan.guards.count) pass"
        Section.rule(&canvas, "guards", fact, refused > 0 ? .critical : lifted > 0 ? .warning : .dim, rule)
        let passed = plan.guards.filter { $0.verdict == .passed }
        // When lines are short, those that pass are told by name only.
        let short = plan.guards.count > max(3, lines - 1)
        for one in plan.guards where !(short && one.verdict == .passed) {
            guard let line = pen.next() else { return }
            let (glyph, role): (String, Role) =
                switch one.verdict {
                case .passed: ("✓", .ok)
                case .overridable: ("▲", .warning)
                case .hard: ("✗", .critical)
                }
            canvas.put(glyph, x: line.x + 1, y: line.y, Style(role, bold: true))
            canvas.fit(one.name, x: line.x + 3, y: line.y, width: 24, Style(one.verdict == .passed ? .text : role))
            canvas.fit(one.rule, x: line.x + 28, y: line.y, width: 4, Style(.dim))
            let words = one.reason + (one.word.map { ": type \($0) too" } ?? "")
            canvas.fit(
                words, x: line.x + 33, y: line.y, width: line.endX - 1 - line.x - 33,
                Style(one.verdict == .passed ? .dim : .text))
        }
        guard short, !passed.isEmpty else { return }
        for text in AlertDetailView.wrap("✓ " + passed.map(\.name).joined(separator: ", "), pen.rect.width - 2, most: 2)
        {
            guard let line = pen.next() else { return }
            canvas.fit(text, x: line.x + 1, y: line.y, width: line.width - 2, Style(.dim))
        }
    }

    private func steps(_ plan: Plan, _ canvas: inout Canvas, _ pen: inout Pen) {
        guard let rule = pen.next() else { return }
        let fact =
            plan.pointOfNoReturn.map { "forward only from step \($0)" } ?? "every step can be taken back or repeated"
        Section.rule(&canvas, "what will be done", fact, .warning, rule)
        if let line = pen.next() {
            canvas.put("risk", x: line.x + 1, y: line.y, Style(.dim))
            canvas.fit(plan.losses, x: line.x + 9, y: line.y, width: line.width - 10, Style(.warning))
        }
        for (number, step) in plan.steps.enumerated() {
            guard let line = pen.next() else { return }
            canvas.putRight("\(number + 1)", endX: line.x + 3, y: line.y, Style(.key, bold: true))
            var x = canvas.fit(step.words, x: line.x + 5, y: line.y, width: max(20, line.width / 2), Style(.text)) + 2
            let safe = plan.pointOfNoReturn == number + 1 ? "  ← last safe stop before" : ""
            let most = " at most \(step.deadline / 1000) s\(safe)"
            let end = line.endX - 1 - DisplayWidth.of(most)
            if let call = step.call, x < end {
                x = canvas.fit(call.words, x: x, y: line.y, width: end - x, Style(.key))
            }
            canvas.putRight(most, endX: line.endX - 1, y: line.y, Style(safe.isEmpty ? .dim : .warning))
        }
    }

    private func byHand(_ plan: Plan, _ canvas: inout Canvas, _ pen: inout Pen) {
        for (number, command) in plan.byHand.enumerated() {
            guard let line = pen.next() else { return }
            if number == 0 { canvas.put("by hand", x: line.x + 1, y: line.y, Style(.dim)) }
            canvas.fit(command, x: line.x + 9, y: line.y, width: line.width - 10, Style(.dim))
        }
    }

    // MARK: What to type

    private func confirmation(_ plan: Plan, _ canvas: inout Canvas, _ room: Rect) {
        let y = room.endY - 1
        guard room.height > 3 else { return }
        Section.rule(
            &canvas, app.head.map { "\($0.environment.isEmpty ? "" : $0.environment + "/")\($0.host)" } ?? "", "", .dim,
            Rect(x: room.x, y: y - 1, width: room.width, height: 1))
        if let dead = plan.dead {
            canvas.fit(
                "this plan is dead: \(dead) · F makes a new one", x: 1, y: y, width: room.width - 2,
                Style(.critical, bold: true))
            return
        }
        if let hard = plan.refusals.first {
            canvas.fit(
                "refused: \(hard.reason) · y copies the commands", x: 1, y: y, width: room.width - 2,
                Style(.critical, bold: true))
            return
        }
        let words = plan.confirmation
        let typed = app.planTyped.count
        var x = 1
        for (number, word) in words.enumerated() {
            x = canvas.put(number == 0 ? "type " : " then ", x: x, y: y, Style(.dim))
            let role: Role = number < typed ? .ok : number == typed ? .title : .dim
            x = canvas.fit(
                number < typed ? "\(word) ✓" : word, x: x, y: y, width: max(0, room.endX - x - 4),
                Style(role, bold: number == typed))
        }
        x = canvas.put(": ", x: x, y: y, Style(.dim))
        x = canvas.fit(
            String(app.planField.suffix(40)), x: x, y: y, width: max(0, room.endX - x - 2), Style(.text, bold: true))
        canvas.put("▏", x: x, y: y, Style(.key))
    }
}
