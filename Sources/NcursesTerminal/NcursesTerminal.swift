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
    private var sequences = EscapeGuard()
    private var mouse = false
    /// A frame could not be sent because the terminal takes nothing just now.
    package private(set) var owesFrame = false
    /// The name under which the terminal was opened, when it was not its own.
    package let assumedName: String?

    /// Terminals to try when the one named in TERM is unknown, the likeliest first.
    private static let stands = ["xterm-256color", "xterm", "screen", "ansi", "vt100"]

    /// Opens the terminal on standard input and output; nil when there is none that could be drawn on.
    package init?(theme: Theme, noColour: Bool) {
        setlocale(LC_ALL, "")
        let own = getenv("TERM").map { String(cString: $0) } ?? ""
        guard own != "dumb", isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else { return nil }
        // The kernel knows the size; these are what some shell exported once.
        unsetenv("COLUMNS")
        unsetenv("LINES")
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
    ///
    /// A terminal that takes nothing (a stalled connection, `^S`) must not hold up the program: the frame is owed, and the
    /// next one that is shown makes up for it.
    package func show(_ canvas: Canvas) {
        var output = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
        owesFrame = poll(&output, 1, 0) == 0
        if owesFrame { return }
        let whole = shown.count != canvas.cells.count || shownWidth != canvas.width
        if whole { werase(window) }
        for y in 0..<canvas.height {
            for x in 0..<canvas.width {
                let at = y * canvas.width + x
                let cell = canvas.cells[at]
                // The right half of a wide character comes with its left.
                guard whole || shown[at] != cell, let glyph = cell.glyph else { continue }
                let look = pairs.look(cell.style)
                let columns: Int32 = x + 1 < canvas.width && canvas.cells[at + 1].glyph == nil ? 2 : 1
                if glyph.isASCII || nc_width(wchar_t(glyph.value)) == columns {
                    nc_put(window, Int32(y), Int32(x), wchar_t(glyph.value), look.attributes, look.pair)
                } else {
                    // The C library would move the cursor otherwise than we count: a stand-in for each column.
                    for column in 0..<columns {
                        nc_put(window, Int32(y), Int32(x) + column, 0x3F, look.attributes, look.pair)
                    }
                }
            }
        }
        shown = canvas.cells
        shownWidth = canvas.width
        wrefresh(window)
    }

    /// The keys that have come in.
    package func keys() -> [Key] {
        var read: [(code: UInt32, named: Bool)] = []
        var code: wint_t = 0
        while true {
            let kind = wget_wch(window, &code)
            if kind == ERR { break }
            read.append((code, kind == KEY_CODE_YES))
        }
        let now = Self.milliseconds
        var keys: [Key] = []
        for (number, one) in read.enumerated() {
            let key =
                one.named
                ? KeyDecoder.key(code: Int32(bitPattern: one.code))
                : sequences.take(one.code, more: number + 1 < read.count, now: now)
            if let key { keys.append(key) }
        }
        return keys
    }

    private static var milliseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
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

    package func setMouse(_ on: Bool) {
        mouse = on
        nc_mouse(on)
    }

    /// Puts text on the clipboard of whoever sits before the terminal, over OSC 52.
    package func copy(_ text: String) {
        fflush(nil)
        let sequence = Array("\u{1B}]52;c;\(Base64.encode(Array(text.utf8)))\u{07}".utf8)
        _ = sequence.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
    }

    /// Gives the terminal to the shell until the job is continued. Where there is no shell with job control the kernel
    /// does not stop us, and we go on at once.
    package func suspend() {
        nc_mouse(false)
        endwin()
        var stop = sigset_t()
        sigemptyset(&stop)
        sigaddset(&stop, SIGTSTP)
        pthread_sigmask(SIG_UNBLOCK, &stop, nil)
        kill(getpid(), SIGTSTP)
        pthread_sigmask(SIG_BLOCK, &stop, nil)
        resume()
    }

    /// Takes the terminal back after somebody else had it.
    package func resume() {
        reset_prog_mode()
        nc_mouse(mouse)
        resize()
    }

    /// Leaves the terminal as it was found. Harmless when done twice, or when the terminal has gone.
    package func leave() {
        guard open else { return }
        open = false
        // In the background the farewell must not stop us.
        signal(SIGTTOU, SIG_IGN)
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
