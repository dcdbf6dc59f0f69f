/// A curve over several lines with its threshold, the band it was expected in, and marks where it left that.
public struct Graph: Sendable {
    public var points: [Double?]
    public var threshold: Double?
    /// The ends of the band at each point; empty without one.
    public var low: [Double?]
    public var high: [Double?]
    /// Points at which the curve left its band; empty lets the points tell.
    public var left: [Bool] = []
    /// Another curve behind the first, at the same points; empty without one.
    public var behind: [Double?] = []
    /// Points that are marked below the curve; empty without any.
    public var marks: [Bool] = []
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
        let known = (points + behind).compactMap { $0 }.filter(\.isFinite)
        guard rect.height > 0, rect.width > 16, let least = known.min(), let most = known.max() else {
            canvas.fit("no values yet", x: rect.x, y: rect.y, width: rect.width, Style(.dim))
            return
        }
        var low = bounds?.lowerBound ?? min(least, threshold ?? least)
        var high = bounds?.upperBound ?? max(most, threshold ?? most)
        if low >= 0, low < high / 2 { low = 0 }
        if high <= low { high = low + max(1, low.magnitude / 10) }
        let scale = 9
        let isMarked = marks.contains(true) && rect.height > 3
        let plot = Rect(
            x: rect.x + scale + 1, y: rect.y, width: rect.width - scale - 1, height: rect.height - (isMarked ? 1 : 0))
        canvas.putRight(label(high), endX: rect.x + scale, y: rect.y, Style(.dim))
        canvas.putRight(label(low), endX: rect.x + scale, y: plot.endY - 1, Style(.dim))
        band(&canvas, plot, low, high)
        line(&canvas, plot, low, high)
        switch canvas.glyphs {
        case .braille:
            if !behind.isEmpty { braille(behind, &canvas, plot, low, high) { _ in Style(.dim) } }
            let outside = outside(plot.width)
            braille(points, &canvas, plot, low, high) { x in
                outside.contains(x) ? Style(.anomaly, bold: true) : Style(.graph)
            }
        case .block, .ascii: blocks(&canvas, plot, low, high)
        }
        if isMarked { markers(&canvas, plot) }
        // Last, so that no curve runs through the number.
        if let threshold {
            let y = plot.y + row(threshold, plot.height, low, high)
            canvas.putRight(" \(label(threshold)) ", endX: plot.endX, y: y, Style(.warning))
        }
    }

    private func markers(_ canvas: inout Canvas, _ plot: Rect) {
        for column in columns(of: marks, plot.width) {
            canvas.put("▲", x: plot.x + column, y: plot.endY, Style(.anomaly, bold: true))
        }
    }

    /// The columns of cells in which a point is that counts.
    private func columns(of wanted: [Bool], _ width: Int) -> Set<Int> {
        Set(wanted.enumerated().filter(\.element).map { min(width - 1, $0.offset * width / max(1, wanted.count)) })
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
        if !left.isEmpty { return columns(of: left, width) }
        guard low.count == points.count, high.count == points.count else { return [] }
        let left = points.indices.map { number in
            guard let value = points[number], let from = low[number], let to = high[number] else { return false }
            return value < from || value > to
        }
        return columns(of: left, width)
    }

    private func line(_ canvas: inout Canvas, _ plot: Rect, _ low: Double, _ high: Double) {
        guard let threshold else { return }
        let y = plot.y + row(threshold, plot.height, low, high)
        canvas.put(String(repeating: "┄", count: plot.width), x: plot.x, y: y, Style(.warning))
    }

    /// Two by four dots to a cell. Bits of a braille cell by column and row, as Unicode numbers them.
    private static let dots: [[UInt32]] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]]

    private func braille(
        _ points: [Double?], _ canvas: inout Canvas, _ plot: Rect, _ low: Double, _ high: Double, style: (Int) -> Style
    ) {
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
        for y in 0..<plot.height {
            for x in 0..<plot.width where cells[y * plot.width + x] != 0 {
                let scalar = Unicode.Scalar(0x2800 + cells[y * plot.width + x]) ?? "?"
                canvas.put(String(scalar), x: plot.x + x, y: plot.y + y, style(x))
            }
        }
    }

    private func blocks(_ canvas: inout Canvas, _ plot: Rect, _ low: Double, _ high: Double) {
        func each(_ points: [Double?], _ body: (Int, Int) -> Void) {
            let columns = Sparkline.columns(points, width: plot.width, span: max(points.count, 1))
            for (column, value) in columns.enumerated() {
                guard let value, value.isFinite else { continue }
                body(column, plot.y + row(value, plot.height, low, high))
            }
        }
        each(behind) { column, y in canvas.put("·", x: plot.x + column, y: y, Style(.dim)) }
        let outside = outside(plot.width)
        each(points) { column, y in
            // Told by its form too, where there is no colour.
            let isOut = outside.contains(column)
            canvas.put(isOut ? "▲" : "■", x: plot.x + column, y: y, Style(isOut ? .anomaly : .graph, bold: isOut))
        }
    }
}
