import FoundationEssentials
import PromQL
import TerminalKit
import TocsinModel

/// An answer as Prometheus' HTTP API gives it.
enum QueryJSON {
    static func text(_ answer: QueryAnswer) -> String {
        switch answer {
        case .instant(.scalar(let value), let time): envelope("scalar", point(time, value))
        case .instant(.string(let text), let time): envelope("string", "[\(seconds(time)),\(quoted(text))]")
        case .instant(.vector(let samples), _):
            envelope(
                "vector",
                list(samples.map { "{\"metric\":\(metric($0.labels)),\"value\":\(point($0.at, $0.value))}" }))
        case .instant(.matrix(let series), _), .range(let series, _, _, _):
            envelope(
                "matrix",
                list(
                    series.map { one in
                        let points = zip(one.timestamps, one.values).map { point($0, $1) }
                        return "{\"metric\":\(metric(one.labels)),\"values\":\(list(points))}"
                    }))
        }
    }

    static func error(_ words: String) -> String {
        "{\"status\":\"error\",\"errorType\":\"execution\",\"error\":\(quoted(words))}"
    }

    private static func envelope(_ type: String, _ result: String) -> String {
        "{\"status\":\"success\",\"data\":{\"resultType\":\"\(type)\",\"result\":\(result)}}"
    }

    private static func list(_ items: [String]) -> String { "[" + items.joined(separator: ",") + "]" }

    private static func metric(_ labels: Labels) -> String {
        "{" + labels.pairs.map { "\(quoted($0.name)):\(quoted($0.value))" }.joined(separator: ",") + "}"
    }

    private static func point(_ time: Milliseconds, _ value: Double) -> String {
        "[\(seconds(time)),\"\(GoNumber.plain(value))\"]"
    }

    private static func seconds(_ time: Milliseconds) -> String {
        time % 1000 == 0 ? "\(time / 1000)" : GoNumber.fixed(Double(time) / 1000, decimals: 3)
    }

    private static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            default:
                if scalar.value < 32 || scalar.value == 127 {
                    let hex = String(scalar.value, radix: 16)
                    out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
                } else {
                    out.unicodeScalars.append(scalar)
                }
            }
        }
        return out + "\""
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
