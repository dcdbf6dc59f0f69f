import TerminalKit
import TocsinModel

/// The process table.
struct ProcessesScreen {
    let app: App
    let page: ProcessesPage

    func draw(on canvas: inout Canvas, in room: Rect) {
        var fact = "by \(page.order.rawValue): o changes"
        if let filter = app.filters[.processes], !filter.isEmpty {
            fact = "\(page.matching) hold “\(filter)” · " + fact
        }
        let title = "\(page.total) processes, \(page.threads) threads, \(page.running) running, \(page.blocked) blocked"
        Section.rule(&canvas, title, fact, .dim, Rect(x: room.x, y: room.y, width: room.width, height: 1))
        canvas.put(ProcessLine.heading(room.width), x: room.x, y: room.y + 1, Style(.dim), width: room.width)
        let visible = max(0, room.height - 2)
        for (number, row) in page.rows.prefix(visible).enumerated() {
            let line = Rect(x: room.x, y: room.y + 2 + number, width: room.width, height: 1)
            ProcessLine(row: row).draw(&canvas, line, short: false, selected: row.pid == app.cursorPID)
        }
        if page.rows.isEmpty {
            canvas.fit("none holds that text", x: 3, y: room.y + 2, width: room.width - 4, Style(.dim))
        }
    }
}

/// One process in one line.
struct ProcessLine {
    let row: ProcessRow

    /// The names of the columns; a narrow screen gives the cgroup's place to the command.
    static func heading(_ width: Int) -> String {
        "     PID USER      S  THR     MEMORY     CPU     IO/s  " + (width >= 100 ? "CGROUP            " : "")
            + "COMMAND"
    }

    func draw(_ canvas: inout Canvas, _ rect: Rect, short: Bool, selected: Bool) {
        let y = rect.y
        let x = rect.x
        let cpu = (row.cpuPercent.map { Quantities.short($0) } ?? "?") + " %"
        let hot = (row.cpuPercent ?? 0) >= 90
        canvas.put(selected ? ">" : " ", x: x, y: y, Style(.key, bold: true))
        canvas.putRight("\(row.pid)", endX: x + 8, y: y, Style(.dim))
        canvas.fit(row.user, x: x + 9, y: y, width: 9)
        if short {
            canvas.putRight(cpu, endX: x + 27, y: y, Style(.text, bold: hot))
            canvas.putRight(Quantities.bytes(row.residentBytes), endX: x + 38, y: y)
            var at = x + 40
            if rect.width >= 90, !row.cgroup.isEmpty {
                canvas.fit(row.cgroup, x: at, y: y, width: 15, Style(.dim))
                at += 16
            }
            canvas.fit(row.command, x: at, y: y, width: rect.endX - 1 - at)
        } else {
            let state = row.state
            canvas.put(state, x: x + 19, y: y, Style(state == "D" ? .warning : state == "R" ? .ok : .dim))
            canvas.putRight("\(row.threads)", endX: x + 25, y: y, Style(.dim))
            canvas.putRight(Quantities.bytes(row.residentBytes), endX: x + 36, y: y)
            canvas.putRight(cpu, endX: x + 44, y: y, Style(.text, bold: hot))
            canvas.putRight(row.ioBytesPerSecond.map { Quantities.rate($0) } ?? "–", endX: x + 53, y: y)
            let wide = rect.width >= 100
            if wide { canvas.fit(row.cgroup, x: x + 55, y: y, width: 17, Style(.dim)) }
            let at = x + (wide ? 73 : 55)
            canvas.fit(row.command, x: at, y: y, width: rect.endX - 1 - at)
        }
        if selected { canvas.paint(y: y, from: rect.x, to: rect.endX, .selected) }
    }
}
