/// A rectangle of cells in memory. Everything is drawn here; a terminal sends only what changed.
public struct Canvas: Sendable {
    public let width: Int
    public let height: Int
    public let glyphs: GlyphSet
    public private(set) var cells: [Cell]

    public init(width: Int, height: Int, glyphs: GlyphSet = .braille) {
        self.width = max(0, width)
        self.height = max(0, height)
        self.glyphs = glyphs
        cells = Array(repeating: .blank, count: self.width * self.height)
    }

    public subscript(x: Int, y: Int) -> Cell {
        get { cells[y * width + x] }
        set { if x >= 0, y >= 0, x < width, y < height { cells[y * width + x] = newValue } }
    }

    /// Everything blank again.
    public mutating func clear() { for index in cells.indices { cells[index] = .blank } }

    /// Writes text from a place to the right, scrubbed, clipped at `width` columns and at the edge. Returns the column
    /// behind it.
    @discardableResult
    public mutating func put(
        _ text: some StringProtocol, x: Int, y: Int, _ style: Style = Style(), width limit: Int = .max
    ) -> Int {
        guard y >= 0, y < height else { return x }
        let end = limit == .max ? width : min(width, x + max(0, limit))
        var column = x
        for raw in text.unicodeScalars {
            guard let safe = Scrub.replacement(for: raw) else { continue }
            let scalar = glyphs == .ascii ? ASCIIFallback.of(safe) : safe
            let columns = DisplayWidth.of(scalar)
            if columns == 0 { continue }
            if column + columns > end { break }
            if column >= 0 { place(scalar, columns, column, y, style) }
            column += columns
        }
        return column
    }

    private mutating func place(_ scalar: Unicode.Scalar, _ columns: Int, _ x: Int, _ y: Int, _ style: Style) {
        // Half of a wide character that is written over leaves a blank.
        if cells[y * width + x].glyph == nil, x > 0 { cells[y * width + x - 1].glyph = " " }
        let behind = x + columns
        if behind < width, cells[y * width + behind].glyph == nil { cells[y * width + behind].glyph = " " }
        cells[y * width + x] = Cell(scalar, style)
        if columns == 2 { cells[y * width + x + 1] = Cell(nil, style) }
    }

    /// Writes text that ends at a column (exclusive).
    public mutating func putRight(_ text: String, endX: Int, y: Int, _ style: Style = Style()) {
        put(text, x: endX - DisplayWidth.of(text), y: y, style)
    }

    /// Writes text into `width` columns and shows with an ellipsis that something was cut off.
    @discardableResult
    public mutating func fit(_ text: String, x: Int, y: Int, width limit: Int, _ style: Style = Style()) -> Int {
        guard limit > 0 else { return x }
        if DisplayWidth.of(text) <= limit { return put(text, x: x, y: y, style, width: limit) }
        let end = put(text, x: x, y: y, style, width: limit - 1)
        return put("…", x: end, y: y, style)
    }

    /// The same, but what is cut off is the beginning: the end of a path tells more.
    @discardableResult
    public mutating func fitTail(_ text: String, x: Int, y: Int, width limit: Int, _ style: Style = Style()) -> Int {
        guard limit > 0, DisplayWidth.of(text) > limit else { return fit(text, x: x, y: y, width: limit, style) }
        var tail = Substring(text)
        while DisplayWidth.of(String(tail)) > limit - 1 { tail.removeFirst() }
        return put("…" + tail, x: x, y: y, style, width: limit)
    }

    /// Gives a line's cells another surface, and bold where wanted, keeping what stands there.
    public mutating func paint(y: Int, from x: Int = 0, to end: Int = .max, _ surface: Surface, bold: Bool? = nil) {
        guard y >= 0, y < height else { return }
        for column in max(0, x)..<max(max(0, x), min(end, width)) {
            cells[y * width + column].style.surface = surface
            if let bold { cells[y * width + column].style.bold = bold }
        }
    }

    /// Takes all emphasis from a line: what it says is old.
    public mutating func dim(y: Int) {
        guard y >= 0, y < height else { return }
        for at in (y * width)..<((y + 1) * width) { cells[at].style = Style(.dim) }
    }

    /// Blanks a rectangle.
    public mutating func fill(_ rect: Rect, _ style: Style = Style()) {
        for y in max(0, rect.y)..<max(max(0, rect.y), min(height, rect.y + rect.height)) {
            for x in max(0, rect.x)..<max(max(0, rect.x), min(width, rect.x + rect.width)) {
                cells[y * width + x] = Cell(" ", style)
            }
        }
    }

    /// One line as text, trailing blanks cut off.
    public func line(_ y: Int) -> String {
        var out = String.UnicodeScalarView()
        for x in 0..<width { if let glyph = cells[y * width + x].glyph { out.append(glyph) } }
        var text = String(out)
        while text.last == " " { text.removeLast() }
        return text
    }

    /// The whole as text, as `--once` prints it and golden files hold it.
    public var text: String { (0..<height).map { line($0) + "\n" }.joined() }
}

/// A rectangle of columns and lines.
public struct Rect: Sendable, Hashable {
    public var x: Int
    public var y: Int
    public var width: Int
    public var height: Int

    public init(x: Int, y: Int, width: Int, height: Int) {
        self.x = x
        self.y = y
        self.width = max(0, width)
        self.height = max(0, height)
    }

    /// The column behind the last.
    public var endX: Int { x + width }
    public var endY: Int { y + height }
}
