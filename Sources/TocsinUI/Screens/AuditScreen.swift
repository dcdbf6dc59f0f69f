import TerminalKit
import TocsinModel

/// Who did what, newest first.
struct AuditScreen {
    let app: App
    let page: AuditPage

    func draw(on canvas: inout Canvas, in room: Rect) {
        let broken = page.chain.contains("BROKEN")
        Section.rule(
            &canvas, page.total == 1 ? "1 entry" : "\(page.total) entries", page.chain, broken ? .critical : .dim,
            Rect(x: room.x, y: room.y, width: room.width, height: 1))
        canvas.put(
            "    NO  WHEN                WHO         WHAT              ABOUT", x: room.x, y: room.y + 1, Style(.dim),
            width: room.width)
        let zone = app.settings.zone
        let clock = Clock(zone: zone, offset: 0)
        for (number, entry) in page.entries.prefix(max(0, room.height - 2)).enumerated() {
            let y = room.y + 2 + number
            let mine = entry.by.uid != Operator.engine.uid
            canvas.putRight("\(entry.sequence)", endX: room.x + 6, y: y, Style(.dim))
            canvas.put(clock.dateTime(entry.at), x: room.x + 8, y: y, Style(.dim))
            canvas.fit(
                mine ? "\(entry.by.name)/\(entry.by.uid)" : entry.by.name, x: room.x + 28, y: y, width: 11,
                Style(mine ? .key : .dim))
            canvas.fit(entry.action, x: room.x + 40, y: y, width: 17)
            let x = canvas.fit(entry.target, x: room.x + 58, y: y, width: room.endX - 1 - room.x - 58)
            canvas.fit("  \(entry.detail)", x: x, y: y, width: room.endX - 1 - x, Style(.dim))
        }
        if page.entries.isEmpty { canvas.fit(page.chain, x: 3, y: room.y + 2, width: room.width - 4, Style(.dim)) }
    }
}
