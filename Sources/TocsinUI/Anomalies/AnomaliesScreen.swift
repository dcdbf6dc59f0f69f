import TerminalKit
import TocsinModel

/// What the detectors watch: one series in a line, those out of their band first, and the chosen one beside or below.
struct AnomaliesScreen {
    let app: App
    let page: AnomaliesPage

    func draw(on canvas: inout Canvas, in room: Rect) {
        guard let chosen = app.anomalyCursor(page) else {
            heading(&canvas, room)
            faults(&canvas, Rect(x: room.x, y: room.y + 2, width: room.width, height: max(0, room.height - 2)))
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
        let height =
            room.height < 11
            ? 0 : min(24, room.height - min(page.rows.count + page.faults.count + 2, max(6, room.height / 2)))
        list(&canvas, Rect(x: room.x, y: room.y, width: room.width, height: room.height - height), chosen)
        view.draw(
            on: &canvas, in: Rect(x: room.x, y: room.endY - height, width: room.width, height: height))
    }

    private func heading(_ canvas: inout Canvas, _ room: Rect) {
        let active = page.rows.count(where: \.isActive)
        let silent = page.rows.count { $0.silentSince != nil }
        let learning = page.rows.count { $0.silentSince == nil && $0.learning < 1 }
        // What still learns or is silent has no band to be within.
        let judged = page.rows.count - learning - silent
        var facts: [String] = []
        if active > 0 { facts.append("\(active) out of their bands") }
        if active == 0, judged > 0 {
            facts.append(judged < page.rows.count ? "\(judged) within their bands" : "all within their bands")
        }
        if learning > 0 { facts.append("\(learning) learning") }
        if silent > 0 { facts.append("\(silent) silent") }
        var fact = facts.joined(separator: " · ")
        if page.total > page.rows.count { fact += " · \(page.rows.count) of \(page.total) shown" }
        Section.rule(
            &canvas, page.total == 1 ? "1 series" : "\(page.total) series under detectors", fact,
            active > 0 ? .anomaly : .dim, Rect(x: room.x, y: room.y, width: room.width, height: 1))
    }

    /// The detectors that watch nothing, above what is watched.
    ///
    /// - Returns: how many lines that took.
    @discardableResult
    private func faults(_ canvas: inout Canvas, _ rect: Rect) -> Int {
        let shown = page.faults.prefix(rect.height)
        for (number, fault) in shown.enumerated() {
            let y = rect.y + number
            canvas.put("?", x: rect.x + 1, y: y, Style(.unknown, bold: true))
            canvas.fit(
                "\(fault.detector): \(fault.words)", x: rect.x + 3, y: y, width: rect.width - 4, Style(.unknown))
        }
        return shown.count
    }

    private func list(_ canvas: inout Canvas, _ room: Rect, _ chosen: Int) {
        heading(&canvas, room)
        // The names of the columns give way to the rows.
        var above = room.height > 4 ? 2 : 1
        if above > 1 {
            canvas.fit(AnomalyLine.heading(room.width), x: room.x, y: room.y + 1, width: room.width, Style(.dim))
        }
        // Half of what is left belongs to the series.
        above += faults(
            &canvas,
            Rect(x: room.x, y: room.y + above, width: room.width, height: max(0, (room.height - above) / 2)))
        let visible = max(0, room.height - above)
        let telling = page.tellingLabels
        let offset = max(0, min(chosen - visible / 2, page.rows.count - visible))
        for (number, row) in page.rows.dropFirst(offset).prefix(visible).enumerated() {
            let line = Rect(x: room.x, y: room.y + above + number, width: room.width, height: 1)
            AnomalyLine(row: row, now: app.head?.now ?? 0, telling: telling[row.name.detector] ?? [])
                .draw(&canvas, line, selected: offset + number == chosen)
        }
    }
}
