/// The one gate between text from outside and the screen: control characters, bidirectional controls and other invisible
/// characters never become a cell.
public enum Scrub {
    /// The scalar that stands in place of a forbidden one, or nil when it leaves no trace.
    public static func replacement(for scalar: Unicode.Scalar) -> Unicode.Scalar? {
        switch scalar.value {
        // Tab and line ends separate words.
        case 0x09, 0x0A, 0x0D: " "
        // C0, DEL, C1.
        case 0x00...0x1F, 0x7F...0x9F: "\u{FFFD}"
        // Bidirectional marks, embeddings, overrides and isolates; zero-width characters; variation selectors; tags;
        // line and paragraph separators; the byte-order mark; interlinear annotation.
        case 0x061C, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFE00...0xFE0F, 0xFEFF, 0xFFF9...0xFFFB,
            0xE0000...0xE0FFF, 0x180B...0x180F, 0x00AD, 0x034F:
            nil
        // Private use and non-characters: no font has them, and some terminals act on them.
        case 0xE000...0xF8FF, 0xF0000...0x10FFFF, 0xFFFE, 0xFFFF: "\u{FFFD}"
        default: scalar
        }
    }

    /// Text in which nothing is left that a terminal could obey.
    public static func text(_ text: String) -> String {
        var out = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if let safe = replacement(for: scalar) { out.append(safe) }
        }
        return String(out)
    }
}
