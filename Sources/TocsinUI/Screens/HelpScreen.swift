import TerminalKit

/// Every key, from the keymap, and what the signs mean.
enum HelpScreen {
    static func draw(_ app: App, on canvas: inout Canvas, in room: Rect) {
        let lines = lines(app)
        let columns = room.width >= 120 ? 2 : 1
        let perColumn = (lines.count + columns - 1) / columns
        let hidden = max(0, perColumn - room.height)
        let offset = min(app.offsets[.help] ?? 0, hidden)
        for (number, line) in lines.enumerated() {
            let column = number / perColumn
            let row = number % perColumn - offset
            guard row >= 0, row < room.height else { continue }
            let x = room.x + column * (room.width / columns)
            let rect = Rect(x: x, y: room.y + row, width: room.width / columns - 1, height: 1)
            switch line {
            case .title(let title): Section.rule(&canvas, title, "", .dim, rect)
            case .entry(let keys, let words):
                canvas.put(keys, x: rect.x + 2, y: rect.y, Style(.key, bold: true), width: 16)
                canvas.fit(words, x: rect.x + 18, y: rect.y, width: rect.width - 19)
            case .sign(let glyph, let role, let words):
                canvas.put(glyph, x: rect.x + 2, y: rect.y, Style(role, bold: true))
                canvas.fit(words, x: rect.x + 18, y: rect.y, width: rect.width - 19)
            }
        }
        if hidden > offset { canvas.putRight(" j shows more ", endX: room.endX - 1, y: room.endY - 1, Style(.key)) }
    }

    private enum Line {
        case title(String)
        case entry(String, String)
        case sign(String, Role, String)
    }

    private static func lines(_ app: App) -> [Line] {
        var out: [Line] = []
        var group = ""
        for binding in Keymap.all {
            if binding.group != group {
                group = binding.group
                out.append(.title(group))
            }
            let refusal = Keymap.refusal(binding.action, app)
            var words = binding.words
            if binding.screens.count == 1 { words += " (\(binding.screens[0].title))" }
            if let refusal, binding.action == .failover { words += "; now: \(refusal)" }
            out.append(.entry(binding.keys.map(\.words).joined(separator: " "), words))
        }
        out.append(.title("signs"))
        out += [
            .sign("▲", .critical, "critical"), .sign("■", .warning, "warning"), .sign("●", .info, "worth a note"),
            .sign("◔", .pending, "suspected: true, but not yet for long enough"),
            .sign("?", .unknown, "unknown or silent; never counted as well"),
            .sign("a", .acknowledged, "acknowledged: somebody has it"),
            .sign("s", .dim, "silenced: hidden for a while, and it says by whom"), .sign("·", .dim, "quiet"),
            .sign("│", .warning, "where a rule warns on a bar"), .sign("┃", .critical, "where it is critical"),
            .sign("░", .band, "where the value is expected, once learned"),
            .sign("♥", .text, "beats with the engine: when it stands still, so does the watch"),
        ]
        return out
    }
}
