import TerminalKit
import TocsinModel

/// One series in one line.
struct AnomalyLine {
    let row: AnomaliesPage.Row
    let now: Milliseconds
    /// The labels by which the series of its detector differ, which come first where there is no room for all.
    let telling: Set<String>

    private static func nameWidth(_ width: Int) -> Int { max(18, min(52, width - 58)) }

    static func heading(_ width: Int) -> String {
        "   SERIES" + String(repeating: " ", count: max(1, nameWidth(width) - 6))
            + "     NOW   EXPECTED            NOVELTY  SPIKE  LAST"
    }

    private var expectation: String {
        if let since = row.silentSince { return "silent for \(Words.duration(now - since))" }
        guard let low = row.low, let high = row.high else { return "\(Int(row.learning * 100)) % learned" }
        return "\(Quantities.plain(low)) – \(Quantities.plain(high))"
    }

    func draw(_ canvas: inout Canvas, _ rect: Rect, selected: Bool) {
        let (x, y) = (rect.x, rect.y)
        canvas.put(selected ? ">" : " ", x: x, y: y, Style(.key, bold: true))
        let (sign, role): (String, Role) =
            row.isActive
            ? ("▲", .anomaly) : row.silentSince != nil ? ("?", .unknown) : (row.learning < 1 ? "◔" : "·", .dim)
        canvas.put(sign, x: x + 1, y: y, Style(role, bold: row.isActive))
        let width = Self.nameWidth(rect.width)
        let end = canvas.fit(row.name.detector, x: x + 3, y: y, width: width - 1, Style(.text, bold: row.isActive))
        let pairs = row.name.labels.pairs
        let labels = (pairs.filter { telling.contains($0.name) } + pairs.filter { !telling.contains($0.name) })
            .map(\.value).joined(separator: " ")
        canvas.fit(" \(labels)", x: end, y: y, width: max(0, x + 3 + width - 1 - end), Style(.dim))
        var at = x + 3 + width
        let value = row.silentSince == nil ? Quantities.plain(row.value) : "–"
        canvas.putRight(value, endX: at + 8, y: y, Style(row.isActive ? .anomaly : .text))
        at += 11
        canvas.fit(expectation, x: at, y: y, width: 19, Style(row.silentSince == nil ? .dim : .unknown))
        at += 20
        for (name, place) in [("novelty", 0), ("spike", 8)] {
            guard let channel = row.channels.first(where: { $0.name == name }) else { continue }
            let words = row.learning < 1 || row.silentSince != nil ? "–" : Quantities.score(channel.score)
            canvas.putRight(words, endX: at + place + 6, y: y, Style(channel.isActive ? .anomaly : .dim))
        }
        if let mark = row.mark {
            canvas.fit(
                Quantities.age(now - mark.at), x: at + 16, y: y, width: max(0, rect.endX - 1 - at - 16), Style(.dim))
        }
        if selected { canvas.paint(y: y, from: rect.x, to: rect.endX, .selected) }
    }
}
