/// A horizontal bar that carries its own scale: where a rule warns, where it is critical, and the band in which the value
/// is expected.
public struct Bar: Sendable {
    /// 0…1; nil when the value is unknown.
    public var value: Double?
    public var warns: Double?
    public var critical: Double?
    public var expected: ClosedRange<Double>?

    public init(
        _ value: Double?, warns: Double? = nil, critical: Double? = nil, expected: ClosedRange<Double>? = nil
    ) {
        self.value = value
        self.warns = warns
        self.critical = critical
        self.expected = expected
    }

    private static let eighths: [Unicode.Scalar] = [" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"]

    /// Draws into `width` columns of a line.
    public func draw(_ canvas: inout Canvas, x: Int, y: Int, width: Int) {
        guard width > 0 else { return }
        guard let value, value.isFinite else {
            canvas.put(String(repeating: "?", count: width), x: x, y: y, Style(.unknown))
            return
        }
        let filled = max(0, min(1, value)) * Double(width)
        let role = role
        for column in 0..<width {
            let part = filled - Double(column)
            let middle = (Double(column) + 0.5) / Double(width)
            var cell = Cell("·", Style(.dim))
            if expected?.contains(middle) == true { cell = Cell("░", Style(.band)) }
            if mark(critical, column, width) {
                cell = Cell("┃", Style(.critical))
            } else if mark(warns, column, width) {
                cell = Cell("│", Style(.warning))
            }
            if part >= 1 {
                cell = Cell("█", Style(role))
            } else if part > 0.06, cell.glyph == "·" || cell.glyph == "░" {
                cell = Cell(Self.eighths[max(1, Int(part * 8))], Style(role))
            }
            canvas.put(String(cell.glyph ?? " "), x: x + column, y: y, cell.style)
        }
    }

    private var role: Role {
        guard let value else { return .unknown }
        if let critical, value >= critical { return .critical }
        if let warns, value >= warns { return .warning }
        return .meter
    }

    private func mark(_ line: Double?, _ column: Int, _ width: Int) -> Bool {
        guard let line, line > 0, line <= 1 else { return false }
        return min(width - 1, Int(line * Double(width))) == column
    }
}
