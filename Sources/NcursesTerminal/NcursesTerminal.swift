import CNcurses
import Glibc
import TerminalKit

/// The real terminal. It lives on the main thread and is the only thing that calls curses.
package final class NcursesTerminal {
    private let window: UnsafeMutablePointer<WINDOW>
    private var pairs: ColourPairs
    private let depth: ColourPairs.Depth
    private var shown: [Cell] = []
    private var shownWidth = 0
    private var open = true
    /// The name under which the terminal was opened, when it was not its own.
    package let assumedName: String?

    /// Terminals to try when the one named in TERM is unknown, the likeliest first.
    private static let stands = ["xterm-256color", "xterm", "screen", "ansi", "vt100"]

    /// Opens the terminal on standard input and output; nil when there is none that could be drawn on.
    package init?(theme: Theme, noColour: Bool) {
        setlocale(LC_ALL, "")
        let own = getenv("TERM").map { String(cString: $0) } ?? ""
        guard own != "dumb", isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else { return nil }
        var opened: UnsafeMutablePointer<WINDOW>?
        var name: String?
        for candidate in (own.isEmpty ? [] : [own]) + Self.stands {
            opened = nc_open(candidate)
            name = candidate
            if opened != nil { break }
        }
        guard let opened, let name else { return nil }
        window = opened
        assumedName = name == own ? nil : name
        nc_guard()
        cbreak()
        noecho()
        nonl()
        keypad(window, true)
        nodelay(window, true)
        set_escdelay(25)
        curs_set(0)
        KeyDecoder.define()
        if has_colors() {
            start_color()
            use_default_colors()
        }
        depth = ColourPairs.detect(noColour: noColour)
        pairs = ColourPairs(theme: theme, depth: depth)
        setBackground()
    }

    deinit { leave() }

    /// True in a locale whose characters go beyond ASCII.
    package static var isUTF8: Bool {
        setlocale(LC_ALL, "")
        return nl_langinfo(nl_item(CODESET)).map { String(cString: $0).uppercased().contains("UTF") } ?? false
    }

    /// Columns and lines, at least one of each.
    package var size: (width: Int, height: Int) { (max(1, Int(getmaxx(window))), max(1, Int(getmaxy(window)))) }

    /// Takes over another theme.
    package func use(_ theme: Theme) {
        pairs = ColourPairs(theme: theme, depth: depth)
        setBackground()
        redrawAll()
    }

    private func setBackground() {
        let look = pairs.look(Style())
        var cell = cchar_t()
        var blank: [wchar_t] = [32, 0]
        var pair = look.pair
        setcchar(&cell, &blank, 0, 0, &pair)
        wbkgrnd(window, &cell)
    }

    /// Sends what differs from the last canvas.
    package func show(_ canvas: Canvas) {
        let whole = shown.count != canvas.cells.count || shownWidth != canvas.width
        if whole { werase(window) }
        for y in 0..<canvas.height {
            for x in 0..<canvas.width {
                let at = y * canvas.width + x
                let cell = canvas.cells[at]
                // The right half of a wide character comes with its left.
                guard whole || shown[at] != cell, let glyph = cell.glyph else { continue }
                let look = pairs.look(cell.style)
                nc_put(window, Int32(y), Int32(x), wchar_t(glyph.value), look.attributes, look.pair)
            }
        }
        shown = canvas.cells
        shownWidth = canvas.width
        wrefresh(window)
    }

    /// The keys that have come in.
    package func keys() -> [Key] {
        var keys: [Key] = []
        var code: wint_t = 0
        while true {
            let kind = wget_wch(window, &code)
            if kind == ERR { return keys }
            let key = kind == KEY_CODE_YES ? KeyDecoder.key(code: Int32(bitPattern: code)) : KeyDecoder.key(character: code)
            if let key { keys.append(key) }
        }
    }

    /// Follows the terminal to its new size.
    package func resize() {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 else { return }
        resizeterm(Int32(max(1, size.ws_row)), Int32(max(1, size.ws_col)))
        redrawAll()
    }

    /// Draws everything anew at the next frame, whatever the terminal may show.
    package func redrawAll() {
        shown = []
        wclear(window)
    }

    package func setMouse(_ on: Bool) { nc_mouse(on) }

    /// Puts text on the clipboard of whoever sits before the terminal, over OSC 52.
    package func copy(_ text: String) {
        fflush(nil)
        let sequence = Array("\u{1B}]52;c;\(Base64.encode(Array(text.utf8)))\u{07}".utf8)
        _ = sequence.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
    }

    /// Gives the terminal to the shell until the job is continued.
    package func suspend() {
        def_prog_mode()
        endwin()
        kill(getpid(), SIGSTOP)
        reset_prog_mode()
        resize()
    }

    /// Leaves the terminal as it was found. Harmless when done twice, or when the terminal has gone.
    package func leave() {
        guard open else { return }
        open = false
        nc_mouse(false)
        if endwin() == ERR { nc_restore() }
    }
}

/// RFC 4648.
enum Base64 {
    static func encode(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var out = ""
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits = 0
            for index in 0..<3 { bits = bits << 8 | (index < group.count ? Int(group[start + index]) : 0) }
            for index in 0..<4 {
                out.append(index <= group.count ? alphabet[bits >> (18 - 6 * index) & 63] : "=")
            }
        }
        return out
    }
}
