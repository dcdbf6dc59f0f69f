import TerminalKit
import TocsinModel

/// A value with its bar, its course and its age in one line: the form of every gauge on the overview.
extension HostSections {
    /// Columns of a line: label, value, bar, sparkline, note.
    struct Columns {
        let bar: Int
        let barWidth: Int
        let trend: Int
        let trendWidth: Int
        let note: Int

        init(_ rect: Rect) {
            bar = rect.x + 17
            barWidth = max(8, min(40, rect.width * 22 / 80))
            trend = bar + barWidth + 2
            let noteWidth = 16
            trendWidth = max(0, rect.endX - 2 - noteWidth - trend)
            note = rect.endX - 1
        }
    }

    func gauge(
        _ label: String, _ reading: Reading, _ trend: Trend, note: String, ceiling: Double = 100
    ) -> Section.Line {
        { canvas, rect in
            let columns = Columns(rect)
            let (value, age) = aged(reading)
            canvas.fit(label, x: rect.x + 1, y: rect.y, width: 8, Style(.dim))
            canvas.putRight(Quantities.percent(value), endX: rect.x + 15, y: rect.y, valueStyle(value, reading))
            func share(_ value: Double?) -> Double? { value.map { $0 / ceiling } }
            let expected = reading.expected.map { max(0, $0.lowerBound / ceiling)...max(0, $0.upperBound / ceiling) }
            Bar(share(value), warns: share(reading.warns), critical: share(reading.critical), expected: expected)
                .draw(&canvas, x: columns.bar, y: rect.y, width: columns.barWidth)
            Sparkline(trend.points, ceiling: ceiling, marks: trend.left)
                .draw(&canvas, x: columns.trend, y: rect.y, width: columns.trendWidth, span: Self.span)
            canvas.putRight(age ?? note, endX: columns.note, y: rect.y, Style(.dim))
        }
    }

    /// A fresh value shows no age; after two periods the age stands beside it; after five the value is unknown.
    func aged(_ reading: Reading) -> (Double?, String?) {
        guard let at = reading.at else { return (reading.value, nil) }
        let age = now - at
        // Some collectors run every fifth period; they are not late before twice that.
        if age > 5 * period + 6_000 { return (nil, "since \(Words.duration(age))") }
        if age > 2 * period + 6_000 { return (reading.value, "\(Words.duration(age)) old") }
        return (reading.value, nil)
    }

    /// Bold for a value out of its band, and nothing else.
    func valueStyle(_ value: Double?, _ reading: Reading) -> Style {
        guard let value else { return Style(.unknown) }
        if let critical = reading.critical, value >= critical { return Style(.critical, bold: true) }
        if let warns = reading.warns, value >= warns { return Style(.warning, bold: true) }
        if let expected = reading.expected, !expected.contains(value) { return Style(.anomaly, bold: true) }
        return Style()
    }

    static func pressure(_ value: Double?) -> String { value.map { " · psi \(Quantities.short($0))" } ?? "" }
}
