import CNcurses
import TerminalKit

/// Turns styles into attributes and colour pairs, at the depth the terminal has.
struct ColourPairs {
    /// How many colours may be used.
    enum Depth: Equatable {
        case mono, eight, sixteen, palette, direct
    }

    let depth: Depth
    private let theme: Theme
    private var known: [Style: (attributes: attr_t, pair: Int32)] = [:]

    init(theme: Theme, depth: Depth) {
        self.theme = theme
        self.depth = theme.mono ? .mono : depth
    }

    /// The depth of the open terminal.
    static func detect(noColour: Bool) -> Depth {
        let colours = nc_colours()
        if noColour || colours < 8 { return .mono }
        if colours > 256, tigetflag("RGB") > 0 { return .direct }
        return colours >= 256 ? .palette : colours >= 16 ? .sixteen : .eight
    }

    mutating func look(_ style: Style) -> (attributes: attr_t, pair: Int32) {
        if let look = known[style] { return look }
        let look = depth == .mono ? (monoAttributes(style), 0) : coloured(style)
        known[style] = look
        return look
    }

    private func monoAttributes(_ style: Style) -> attr_t {
        var bits = 0
        if style.bold || style.role == .critical || style.role == .title { bits |= Int(nc_bold) }
        if style.role == .dim || style.role == .rule || style.role == .silenced { bits |= Int(nc_dim) }
        if style.surface == .alarm { bits |= Int(nc_reverse) }
        return attr_t(bits)
    }

    private func coloured(_ style: Style) -> (attr_t, Int32) {
        var bits = style.bold ? Int(nc_bold) : 0
        var foreground: Int32 = -1
        var background: Int32 = -1
        switch depth {
        case .mono: break
        case .eight, .sixteen:
            foreground = Theme.ansi(style.role).map { Int32($0) } ?? -1
            if depth == .eight, foreground >= 8 {
                foreground = -1
                bits |= Int(nc_dim)
            }
            if style.surface == .alarm { bits |= Int(nc_reverse) | Int(nc_bold) }
            if style.surface == .selected, depth == .sixteen { bits |= Int(nc_bold) }
        case .palette, .direct:
            foreground = number(theme.foreground[style.role])
            background = number(theme.background[style.surface] ?? theme.background[.normal])
            if style.surface == .alarm, theme.background[.alarm] == nil { bits |= Int(nc_reverse) }
        }
        if foreground < 0, background < 0 { return (attr_t(bits), 0) }
        let pair = alloc_pair(foreground, background)
        return (attr_t(bits), pair > 0 ? pair : 0)
    }

    private func number(_ colour: Theme.Colour?) -> Int32 {
        guard let colour else { return -1 }
        if depth == .direct { return Int32(colour.red) << 16 | Int32(colour.green) << 8 | Int32(colour.blue) }
        return Int32(colour.nearest256)
    }
}
