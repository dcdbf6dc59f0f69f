import TerminalKit
import TocsinModel

/// What the detectors watch: one series in a line, those out of their band first, and the chosen one beside or below.
struct AnomaliesScreen {
    let app: App
    let page: AnomaliesPage

    func draw(on canvas: inout Canvas, in room: Rect) {
        guard let chosen = app.anomalyCursor(page) else {
            heading(&canvas, room)
            canvas.fit(
                app.at == nil
                    ? "nothing is watched yet: the first points come within a minute" : "nothing was watched then",
                x: room.x + 3, y: room.y + 1, width: room.width - 4, Style(.dim))
            return
        }
        let view = AnomalyDetailView(app: app, row: page.rows[chosen], detail: page.detail)
        if room.width >= 170, room.height >= 12 {
            let left = room.width / 2
            list(&canvas, Rect(x: room.x, y: room.y, width: left, height: room.height), chosen)
            view.draw(
                on: &canvas,
                in: Rect(x: room.x + left + 1, y: room.y, width: room.width - left - 1, height: room.height))
            return
        }
        // With few lines the list comes first, then the words, then the curve.
        let height = room.height < 11 ? 0 : min(24, room.height - min(page.rows.count + 2, max(6, room.height / 2)))
        list(&canvas, Rect(x: room.x, y: room.y, width: room.width, height: room.height - height), chosen)
        view.draw(
            on: &canvas, in: Rect(x: room.x, y: room.endY - height, width: room.width, height: height))
    }

    private func heading(_ canvas: inout Canvas, _ room: Rect) {
        let active = page.rows.count(where: \.isActive)
        let learning = page.rows.count { $0.learning < 1 }
        let judged = page.rows.count - learning
        // What still learns has no band to be within.
        var facts: [String] = []
        if active > 0 { facts.append("\(active) out of their bands") }
        if active == 0, judged > 0 {
            facts.append(learning > 0 ? "\(judged) within their bands" : "all within their bands")
        }
        if learning > 0 { facts.append("\(learning) learning") }
        var fact = facts.joined(separator: " · ")
        if page.total > page.rows.count { fact += " · \(page.rows.count) of \(page.total) shown" }
        Section.rule(
            &canvas, page.total == 1 ? "1 series" : "\(page.total) series under detectors", fact,
            active > 0 ? .anomaly : .dim, Rect(x: room.x, y: room.y, width: room.width, height: 1))
    }

    private func list(_ canvas: inout Canvas, _ room: Rect, _ chosen: Int) {
        heading(&canvas, room)
        // The names of the columns give way to the rows.
        let above = room.height > 4 ? 2 : 1
        let visible = max(0, room.height - above)
        if above > 1 {
            canvas.fit(AnomalyLine.heading(room.width), x: room.x, y: room.y + 1, width: room.width, Style(.dim))
        }
        let offset = max(0, min(chosen - visible / 2, page.rows.count - visible))
        for (number, row) in page.rows.dropFirst(offset).prefix(visible).enumerated() {
            let line = Rect(x: room.x, y: room.y + above + number, width: room.width, height: 1)
            AnomalyLine(row: row, now: app.head?.now ?? 0)
                .draw(&canvas, line, selected: offset + number == chosen)
        }
    }
}

/// One series in one line.
struct AnomalyLine {
    let row: AnomaliesPage.Row
    let now: Milliseconds

    private static func nameWidth(_ width: Int) -> Int { max(18, min(52, width - 58)) }

    static func heading(_ width: Int) -> String {
        "   SERIES" + String(repeating: " ", count: max(1, nameWidth(width) - 6))
            + "     NOW   EXPECTED            NOVELTY  SPIKE  LAST"
    }

    func draw(_ canvas: inout Canvas, _ rect: Rect, selected: Bool) {
        let (x, y) = (rect.x, rect.y)
        canvas.put(selected ? ">" : " ", x: x, y: y, Style(.key, bold: true))
        let sign = row.isActive ? "▲" : row.learning < 1 ? "◔" : "·"
        canvas.put(sign, x: x + 1, y: y, Style(row.isActive ? .anomaly : .dim, bold: row.isActive))
        let width = Self.nameWidth(rect.width)
        let end = canvas.fit(row.name.detector, x: x + 3, y: y, width: width - 1, Style(.text, bold: row.isActive))
        let labels = row.name.labels.pairs.map { $0.value }.joined(separator: " ")
        canvas.fit(" \(labels)", x: end, y: y, width: max(0, x + 3 + width - 1 - end), Style(.dim))
        var at = x + 3 + width
        canvas.putRight(Quantities.plain(row.value), endX: at + 8, y: y, Style(row.isActive ? .anomaly : .text))
        at += 11
        let band = row.low.flatMap { low in
            row.high.map { "\(Quantities.plain(low)) – \(Quantities.plain($0))" }
        }
        canvas.fit(band ?? "\(Int(row.learning * 100)) % learned", x: at, y: y, width: 19, Style(.dim))
        at += 20
        for (name, place) in [("novelty", 0), ("spike", 8)] {
            guard let channel = row.channels.first(where: { $0.name == name }) else { continue }
            let words = row.learning < 1 ? "–" : Quantities.score(channel.score)
            canvas.putRight(words, endX: at + place + 6, y: y, Style(channel.isActive ? .anomaly : .dim))
        }
        if let mark = row.mark {
            canvas.fit(
                Quantities.age(now - mark.at), x: at + 16, y: y, width: max(0, rect.endX - 1 - at - 16), Style(.dim))
        }
        if selected { canvas.paint(y: y, from: rect.x, to: rect.endX, .selected) }
    }
}
