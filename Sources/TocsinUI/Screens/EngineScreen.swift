import TerminalKit
import TocsinModel

/// The engine's own condition: what it costs, what waits, what ails it.
struct EngineScreen {
    let app: App
    let page: HealthPage

    func draw(on canvas: inout Canvas, in room: Rect) {
        let up = Words.duration((app.head?.now ?? page.startedAt) - page.startedAt)
        let sections = page.sections.enumerated().map { number, section in
            Section(
                title: section.title, fact: number == 0 ? "tocsin \(page.version), pid \(page.pid), up \(up)" : "",
                lines: section.items.map(line), least: section.items.count)
        }
        let offset = min(app.offsets[.engine] ?? 0, max(0, sections.count - 1))
        Section.stack(Array(sections.dropFirst(offset)), &canvas, in: room)
    }

    private func line(_ item: HealthPage.Item) -> Section.Line {
        { canvas, rect in
            let role = item.severity?.role ?? .text
            canvas.put(
                item.severity?.glyph ?? "·", x: rect.x + 1, y: rect.y, Style(item.severity?.role ?? .dim, bold: true))
            canvas.fit(item.name, x: rect.x + 3, y: rect.y, width: 27, Style(.dim))
            let x = canvas.fit(item.value, x: rect.x + 31, y: rect.y, width: rect.width - 32, Style(role))
            if !item.remark.isEmpty {
                canvas.fit("   \(item.remark)", x: x, y: rect.y, width: rect.endX - 1 - x, Style(.dim))
            }
        }
    }
}
