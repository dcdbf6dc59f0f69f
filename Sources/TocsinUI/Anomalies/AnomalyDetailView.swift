import TerminalKit
import TocsinModel

/// One watched series: what was found in words, how far it has learned, and its course in the band it was expected in, with
/// the earlier stretch behind it that is most like the newest.
struct AnomalyDetailView {
    let app: App
    let row: AnomaliesPage.Row
    /// Of this series or, until the next page comes, of another.
    let detail: AnomaliesPage.Detail?

    private var now: Milliseconds { app.head?.now ?? 0 }
    private var clock: Clock { Clock(zone: app.settings.zone, offset: app.head?.clockOffset ?? 0) }
    private var shown: AnomaliesPage.Detail? { detail?.name == row.name ? detail : nil }

    func draw(on canvas: inout Canvas, in rect: Rect) {
        guard rect.height > 1 else { return }
        Section.rule(
            &canvas, "\(row.name)", "a point every \(Words.duration(row.step))", .dim,
            Rect(x: rect.x, y: rect.y, width: rect.width, height: 1))
        // Eight lines of curve before the second of the last alarms.
        let words = lines(marks: rect.height > 20 ? 4 : 1)
        for (number, line) in words.prefix(rect.height - 1).enumerated() {
            canvas.fit(line.text, x: rect.x + 3, y: rect.y + 1 + number, width: rect.width - 4, Style(line.role))
        }
        let top = rect.y + 1 + words.count
        guard let shown, rect.endY - top >= 4 else { return }
        graph(shown, &canvas, Rect(x: rect.x + 1, y: top, width: rect.width - 2, height: min(16, rect.endY - top - 1)))
    }

    private func lines(marks: Int) -> [(text: String, role: Role)] {
        var lines: [(text: String, role: Role)] = []
        if let since = row.silentSince {
            lines.append(
                (
                    "no value for \(Words.duration(now - since)): there is nothing to judge; the last was \(AlertDetailView.number(row.value))",
                    .unknown
                ))
        } else if row.learning < 1 {
            let left = Milliseconds((1 - row.learning) * 750) * row.step
            lines.append(
                ("learning \(Int(row.learning * 100)) %: it says nothing for another \(Words.duration(left))", .dim))
        } else if row.isHeld {
            lines.append(("judged, and not learned: an alert it is linked to fires", .dim))
        }
        for mark in row.marks.prefix(marks) {
            let ago = Words.duration(max(0, now - mark.at))
            lines.append(("\(ago) ago, \(mark.channel) \(Quantities.score(mark.score)): \(mark.sentence)", .text))
        }
        if row.marks.isEmpty, row.learning >= 1 { lines.append(("no alarm since the engine began", .dim)) }
        lines.append((bars, .dim))
        lines.append(("N this is normal now · X that was a false alarm: the bar goes up", .dim))
        return lines
    }

    /// The scores, and the bars they have to pass: each alarm raises one, the budget lowers it again.
    private var bars: String {
        let each = row.channels.map { channel in
            "\(channel.name) \(Quantities.score(channel.score)) of \(Quantities.score(channel.threshold))"
        }
        let raised = row.channels.contains { $0.threshold > 0.501 }
        let often = row.budget == 1 ? "one alarm a week" : "\(GoNumber.format(row.budget)) alarms a week"
        return each.joined(separator: ", ") + " · the budget allows \(often)"
            + (raised ? ", the bar comes down to 0.50" : "")
    }

    private func graph(_ detail: AnomaliesPage.Detail, _ canvas: inout Canvas, _ rect: Rect) {
        var graph = Graph(detail.history.points, low: detail.history.low, high: detail.history.high) {
            AlertDetailView.number($0)
        }
        graph.behind = detail.earlier
        graph.marks = detail.alarms
        graph.draw(&canvas, in: rect)
        let from = now - Milliseconds(detail.history.points.count) * detail.history.step
        var legend = "\(clock.time(from, seconds: false)) to now"
        if app.head?.past == true {
            legend = "\(clock.time(from, seconds: false)) to \(clock.time(now, seconds: false))"
        }
        legend += " · ░ expected"
        if detail.alarms.contains(true) { legend += " · ▲ alarm" }
        if let likeness = detail.likeness {
            let before = Words.duration(likeness.newest - likeness.earlier)
            legend +=
                " · behind, the most alike earlier course: \(clock.time(likeness.earlier, seconds: false)), \(before) before"
        }
        canvas.fit(legend, x: rect.x + 1, y: rect.endY, width: rect.width - 2, Style(.dim))
    }
}
