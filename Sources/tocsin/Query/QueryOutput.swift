import FoundationEssentials
import PromQL
import TerminalKit
import TocsinAPI
import TocsinModel

/// An answer as Prometheus' HTTP API gives it.
enum QueryJSON {
    static func text(_ answer: QueryAnswer) -> String {
        let result: QueryResult =
            switch answer {
            case .instant(.scalar(let value), let time): .scalar(value, at: time)
            case .instant(.string(let text), let time): .string(text, at: time)
            case .instant(.vector(let samples), _): .vector(samples)
            case .instant(.matrix(let series), _), .range(let series, _, _, _): .matrix(series)
            }
        return String(decoding: PrometheusJSON.answer(result), as: UTF8.self)
    }

    static func error(_ words: String) -> String {
        String(decoding: PrometheusJSON.failure(QueryFault(.execution, words)), as: UTF8.self)
    }
}

/// An answer in lines for people.
enum QueryTable {
    static func text(_ answer: QueryAnswer) -> String {
        switch answer {
        case .instant(.scalar(let value), _): return GoNumber.format(value) + "\n"
        case .instant(.string(let text), _): return Scrub.text(text) + "\n"
        case .instant(.vector(let samples), _):
            return columns(samples.map { (Scrub.text("\($0.labels)"), GoNumber.format($0.value)) })
        case .instant(.matrix(let series), _), .range(let series, _, _, _):
            return series.isEmpty ? nothing : series.map(block).joined(separator: "\n")
        }
    }

    static let nothing = "no series\n"

    private static func columns(_ rows: [(String, String)]) -> String {
        if rows.isEmpty { return nothing }
        let width = min(100, rows.map { DisplayWidth.of($0.0) }.max() ?? 0)
        return rows.map { name, value in
            name + String(repeating: " ", count: max(0, width - DisplayWidth.of(name))) + "  " + value + "\n"
        }.joined()
    }

    private static func block(_ series: SampleSeries) -> String {
        let rows = zip(series.timestamps, series.values).map { time, value in
            "  \(QueryTable.time(time))  \(GoNumber.format(value))\n"
        }
        return Scrub.text("\(series.labels)") + "\n" + rows.joined()
    }

    /// In UTC, as RFC 3339 has it.
    static func time(_ time: Milliseconds) -> String {
        // Beyond what four digits of a year can say, and before the calendar in use began, seconds say it.
        guard (-12_219_292_800_000...253_402_300_799_999).contains(time) else { return "\(time / 1000) s" }
        let rest = time % 1000 < 0 ? time % 1000 + 1000 : time % 1000
        let whole = Date(timeIntervalSince1970: Double((time - rest) / 1000)).formatted(.iso8601)
        if rest == 0 { return whole }
        return whole.dropLast() + "." + String(repeating: "0", count: 3 - "\(rest)".count) + "\(rest)Z"
    }
}

/// A range as curves.
enum QueryChart {
    private static let mostCurves = 20

    static func text(_ answer: QueryAnswer) -> String {
        switch answer {
        case .instant(.matrix(let series), let time):
            let first = series.compactMap(\.timestamps.first).min() ?? time
            return chart(series, first, time, max(1, (time - first) / 240))
        case .range(let series, let start, let end, let step): return chart(series, start, end, step)
        case .instant: return QueryTable.text(answer)
        }
    }

    private static func chart(
        _ series: [SampleSeries], _ start: Milliseconds, _ end: Milliseconds, _ step: Milliseconds
    ) -> String {
        if series.isEmpty { return QueryTable.nothing }
        var out = ""
        let values = series.flatMap(\.values).filter(\.isFinite)
        // One scale for all, so that they can be compared.
        let bounds = values.min().flatMap { low in values.max().map { low...$0 } }
        for one in series.prefix(mostCurves) {
            var points = [Double?](repeating: nil, count: max(1, Int((end - start) / max(step, 1)) + 1))
            for (time, value) in zip(one.timestamps, one.values) where value.isFinite && time >= start {
                points[min(points.count - 1, Int((time - start) / max(step, 1)))] = value
            }
            var canvas = Canvas(width: 80, height: 8)
            Graph(points, bounds: bounds) { GoNumber.format(($0 * 1000).rounded() / 1000) }
                .draw(&canvas, in: Rect(x: 0, y: 0, width: 80, height: 8))
            out += Scrub.text("\(one.labels)") + "\n" + lines(canvas)
        }
        out += "          \(QueryTable.time(start)) to \(QueryTable.time(end))\n"
        if series.count > mostCurves { out += "and \(series.count - mostCurves) more series\n" }
        return out
    }

    private static func lines(_ canvas: Canvas) -> String {
        canvas.text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { line in String(line.reversed().drop { $0 == " " }.reversed()) + "\n" }.joined()
    }
}
