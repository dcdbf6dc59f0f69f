import TerminalKit
import TocsinModel

/// The screens, in the order of their keys.
package enum ScreenID: Int, Sendable, CaseIterable {
    case overview = 1, alerts, processes, services, audit, engine, fleet, anomalies, help
    /// Reached from a service, not by number.
    case plan, run

    /// The screens that Tab goes through.
    static let ring: [ScreenID] = [
        .overview, .alerts, .processes, .services, .audit, .engine, .fleet, .anomalies, .help,
    ]

    package var title: String { "\(self)" }
}

/// Everything the screen remembers: the model of the user interface. Drawing only reads it, ``update(_:_:)`` alone
/// changes it.
package struct App: Sendable {
    /// What does not change while the program runs.
    package struct Settings: Sendable {
        /// Seconds to add to UTC at a time, and the zone's name: the core of the house reads no zone files.
        package var zone: @Sendable (Milliseconds) -> (seconds: Int, name: String)
        /// Distinguishes this screen's commands from those of others.
        package var commandSalt: UInt64
        package var themes: [String]

        package init(
            zone: @escaping @Sendable (Milliseconds) -> (seconds: Int, name: String), commandSalt: UInt64,
            themes: [String]
        ) {
            self.zone = zone
            self.commandSalt = commandSalt
            self.themes = themes
        }
    }

    package let settings: Settings
    package var width: Int
    package var height: Int
    package var glyphs: GlyphSet

    package var screen = ScreenID.overview
    /// Where Esc leads from help.
    var before = ScreenID.overview
    /// The newest page of each screen that was looked at.
    var pages: [ScreenID: Page] = [:]
    /// The newest head, whatever the screen.
    package var head: PageHead?
    /// The chosen alert, by identity and never by row.
    package var selected: EpisodeID?
    var marked: Set<EpisodeID> = []
    /// The first visible row of each list.
    var offsets: [ScreenID: Int] = [:]
    var cursorPID: Int32?
    package var order = ProcessOrder.cpu
    var filters: [ScreenID: String] = [:]
    /// The chosen service, by name.
    package var selectedService: String?
    /// The plan on the screen, what has been typed of its confirmation, and what is being typed.
    package var planToken: PlanToken?
    var planTyped: [String] = []
    var planField = ""
    /// What the plan was asked for, for making a new one.
    var planIntent: FailoverIntent?
    /// The run on the screen.
    package var runShown: RunID?
    /// Where Esc leads from a plan or run.
    var beforePlan = ScreenID.services
    var openDetail = false
    /// The host chosen on the fleet, the label it is grouped by, and what its tiles tell.
    package var fleetHost: String?
    var fleetLabel: String?
    var fleetMetric = FleetMetric.worst
    var fleetFaultsOnly = false
    /// The host whose overview is shown; nil for the engine's own.
    package var shownHost: String?
    /// The series chosen among those under detectors.
    var watched: WatchedName?
    package var frozen = false
    /// The past time that is shown, or nil for now.
    package var at: Milliseconds?
    package var prompt: Prompt?
    package var toast: Toast?
    var mouse = false
    /// How late the engine is, when it is.
    var silentFor: Milliseconds?
    var failure: String?
    /// How old what is shown is, while the engine does not answer.
    var lostFor: Milliseconds?
    var commandsSent: UInt64 = 0
    /// Several people may sit behind this login, and the engine can be told which: set by the loop.
    package var takesName = false
    /// What waits for the operator's name.
    var held: [UIEffect] = []
    /// The request the loop was last told.
    var requested: PageRequest?

    package init(settings: Settings, width: Int, height: Int, glyphs: GlyphSet) {
        self.settings = settings
        self.width = width
        self.height = height
        self.glyphs = glyphs
    }

    /// A line that says something for a while.
    package struct Toast: Sendable, Equatable {
        package var severity: Severity?
        package var text: String
        /// Pages until it goes.
        var left: Int
    }

    /// The page of the current screen.
    var page: Page? { pages[screen == .help ? before : screen] }

    /// The page the current screen needs.
    package var request: PageRequest {
        let rows = max(10, height)
        switch screen {
        case .overview:
            var request = PageRequest(.overview, rows: rows, at: at)
            request.host = shownHost
            return request
        case .fleet: return PageRequest(.fleet(groupedBy: fleetLabel, filter: filters[.fleet] ?? ""), rows: rows)
        case .alerts: return PageRequest(.alerts(selected: selected), rows: rows, at: at)
        case .processes:
            return PageRequest(
                .processes(order: order, filter: filters[.processes] ?? ""), rows: max(1, height - 5),
                offset: offsets[.processes] ?? 0)
        case .audit: return PageRequest(.audit, rows: max(1, height - 5), offset: offsets[.audit] ?? 0)
        case .engine: return PageRequest(.health, rows: rows)
        case .anomalies: return PageRequest(.anomalies(selected: watched), rows: rows, at: at)
        case .services: return PageRequest(.services(selected: selectedService), rows: rows)
        case .plan: return PageRequest(.plan(planToken ?? PlanToken(0)), rows: rows)
        case .run: return PageRequest(.run(runShown ?? RunID(0)), rows: rows)
        case .help: return PageRequest(.overview, rows: rows, at: at)
        }
    }

    /// The alerts a list of the current screen shows, in order.
    var alertRows: [AlertRow] {
        switch page?.body {
        case .overview(let page): page.alerts
        case .alerts(let page): page.all.filter { matches($0, filters[.alerts] ?? "") }
        default: []
        }
    }

    /// The services as far as this screen has seen them, in the order of the configuration.
    var serviceNames: [String] {
        if case .services(let page)? = pages[.services]?.body { return page.services.map(\.name) }
        if case .overview(let page)? = pages[.overview]?.body { return page.services.map(\.name) }
        return []
    }

    /// The service a key is about: the chosen one, or the only one.
    var targetService: String? {
        if let selectedService, serviceNames.contains(selectedService) { return selectedService }
        return screen == .services || serviceNames.count == 1 ? serviceNames.first : nil
    }

    /// The run on the screen, as it is now.
    var shownRun: Run? {
        if case .run(let page)? = pages[.run]?.body, page.run?.id == runShown { return page.run }
        return nil
    }

    /// The plan on the screen, as it is now.
    var shownPlan: Plan? {
        if case .plan(let page)? = pages[.plan]?.body, page.plan?.token == planToken { return page.plan }
        return nil
    }

    func matches(_ row: AlertRow, _ filter: String) -> Bool {
        if filter.isEmpty { return true }
        let wanted = filter.lowercased()
        let texts =
            [row.alert.name, row.subject, row.account] + row.alert.labels.pairs.map { "\($0.name)=\($0.value)" }
        return texts.contains { $0.lowercased().contains(wanted) }
    }

    /// What a key about an alert means: the chosen one, else the one the verdict speaks of.
    var target: AlertRow? {
        let rows = alertRows
        if let selected, let row = rows.first(where: { $0.alert.episode == selected }) { return row }
        if let episode = head?.verdict.episode, let row = rows.first(where: { $0.alert.episode == episode }) {
            return row
        }
        return rows.first
    }

    /// What `a`, `u` and `n` act on: the marked ones, else the target.
    var targets: [EpisodeID] {
        let shown = alertRows.map(\.alert.episode)
        let chosen = shown.filter { marked.contains($0) }
        return chosen.isEmpty ? target.map { [$0.alert.episode] } ?? [] : chosen
    }

    /// Says something on the last line for a few seconds.
    package mutating func say(_ text: String, _ severity: Severity? = nil) {
        toast = Toast(severity: severity, text: text, left: 6)
    }
}
