/// What a part of the screen means; a theme gives it a colour, and without colour it keeps its attributes.
public enum Role: UInt8, Sendable, CaseIterable {
    case text, dim, title, key, rule, ok, info, warning, critical, unknown, pending, acknowledged, silenced, graph,
        meter, band, anomaly
}

/// What lies behind the text.
public enum Surface: UInt8, Sendable, CaseIterable {
    case normal, selected, alarm, dialog
}

/// How a cell looks.
public struct Style: Sendable, Hashable {
    public var role: Role
    public var surface: Surface
    public var bold: Bool

    public init(_ role: Role = .text, on surface: Surface = .normal, bold: Bool = false) {
        self.role = role
        self.surface = surface
        self.bold = bold
    }

    /// The same on another surface.
    public func on(_ surface: Surface) -> Style { Style(role, on: surface, bold: bold) }
    /// The same in bold.
    public var strong: Style { Style(role, on: surface, bold: true) }
}

/// One column of one line.
public struct Cell: Sendable, Hashable {
    /// The character; nil for the right half of a wide one.
    public var glyph: Unicode.Scalar?
    public var style: Style

    public init(_ glyph: Unicode.Scalar?, _ style: Style) {
        self.glyph = glyph
        self.style = style
    }

    public static let blank = Cell(" ", Style())
}

/// Which characters the terminal can show.
public enum GlyphSet: String, Sendable, CaseIterable {
    /// Braille graphs and all signs.
    case braille
    /// Block graphs, for fonts without braille.
    case block
    /// Nothing beyond ASCII.
    case ascii
}

/// The ASCII stand-ins of our own signs.
public enum ASCIIFallback {
    private static let table: [Unicode.Scalar: Unicode.Scalar] = [
        "▲": "!", "■": "w", "●": "i", "◔": "p", "·": ".", "│": "|", "┃": "#", "░": ":", "─": "-", "♥": "*", "♡": " ",
        "“": "\"", "”": "\"", "‘": "'", "’": "'", "…": "~", "→": ">", "←": "<", "↑": "^", "↓": "v", "×": "x", "≤": "<",
        "≥": ">", "✓": "+", "▏": "|", "┄": ".", "█": "#", "▉": "#", "▊": "#", "▋": "=", "▌": "=", "▍": "-", "▎": "-",
        "▁": "_", "▂": ".", "▃": "-", "▄": "-", "▅": "=", "▆": "+", "▇": "*", "–": "-", "—": "-", "µ": "u",
    ]

    /// An ASCII character for any other: a letter without its accent is beyond us, so it is `?`.
    public static func of(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        scalar.isASCII ? scalar : table[scalar] ?? "?"
    }
}
