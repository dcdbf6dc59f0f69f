import CNcurses
import TerminalKit

/// Turns what ncurses reads into keys.
enum KeyDecoder {
    /// Sequences that some terminals send in either mode, beside those terminfo names.
    static func define() {
        let arrows: [(Character, Int32)] = [
            ("A", KEY_UP), ("B", KEY_DOWN), ("C", KEY_RIGHT), ("D", KEY_LEFT), ("H", KEY_HOME), ("F", KEY_END),
        ]
        for (letter, code) in arrows {
            define_key("\u{1B}[\(letter)", code)
            define_key("\u{1B}O\(letter)", code)
        }
        for (digits, code) in [("5", KEY_PPAGE), ("6", KEY_NPAGE), ("1", KEY_HOME), ("4", KEY_END), ("3", KEY_DC)] {
            define_key("\u{1B}[\(digits)~", code)
        }
        define_key("\u{1B}[Z", KEY_BTAB)
    }

    /// A function key's code as a key; nil for one that means nothing here.
    static func key(code: Int32) -> Key? {
        switch code {
        case KEY_UP: .up
        case KEY_DOWN: .down
        case KEY_LEFT: .left
        case KEY_RIGHT: .right
        case KEY_PPAGE: .pageUp
        case KEY_NPAGE: .pageDown
        case KEY_HOME: .home
        case KEY_END: .end
        case KEY_ENTER: .enter
        case KEY_BACKSPACE: .backspace
        case KEY_DC: .delete
        case KEY_BTAB: .backTab
        case KEY_MOUSE: mouse()
        case (KEY_F0 + 1)...(KEY_F0 + 12): .function(Int(code - KEY_F0))
        default: nil
        }
    }

    private static func mouse() -> Key? {
        var x: Int32 = 0
        var y: Int32 = 0
        switch nc_mouse_event(&x, &y) {
        case UInt(nc_click): return .click(x: Int(x), y: Int(y))
        case UInt(nc_wheel_up): return .wheelUp
        case UInt(nc_wheel_down): return .wheelDown
        default: return nil
        }
    }
}
