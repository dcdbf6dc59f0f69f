/// A curve over several lines with its threshold, the band it was expected in, and marks where it left that.
public struct Graph: Sendable {
    public var points: [Double?]
    public var threshold: Double?
    /// The ends of the band at each point; empty without one.
    public var low: [Double?]
    public var high: [Double?]
    /// The ends of the scale; nil lets the values choose.
    public var bounds: ClosedRange<Double>?
    /// Words for a value at the scale.
    public var label: @Sendable (Double) -> String

    public init(
        _ points: [Double?], threshold: Double? = nil, low: [Double?] = [], high: [Double?] = [],
        bounds: ClosedRange<Double>? = nil, label: @escaping @Sendable (Double) -> String
    ) {
        self.points = points
        self.threshold = threshold
        self.low = low
        self.high = high
        self.bounds = bounds
        self.label = label
    }

    /// Draws into a rectangle: the scale at the left, the curve beside it.
    public func draw(_ canvas: inout Canvas, in rect: Rect) {
        let known = points.compactMap { $0 }.filter(\.isFinite)
        guard rect.height > 0, rect.width > 16, let least = known.min(), let most = known.max() else {
            canvas.fit("no values yet", x: rect.x, y: rect.y, width: rect.width, Style(.dim))
            return
        }
        var low = bounds?.lowerBound ?? min(least, threshold ?? least)
        var high = bounds?.upperBound ?? max(most, threshold ?? most)
        if low >= 0, low < high / 2 { low = 0 }
        if high <= low { high = low + max(1, low.magnitude / 10) }
        let scale = 9
        canvas.putRight(label(high), endX: rect.x + scale, y: rect.y, Style(.dim))
        canvas.putRight(label(low), endX: rect.x + scale, y: rect.endY - 1, Style(.dim))
        let plot = Rect(x: rect.x + scale + 1, y: rect.y, width: rect.width - scale - 1, height: rect.height)
        band(&canvas, plot, low, high)
        line(&canvas, plot, low, high)
        switch canvas.glyphs {
        case .braille: braille(&canvas, plot, low, high)
        case .block, .ascii: blocks(&canvas, plot, low, high)
        }
        // Last, so that no curve runs through the number.
        if let threshold {
            let y = plot.y + row(threshold, plot.height, low, high)
            canvas.putRight(" \(label(threshold)) ", endX: plot.endX, y: y, Style(.warning))
        }
    }

    private func row(_ value: Double, _ rows: Int, _ low: Double, _ high: Double) -> Int {
        let share = max(0, min(1, (value - low) / (high - low)))
        return rows - 1 - Int((share * Double(rows - 1)).rounded())
    }

    /// The band of each column of cells, as rows of the plot.
    private func bands(_ plot: Rect, _ low: Double, _ high: Double) -> [ClosedRange<Int>?] {
        guard self.low.count == points.count, self.high.count == points.count, !points.isEmpty else { return [] }
        let lows = Sparkline.columns(self.low, width: plot.width, span: points.count)
        let highs = Sparkline.columns(self.high, width: plot.width, span: points.count)
        // Between two points of a coarse curve the band goes on.
        var held: (from: Double, to: Double)?
        let reach = width(of: plot)
        var age = 0
        return zip(lows, highs).map { from, to in
            if let from, let to {
                (held, age) = ((from, to), 0)
            } else {
                age += 1
                if age > reach { held = nil }
            }
            guard let held, held.from <= held.to, held.to > low, held.from < high else { return nil }
            return row(held.to, plot.height, low, high)...row(held.from, plot.height, low, high)
        }
    }

    /// Columns from one point to the next.
    private func width(of plot: Rect) -> Int { (plot.width + points.count - 1) / max(1, points.count) }

    private func band(_ canvas: inout Canvas, _ plot: Rect, _ low: Double, _ high: Double) {
        for (x, rows) in bands(plot, low, high).enumerated() {
            guard let rows else { continue }
            for y in rows { canvas.put("░", x: plot.x + x, y: plot.y + y, Style(.band)) }
        }
    }

    /// Columns of cells in which the curve left its band.
    private func outside(_ width: Int) -> Set<Int> {
        guard low.count == points.count, high.count == points.count, !points.isEmpty else { return [] }
        var out: Set<Int> = []
        for (number, value) in points.enumerated() {
            guard let value, let from = low[number], let to = high[number], value < from || value > to else { continue }
            out.insert(min(width - 1, number * width / points.count))
        }
        return out
    }

    private func line(_ canvas: inout Canvas, _ plot: Rect, _ low: Double, _ high: Double) {
        guard let threshold else { return }
        let y = plot.y + row(threshold, plot.height, low, high)
        canvas.put(String(repeating: "┄", count: plot.width), x: plot.x, y: y, Style(.warning))
    }

    /// Two by four dots to a cell. Bits of a braille cell by column and row, as Unicode numbers them.
    private static let dots: [[UInt32]] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]]

    private func braille(_ canvas: inout Canvas, _ plot: Rect, _ low: Double, _ high: Double) {
        let columns = Sparkline.columns(points, width: plot.width * 2, span: max(points.count, 1))
        var cells = [UInt32](repeating: 0, count: plot.width * plot.height)
        let rows = plot.height * 4
        var previous: Int?
        // Columns without a point of their own between two points of a coarse curve; a longer hole is a hole.
        var bridge = 0
        let most = (columns.count + points.count - 1) / max(points.count, 1)
        for (column, value) in columns.enumerated() {
            var at = previous
            if let value, value.isFinite {
                at = row(value, rows, low, high)
                bridge = 0
            } else {
                bridge += 1
                if bridge > most { at = nil }
            }
            defer { previous = at }
            guard let at else { continue }
            for dot in min(at, previous ?? at)...max(at, previous ?? at) {
                cells[dot / 4 * plot.width + column / 2] |= Self.dots[column % 2][dot % 4]
            }
        }
        let marks = outside(plot.width)
        for y in 0..<plot.height {
            for x in 0..<plot.width where cells[y * plot.width + x] != 0 {
                let scalar = Unicode.Scalar(0x2800 + cells[y * plot.width + x]) ?? "?"
                let role: Role = marks.contains(x) ? .anomaly : .graph
                canvas.put(String(scalar), x: plot.x + x, y: plot.y + y, Style(role, bold: role == .anomaly))
            }
        }
    }

    private func blocks(_ canvas: inout Canvas, _ plot: Rect, _ low: Double, _ high: Double) {
        let columns = Sparkline.columns(points, width: plot.width, span: max(points.count, 1))
        let marks = outside(plot.width)
        for (column, value) in columns.enumerated() {
            guard let value, value.isFinite else { continue }
            let y = plot.y + row(value, plot.height, low, high)
            // Told by its form too, where there is no colour.
            let isMark = marks.contains(column)
            canvas.put(isMark ? "▲" : "■", x: plot.x + column, y: y, Style(isMark ? .anomaly : .graph, bold: isMark))
        }
    }
}
