import TerminalKit
import TocsinModel

/// What keys mean on the fleet.
extension App {
    /// The groups as they are shown: all of them, or only what is not well.
    func fleetGroups(_ page: FleetPage) -> [FleetPage.Group] {
        guard fleetFaultsOnly else { return page.groups }
        return page.groups.compactMap { group in
            let hosts = group.hosts.filter { $0.state != .well }
            return hosts.isEmpty ? nil : FleetPage.Group(name: group.name, hosts: hosts)
        }
    }

    /// Where hosts stand on this screen.
    func fleetLayout(_ page: FleetPage) -> FleetLayout {
        let side = width >= 110 ? 42 : 0
        return FleetLayout(
            groups: fleetGroups(page).map(\.hosts.count), width: width - side, height: max(1, height - 7))
    }

    /// The place of the chosen host; the worst one's while nobody has chosen.
    func fleetCursor(_ page: FleetPage) -> Int {
        let hosts = fleetGroups(page).flatMap(\.hosts)
        if let fleetHost, let at = hosts.firstIndex(where: { $0.name == fleetHost }) { return at }
        return hosts.indices.min { (hosts[$0].state.rank, $0) < (hosts[$1].state.rank, $1) } ?? 0
    }

    private var fleetPage: FleetPage? {
        if case .fleet(let page)? = pages[.fleet]?.body { return page }
        return nil
    }

    mutating func moveFleet(columns: Int = 0, rows: Int = 0) {
        guard let page = fleetPage else { return }
        let hosts = fleetGroups(page).flatMap(\.hosts)
        let place = fleetLayout(page).moved(fleetCursor(page), columns: columns, rows: rows)
        if hosts.indices.contains(place) { fleetHost = hosts[place].name }
    }

    mutating func actOnFleet(_ action: Action) {
        guard let page = fleetPage else { return }
        switch action {
        case .left: moveFleet(columns: -1)
        case .right: moveFleet(columns: 1)
        case .grouping:
            let at = page.groupings.firstIndex(of: page.groupedBy) ?? -1
            guard !page.groupings.isEmpty else { return say("no label groups these hosts") }
            fleetLabel = page.groupings[(at + 1) % page.groupings.count]
            say("grouped by \(fleetLabel ?? "")")
        case .metric:
            let all = FleetMetric.allCases
            fleetMetric = all[((all.firstIndex(of: fleetMetric) ?? 0) + 1) % all.count]
            say("shows \(fleetMetric.rawValue)")
        case .faultsOnly:
            fleetFaultsOnly.toggle()
            say(fleetFaultsOnly ? "only hosts that are not well" : "all hosts")
        case .nextBad: nextBad(page)
        case .openHost:
            let hosts = fleetGroups(page).flatMap(\.hosts)
            let place = fleetCursor(page)
            guard hosts.indices.contains(place) else { return }
            fleetHost = hosts[place].name
            shownHost = hosts[place].name
            pages[.overview] = nil
            show(.overview)
        default: break
        }
    }

    private mutating func nextBad(_ page: FleetPage) {
        let hosts = fleetGroups(page).flatMap(\.hosts)
        let cursor = fleetCursor(page)
        let order = hosts.indices.map { (cursor + 1 + $0) % hosts.count }
        guard let next = order.first(where: { hosts[$0].state.rank <= FleetPage.State.warning.rank }) else {
            return say("every host is well")
        }
        fleetHost = hosts[next].name
    }
}
