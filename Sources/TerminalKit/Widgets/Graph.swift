/// A curve over several lines with its threshold and the expected band drawn in.
public struct Graph: Sendable {
    public var points: [Double?]
    public var threshold: Double?
    public var expected: ClosedRange<Double>?
    /// The ends of the scale; nil lets the values choose.
    public var bounds: ClosedRange<Double>?
    /// Words for a value at the scale.
    public var label: @Sendable (Double) -> String

    public init(
        _ points: [Double?], threshold: Double? = nil, expected: ClosedRange<Double>? = nil,
        bounds: ClosedRange<Double>? = nil, label: @escaping @Sendable (Double) -> String
    ) {
        self.points = points
        self.threshold = threshold
        self.expected = expected
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

    private func band(_ canvas: inout Canvas, _ plot: Rect, _ low: Double, _ high: Double) {
        guard let expected, expected.upperBound > low, expected.lowerBound < high else { return }
        let top = row(expected.upperBound, plot.height, low, high)
        let bottom = row(expected.lowerBound, plot.height, low, high)
        for y in min(top, bottom)...max(top, bottom) {
            canvas.put(String(repeating: "░", count: plot.width), x: plot.x, y: plot.y + y, Style(.band))
        }
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
        for y in 0..<plot.height {
            for x in 0..<plot.width where cells[y * plot.width + x] != 0 {
                let scalar = Unicode.Scalar(0x2800 + cells[y * plot.width + x]) ?? "?"
                canvas.put(String(scalar), x: plot.x + x, y: plot.y + y, Style(.graph))
            }
        }
    }

    private func blocks(_ canvas: inout Canvas, _ plot: Rect, _ low: Double, _ high: Double) {
        let columns = Sparkline.columns(points, width: plot.width, span: max(points.count, 1))
        for (column, value) in columns.enumerated() {
            guard let value, value.isFinite else { continue }
            let y = plot.y + row(value, plot.height, low, high)
            canvas.put("■", x: plot.x + column, y: y, Style(.graph))
        }
    }
}
