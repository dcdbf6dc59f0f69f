/// The recent course of a value in one line, newest at the right.
public struct Sparkline: Sendable {
    private let points: [Double?]
    private let ceiling: Double?
    private let marks: [Bool]

    /// - Parameters:
    ///   - ceiling: the value of a full cell; nil scales to the highest point.
    ///   - marks: points that are told apart, as many as there are points, or none.
    public init(_ points: [Double?], ceiling: Double? = nil, marks: [Bool] = []) {
        self.points = points
        self.ceiling = ceiling
        self.marks = marks
    }

    private static let steps: [Unicode.Scalar] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    /// Draws into `width` columns. `span` is the number of points the whole width stands for, so that all sparklines of a
    /// screen share one time axis and a short history begins at the right.
    public func draw(_ canvas: inout Canvas, x: Int, y: Int, width: Int, span: Int, _ style: Style = Style(.graph)) {
        guard width > 0, span > 0 else { return }
        let columns = Self.columns(points, width: width, span: span)
        let marked = Self.columns(marks.map { $0 ? 1 : nil }, width: width, span: span)
        let top = ceiling ?? columns.compactMap { $0 }.max() ?? 0
        for (column, value) in columns.enumerated() {
            guard let value, value.isFinite else { continue }
            let share = top > 0 ? max(0, min(1, value / top)) : 0
            let step = Self.steps[min(7, Int(share * 7.999))]
            canvas.put(
                String(step), x: x + column, y: y, marked[column] == nil ? style : Style(.anomaly, bold: true))
        }
    }

    /// The highest point of each column: a short peak must not vanish between two columns.
    static func columns(_ points: [Double?], width: Int, span: Int) -> [Double?] {
        var out = [Double?](repeating: nil, count: width)
        for (index, value) in points.suffix(span).enumerated() {
            guard let value else { continue }
            let position = span - min(points.count, span) + index
            let column = min(width - 1, position * width / span)
            out[column] = max(out[column] ?? value, value)
        }
        return out
    }
}
