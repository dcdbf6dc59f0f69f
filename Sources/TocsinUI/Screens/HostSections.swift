import TerminalKit
import TocsinModel

/// The evidence about one host as sections.
struct HostSections {
    let page: OverviewPage
    let now: Milliseconds
    let period: Milliseconds

    /// Half an hour: the one time axis of all sparklines of the screen.
    static let span = 360

    var sections: [Section] {
        var out = [cpu, memory, disk]
        if let container = page.container { out.append(self.container(container)) }
        if !page.failures.isEmpty { out.append(failures) }
        if !page.network.devices.isEmpty { out.append(network) }
        return out
    }

    private var cpu: Section {
        let cpu = page.cpu
        let load = cpu.load.map { Quantities.short($0) }.joined(separator: " ")
        let waits =
            "iowait \(Quantities.percent(cpu.ioWaitPercent))"
            + ((cpu.stealPercent ?? 0) >= 0.5 ? " steal \(Quantities.percent(cpu.stealPercent))" : "")
        var lines = [gauge("busy", cpu.busy, cpu.busyTrend, note: "30 min")]
        lines.append { canvas, rect in
            canvas.put("cores", x: rect.x + 1, y: rect.y, Style(.dim))
            cores(cpu.cores, waits, &canvas, rect)
        }
        let graph = Self.percents(cpu.busyTrend, cpu.busy)
        return Section(
            title: "cpu", fact: "load \(load)" + Self.pressure(cpu.pressure), lines: lines, least: 2, graph: (graph, 7))
    }

    private static func percents(_ trend: Trend, _ reading: Reading) -> Graph {
        var graph = Graph(trend.points, threshold: reading.warns, low: trend.low, high: trend.high, bounds: 0...100) {
            Quantities.percent($0)
        }
        graph.left = trend.left
        return graph
    }

    /// One cell per core where they fit, else the hottest of several per cell; the hottest is named.
    private func cores(_ cores: [CoreLoad], _ waits: String, _ canvas: inout Canvas, _ rect: Rect) {
        let columns = Columns(rect)
        let hot = cores.max { $0.busyPercent < $1.busyPercent }
        var words = ""
        if let hot {
            words = "cpu\(hot.cpu) \(Quantities.percent(hot.busyPercent))"
            if hot.busyPercent >= 50 {
                words += ", \(GoNumber.fixed(hot.modePercent, decimals: 0)) % of it \(hot.mode)"
            }
        }
        canvas.putRight(
            waits, endX: columns.note, y: rect.y, Style((page.cpu.ioWaitPercent ?? 0) >= 20 ? .warning : .dim))
        let room = max(1, min(columns.barWidth + 2, rect.width - 40))
        if cores.isEmpty { canvas.put("measuring …", x: columns.bar, y: rect.y, Style(.dim)) }
        let each = (cores.count + room - 1) / max(room, 1)
        var x = columns.bar
        var start = 0
        while start < cores.count {
            let worst = cores[start..<min(start + max(each, 1), cores.count)].map(\.busyPercent).max() ?? 0
            let style = Style(worst >= 95 ? .warning : .graph)
            Sparkline([worst], ceiling: 100).draw(&canvas, x: x, y: rect.y, width: 1, span: 1, style)
            x += 1
            start += max(each, 1)
        }
        let from = max(columns.trend, x + 1)
        canvas.fit(words, x: from, y: rect.y, width: columns.note - DisplayWidth.of(waits) - 1 - from, Style(.dim))
    }

    private var memory: Section {
        let memory = page.memory
        var fact = ""
        if let kills = memory.oomKills, kills > 0 {
            fact = "oom \(Int(kills))"
            fact += memory.lastOomAt.map { ", \(Words.duration(now - $0)) ago" } ?? " since boot"
        } else if memory.oomKills != nil {
            fact = "oom 0"
        }
        let recent = memory.lastOomAt.map { now - $0 < 900_000 } ?? false
        var lines = [
            gauge("used", memory.used, memory.usedTrend, note: "\(Quantities.bytes(memory.availableBytes)) free")
        ]
        if (memory.swapTotalBytes ?? 0) > 0 {
            let moves =
                "\(Quantities.rate(memory.swapInPerSecond)) in \(Quantities.rate(memory.swapOutPerSecond)) out /s"
            lines.append(gauge("swap", memory.swapUsed, memory.swapTrend, note: moves))
        } else if memory.swapTotalBytes != nil {
            lines.append { canvas, rect in
                canvas.put("swap", x: rect.x + 1, y: rect.y, Style(.dim))
                canvas.put("none", x: rect.x + 11, y: rect.y, Style(.dim))
            }
        }
        let graph = Self.percents(memory.usedTrend, memory.used)
        return Section(
            title: "memory", fact: fact + Self.pressure(memory.pressure), factRole: recent ? .warning : .dim,
            lines: lines,
            least: 1, graph: (graph, 5))
    }

    private var disk: Section {
        let heading: Section.Line = { canvas, rect in
            canvas.put(
                "read/s    write/s    await   busy   last 30 min", x: rect.x + 18, y: rect.y, Style(.dim),
                width: rect.width - 19)
        }
        // Trouble first, so that it is there when lines are short.
        let filesystems = page.disk.filesystems.sorted {
            ($0.severity ?? .info, $1.mountpoint.utf8.count) > ($1.severity ?? .info, $0.mountpoint.utf8.count)
        }
        func isTroubled(_ row: FilesystemRow) -> Bool {
            row.severity != nil || row.silentSince != nil || row.unreadable
        }
        let troubled = filesystems.filter(isTroubled).map { filesystem($0) }
        let calm = filesystems.filter { !isTroubled($0) }.map { filesystem($0) }
        let devices = page.disk.devices.sorted { ($0.utilisationPercent ?? 0) > ($1.utilisationPercent ?? 0) }
        let busy = devices.prefix(1).map { device($0) }
        let rest = devices.dropFirst().sorted { $0.device < $1.device }.map { device($0) }
        var lines: [Section.Line] = busy.isEmpty ? [] : [heading]
        lines += busy + troubled + calm.prefix(1) + rest + calm.dropFirst()
        let pressure = page.disk.pressure
        let high = (pressure ?? 0) >= 30
        return Section(
            title: "disk", fact: "io" + Self.pressure(pressure).dropFirst(2) + (high ? " ▲" : ""),
            factRole: high ? .critical : .dim, lines: lines, least: min(lines.count, 3 + min(2, troubled.count)))
    }

    private func device(_ row: DiskRow) -> Section.Line {
        { canvas, rect in
            let role = row.severity?.role ?? .text
            canvas.put(row.severity?.glyph ?? " ", x: rect.x + 1, y: rect.y, Style(role, bold: true))
            canvas.fit(row.device, x: rect.x + 3, y: rect.y, width: 11)
            canvas.putRight(Quantities.rate(row.readBytesPerSecond), endX: rect.x + 24, y: rect.y)
            canvas.putRight(Quantities.rate(row.writtenBytesPerSecond), endX: rect.x + 35, y: rect.y)
            let slow = row.awaitSeconds.warns.map { (row.awaitSeconds.value ?? 0) >= $0 } ?? false
            canvas.putRight(
                Quantities.latency(row.awaitSeconds.value), endX: rect.x + 44, y: rect.y,
                Style(slow ? .warning : .text, bold: slow))
            canvas.putRight(Quantities.percent(row.utilisationPercent), endX: rect.x + 51, y: rect.y)
            Sparkline(row.awaitTrend.points, marks: row.awaitTrend.left).draw(
                &canvas, x: rect.x + 54, y: rect.y, width: max(0, rect.width - 56), span: Self.span)
        }
    }

    private func filesystem(_ row: FilesystemRow) -> Section.Line {
        { canvas, rect in
            let y = rect.y
            if row.silentSince != nil || row.unreadable {
                canvas.put("?", x: rect.x + 1, y: y, Style(.unknown, bold: true))
                canvas.fitTail(row.mountpoint, x: rect.x + 3, y: y, width: 13)
                let words = row.silentSince.map { "not answering, \(Words.duration(now - $0))" } ?? "cannot be read"
                canvas.fit(words, x: rect.x + 17, y: y, width: rect.width - 18, Style(.unknown))
                return
            }
            let columns = Columns(rect)
            let role = row.severity?.role ?? .text
            let (value, age) = aged(row.used)
            canvas.put(row.severity?.glyph ?? " ", x: rect.x + 1, y: y, Style(role, bold: true))
            canvas.fitTail(row.mountpoint, x: rect.x + 3, y: y, width: 6)
            canvas.putRight(Quantities.percent(value), endX: rect.x + 15, y: y, valueStyle(value, row.used))
            Bar(
                value.map { $0 / 100 }, warns: row.used.warns.map { $0 / 100 },
                critical: row.used.critical.map { $0 / 100 }
            )
            .draw(&canvas, x: columns.bar, y: y, width: columns.barWidth)
            canvas.fit(age ?? note(row), x: columns.trend, y: y, width: rect.endX - 1 - columns.trend, Style(.dim))
        }
    }

    private func note(_ row: FilesystemRow) -> String {
        var words = "\(Quantities.bytes(row.availableBytes)) free"
        if let seconds = row.fullInSeconds {
            words += ", full in about \(Words.duration(Milliseconds(seconds * 1000)))"
        }
        if row.readOnly { words += ", read-only" }
        if let inodes = row.inodesUsedPercent, inodes >= 80 { words += ", inodes \(Quantities.percent(inodes))" }
        return DisplayWidth.of(row.mountpoint) > 6 ? "\(row.mountpoint)  \(words)" : words
    }

    private func container(_ container: ContainerSection) -> Section {
        var fact = container.path
        if let kills = container.oomKills, kills > 0 { fact = "oom \(Int(kills)) · " + fact }
        var lines: [Section.Line] = []
        if container.memoryLimitBytes != nil {
            lines.append(
                gauge("limit", container.memory, .none, note: "of \(Quantities.bytes(container.memoryLimitBytes))"))
        }
        lines.append { canvas, rect in
            canvas.put("cpu", x: rect.x + 1, y: rect.y, Style(.dim))
            var words =
                "\(Quantities.short(container.cpuUsed)) of \(container.cpuLimit.map { Quantities.short($0) } ?? "unlimited") cpu"
            if let throttled = container.throttledPercent { words += ", throttled \(Quantities.percent(throttled))" }
            canvas.fit(words + "; figures of the host are context", x: rect.x + 11, y: rect.y, width: rect.width - 12)
        }
        return Section(title: "container", fact: fact, lines: lines, least: 1)
    }

    private var failures: Section {
        Section(
            title: "not seen", fact: "", factRole: .unknown,
            lines: page.failures.map { failure in
                { canvas, rect in
                    canvas.put("?", x: rect.x + 1, y: rect.y, Style(.unknown, bold: true))
                    canvas.fit(
                        "\(failure.collector)  \(failure.reason), \(Words.duration(now - failure.since))",
                        x: rect.x + 3,
                        y: rect.y, width: rect.width - 4)
                }
            }, least: 1)
    }

    private var network: Section {
        let lines: [Section.Line] = page.network.devices.sorted {
            ($0.state == "up" ? 0 : 1, $0.device) < ($1.state == "up" ? 0 : 1, $1.device)
        }.map { row in
            { canvas, rect in
                let quiet = row.state == "down"
                let role = row.severity?.role ?? (quiet ? .dim : .text)
                canvas.put(row.severity?.glyph ?? " ", x: rect.x + 1, y: rect.y, Style(role, bold: true))
                canvas.fit(row.device, x: rect.x + 3, y: rect.y, width: 11, Style(quiet ? .dim : .text))
                canvas.putRight(
                    "\(Quantities.rate(row.receivedBytesPerSecond))B in", endX: rect.x + 27, y: rect.y,
                    Style(quiet ? .dim : .text))
                canvas.putRight(
                    "\(Quantities.rate(row.sentBytesPerSecond))B out", endX: rect.x + 40, y: rect.y,
                    Style(quiet ? .dim : .text))
                let errors = (row.errorsPerSecond ?? 0) + (row.dropsPerSecond ?? 0)
                let words = errors > 0 ? "\(Quantities.short(errors)) errors/s" : row.state
                canvas.fit(words, x: rect.x + 42, y: rect.y, width: 11, Style(errors > 0 ? .warning : .dim))
                Sparkline(row.trend.points, marks: row.trend.left).draw(
                    &canvas, x: rect.x + 54, y: rect.y, width: max(0, rect.width - 56), span: Self.span)
            }
        }
        return Section(title: "network", fact: "per second", lines: lines, least: 1)
    }

    /// The busiest processes.
    var top: Section {
        let lines: [Section.Line] = page.top.map { row in
            { canvas, rect in ProcessLine(row: row).draw(&canvas, rect, short: true, selected: false) }
        }
        return Section(title: "top", fact: "\(page.processCount) processes, by cpu: 3 all", lines: lines, least: 1)
    }
}
