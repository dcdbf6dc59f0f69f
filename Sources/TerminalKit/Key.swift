/// A key press, as the terminal's own words for it are already decoded.
public enum Key: Sendable, Hashable {
    case character(Character)
    case control(Character)
    case enter, escape, tab, backTab, backspace, delete
    case up, down, left, right, pageUp, pageDown, home, end
    case function(Int)
    /// A click at a column and line, or a turn of the wheel.
    case click(x: Int, y: Int)
    case wheelUp, wheelDown

    /// The key as help and hint lines write it.
    public var words: String {
        switch self {
        case .character(" "): "Space"
        case .character(let character): String(character)
        case .control(let character): "^" + String(character).uppercased()
        case .enter: "Enter"
        case .escape: "Esc"
        case .tab: "Tab"
        case .backTab: "S-Tab"
        case .backspace: "Backspace"
        case .delete: "Del"
        case .up: "↑"
        case .down: "↓"
        case .left: "←"
        case .right: "→"
        case .pageUp: "PgUp"
        case .pageDown: "PgDn"
        case .home: "Home"
        case .end: "End"
        case .function(let number): "F\(number)"
        case .click: "click"
        case .wheelUp, .wheelDown: "wheel"
        }
    }
}
