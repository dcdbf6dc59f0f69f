import TerminalKit
import TocsinModel

/// What a tile's digits and a row's bar speak of.
enum FleetMetric: String, CaseIterable, Sendable {
    case worst = "worst of", cpu, memory, disk

    func value(_ host: FleetPage.Host) -> Double? {
        switch self {
        case .worst: [host.cpu, host.memory, host.disk].compactMap { $0 }.max()
        case .cpu: host.cpu
        case .memory: host.memory
        case .disk: host.disk
        }
    }
}

extension FleetPage.State {
    var glyph: String {
        switch self {
        case .critical: "▲"
        case .unseen: "?"
        case .warning: "■"
        case .info: "●"
        case .owned: "a"
        case .waiting: "-"
        case .well: "·"
        }
    }

    var role: Role {
        switch self {
        case .critical: .critical
        case .unseen: .unknown
        case .warning: .warning
        case .info: .info
        case .owned: .acknowledged
        case .waiting, .well: .dim
        }
    }
}

/// The whole fleet on one screen: a map whose places do not move, and beside it what matters most.
struct FleetScreen {
    let app: App
    let page: FleetPage

    private static let sideWidth = 42

    func draw(on canvas: inout Canvas, in room: Rect) {
        let groups = app.fleetGroups(page)
        let side = room.width >= 110 ? Self.sideWidth : 0
        summary(&canvas, room, groups, endX: room.endX - side)
        var map = Rect(x: room.x, y: room.y + 2, width: room.width - side, height: room.height - 2)
        if side == 0, !page.top.isEmpty, map.height >= 12 { map.height -= min(5, page.top.count + 1) }
        let layout = app.fleetLayout(page)
        let hosts = groups.flatMap(\.hosts)
        let cursor = app.fleetCursor(page)
        let first = max(0, min(layout.line(of: cursor) - map.height / 2, layout.lines.count - map.height))
        for (row, line) in layout.lines.dropFirst(first).prefix(map.height).enumerated() {
            let rect = Rect(x: map.x, y: map.y + row, width: map.width, height: 1)
            switch layout.density {
            case .rows: self.row(hosts[line.hosts.lowerBound], line.hosts.lowerBound == cursor, &canvas, rect)
            case .groups: group(groups[line.group], line.hosts.contains(cursor), &canvas, rect)
            case .tiles, .cells: cells(groups[line.group], line, hosts, cursor, layout, &canvas, rect)
            }
        }
        if hosts.isEmpty {
            canvas.fit("no host is like this; Esc shows all", x: map.x + 3, y: map.y, width: map.width - 4, Style(.dim))
        }
        if side > 0 {
            top(&canvas, Rect(x: map.endX, y: room.y + 1, width: side, height: room.height - 1))
        } else if map.endY < room.endY {
            top(&canvas, Rect(x: room.x, y: map.endY, width: room.width, height: room.endY - map.endY))
        }
    }

    /// Counts by state, and what is chosen.
    private func summary(_ canvas: inout Canvas, _ room: Rect, _ groups: [FleetPage.Group], endX: Int) {
        let shown = groups.reduce(0) { $0 + $1.hosts.count }
        let filter = app.filters[.fleet] ?? ""
        var fact = "by \(page.groupedBy), \(app.fleetMetric.rawValue)"
        if !page.fault.isEmpty { fact = page.fault } else if !filter.isEmpty { fact = "only “\(filter)”, \(fact)" }
        let of = shown == page.total ? "" : " of \(page.total)"
        Section.rule(
            &canvas, "\(shown)\(of) hosts", fact, page.fault.isEmpty ? .dim : .warning,
            Rect(x: room.x, y: room.y, width: room.width, height: 1))
        var x = room.x + 1
        for state in FleetPage.State.allCases {
            let count = groups.reduce(0) { $0 + $1.count(state) }
            guard count > 0 || state == .critical else { continue }
            let style = Style(count > 0 ? state.role : .dim, bold: count > 0 && state.rank < 3)
            x = canvas.fit("\(state.glyph) \(count) \(state.word)   ", x: x, y: room.y + 1, width: endX - x, style)
        }
        let hosts = groups.flatMap(\.hosts)
        let cursor = app.fleetCursor(page)
        guard hosts.indices.contains(cursor), endX - x > 20 else { return }
        let host = hosts[cursor]
        canvas.fit(
            "▸ \(host.name) \(host.trouble ?? "is well")", x: x, y: room.y + 1, width: endX - 1 - x, Style(.key))
    }

    private func row(_ host: FleetPage.Host, _ isChosen: Bool, _ canvas: inout Canvas, _ rect: Rect) {
        canvas.put(host.state.glyph, x: rect.x + 1, y: rect.y, Style(host.state.role, bold: true))
        canvas.fit(host.name, x: rect.x + 3, y: rect.y, width: 25)
        var x = rect.x + 29
        for (name, value) in [("cpu", host.cpu), ("mem", host.memory), ("disk", host.disk)] {
            canvas.put(name, x: x, y: rect.y, Style(.dim))
            canvas.putRight(
                value.map { "\(Int($0.rounded())) %" } ?? "–", endX: x + name.count + 6, y: rect.y,
                Style(value.map { $0 >= 90 ? .warning : .text } ?? .dim))
            x += name.count + 9
        }
        canvas.fit(
            host.trouble ?? "", x: x, y: rect.y, width: rect.endX - 1 - x,
            Style(host.state == .well ? .dim : host.state.role))
        if isChosen { canvas.paint(y: rect.y, from: rect.x, to: rect.endX, .selected) }
    }

    private func group(_ group: FleetPage.Group, _ isChosen: Bool, _ canvas: inout Canvas, _ rect: Rect) {
        canvas.put(group.worst.glyph, x: rect.x + 1, y: rect.y, Style(group.worst.role, bold: true))
        canvas.fit(group.name, x: rect.x + 3, y: rect.y, width: 24)
        canvas.fit(counts(group), x: rect.x + 28, y: rect.y, width: rect.width - 29, Style(group.worst.role))
        if isChosen { canvas.paint(y: rect.y, from: rect.x, to: rect.endX, .selected) }
    }

    private func counts(_ group: FleetPage.Group) -> String {
        let bad = FleetPage.State.allCases.filter { $0 != .well && group.count($0) > 0 }
            .map { "\(group.count($0)) \($0.word)" }
        return (["\(group.hosts.count) hosts"] + bad).joined(separator: ", ")
    }

    private func cells(
        _ group: FleetPage.Group, _ line: FleetLayout.Line, _ hosts: [FleetPage.Host], _ cursor: Int,
        _ layout: FleetLayout, _ canvas: inout Canvas, _ rect: Rect
    ) {
        if line.beginsGroup {
            let role: Role = group.worst.rank < 3 ? group.worst.role : .dim
            canvas.fit(group.name, x: rect.x + 1, y: rect.y, width: FleetLayout.nameWidth - 2, Style(role))
        }
        for (column, place) in line.hosts.enumerated() {
            let host = hosts[place]
            let x = rect.x + FleetLayout.nameWidth + column * layout.cellWidth
            var style = Style(host.state.role, bold: host.state.rank < 3)
            if place == cursor { style = Style(.key, on: .selected, bold: true) }
            canvas.put(host.state.glyph, x: x, y: rect.y, style)
            guard layout.density == .tiles, let value = app.fleetMetric.value(host) else { continue }
            let number = Int(value.rounded())
            canvas.put(
                number > 99 ? "XX" : number < 10 ? " \(number)" : "\(number)", x: x + 1, y: rect.y,
                Style(place == cursor ? .key : value >= 90 ? .warning : .dim))
        }
    }

    private func top(_ canvas: inout Canvas, _ rect: Rect) {
        let lines = page.top.map { row -> Section.Line in
            { canvas, line in
                canvas.put(row.sign.glyph, x: line.x + 1, y: line.y, Style(row.sign.role, bold: true))
                let x = canvas.fit(
                    row.alert.labels["instance"] ?? "", x: line.x + 3, y: line.y, width: max(8, line.width / 3),
                    Style(.title))
                canvas.fit(" \(row.alert.name) \(row.account)", x: x, y: line.y, width: line.endX - 1 - x)
            }
        }
        let none: Section.Line = { canvas, line in
            canvas.fit("nothing fires", x: line.x + 3, y: line.y, width: line.width - 4, Style(.dim))
        }
        Section(
            title: "worst", fact: page.top.isEmpty ? "" : "\(page.top.count)", lines: lines.isEmpty ? [none] : lines,
            least: 1
        ).draw(&canvas, in: rect)
    }
}

extension FleetPage.State {
    var word: String {
        switch self {
        case .critical: "critical"
        case .unseen: "unseen"
        case .warning: "warning"
        case .info: "info"
        case .owned: "taken"
        case .waiting: "waiting"
        case .well: "well"
        }
    }
}
