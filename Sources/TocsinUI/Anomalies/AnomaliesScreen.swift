import TerminalKit
import TocsinModel

/// What the detectors watch: one series in a line, those out of their band first, and the chosen one in words below.
struct AnomaliesScreen {
    let app: App
    let page: AnomaliesPage

    /// Lines for the chosen series.
    private static let detailHeight = 5

    func draw(on canvas: inout Canvas, in room: Rect) {
        let active = page.rows.count(where: \.isActive)
        let learning = page.rows.count { $0.learning < 1 }
        var fact = active == 0 ? "all within their bands" : "\(active) out of their bands"
        if learning > 0 { fact += " · \(learning) learning" }
        if page.total > page.rows.count { fact += " · \(page.rows.count) of \(page.total) shown" }
        Section.rule(
            &canvas, page.total == 1 ? "1 series" : "\(page.total) series under detectors", fact,
            active > 0 ? .anomaly : .dim, Rect(x: room.x, y: room.y, width: room.width, height: 1))
        guard !page.rows.isEmpty else {
            canvas.fit(
                "nothing is watched yet: the first points come within a minute", x: room.x + 3, y: room.y + 1,
                width: room.width - 4, Style(.dim))
            return
        }
        let hasDetail = room.height >= Self.detailHeight + 6
        // The names of the columns give way to the rows.
        let above = room.height > 4 ? 2 : 1
        let visible = max(0, room.height - above - (hasDetail ? Self.detailHeight : 0))
        if above > 1 {
            canvas.fit(AnomalyLine.heading(room.width), x: room.x, y: room.y + 1, width: room.width, Style(.dim))
        }
        let chosen = app.anomalyCursor(page) ?? 0
        let offset = max(0, min(chosen - visible / 2, page.rows.count - visible))
        for (number, row) in page.rows.dropFirst(offset).prefix(visible).enumerated() {
            let line = Rect(x: room.x, y: room.y + above + number, width: room.width, height: 1)
            AnomalyLine(row: row, now: app.head?.now ?? 0)
                .draw(&canvas, line, selected: offset + number == chosen)
        }
        guard hasDetail, page.rows.indices.contains(chosen) else { return }
        detail(
            page.rows[chosen], &canvas,
            Rect(
                x: room.x, y: room.endY - Self.detailHeight, width: room.width, height: Self.detailHeight))
    }

    private func detail(_ row: AnomaliesPage.Row, _ canvas: inout Canvas, _ rect: Rect) {
        Section.rule(
            &canvas, "\(row.name)", "a point every \(Words.duration(row.step))", .dim,
            Rect(x: rect.x, y: rect.y, width: rect.width, height: 1))
        var lines: [(String, Role)] = []
        if row.learning < 1 {
            let left = Milliseconds((1 - row.learning) * 750) * row.step
            lines.append(("learning: it says nothing for another \(Words.duration(left))", .dim))
        } else if row.isHeld {
            lines.append(("judged, and not learned: an alert it is linked to fires", .dim))
        }
        if let mark = row.mark {
            let ago = Words.duration(max(0, (app.head?.now ?? mark.at) - mark.at))
            lines.append(("\(ago) ago, \(mark.channel) \(Quantities.score(mark.score)): \(mark.sentence)", .text))
        } else if row.learning >= 1 {
            lines.append(("no alarm since the engine began", .dim))
        }
        let bars = row.channels.map {
            "\($0.name) \(Quantities.score($0.score)) of \(Quantities.score($0.threshold))"
        }
        lines.append(("scores and the bar they have to pass: " + bars.joined(separator: ", "), .dim))
        lines.append(("N this is normal now · X that was a false alarm: the bar goes up", .dim))
        for (number, line) in lines.prefix(rect.height - 1).enumerated() {
            canvas.fit(line.0, x: rect.x + 3, y: rect.y + 1 + number, width: rect.width - 4, Style(line.1))
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
