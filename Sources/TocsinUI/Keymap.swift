import TerminalKit
import TocsinModel

/// What a key can mean.
package enum Action: Sendable, Equatable {
    case screen(ScreenID), nextScreen, previousScreen
    case back, open, filter, command
    case up, down, pageUp, pageDown, first, last, mark
    case order, freeze, earlier, later, present
    case acknowledge, acknowledgeGroup, giveBack, note, silence
    case runbook, copy, mouse, reload, redraw, suspend, quit
    case left, right, grouping, metric, faultsOnly, nextBad, openHost
    case acceptNormal, falseAlarm
    case failover, rehearse, maintenance, openRun, stopRun, resumeRun, closeRun
}

/// One line of the keymap: it also draws the hint line, the help, and completes the command line.
package struct Binding: Sendable {
    package let keys: [Key]
    package let action: Action
    /// The word for `:`.
    package let command: String
    /// A few words for the hint line.
    package let hint: String
    /// What it does, for help.
    package let words: String
    /// Where it works; empty for everywhere.
    package let screens: [ScreenID]
    /// Where it is worth a place on the hint line.
    package let hinted: [ScreenID]
    package let group: String
}

package enum Keymap {
    private static func bind(
        _ group: String, _ keys: [Key], _ action: Action, _ command: String, _ hint: String, _ words: String,
        on screens: [ScreenID] = [], hinted: [ScreenID] = []
    ) -> Binding {
        Binding(
            keys: keys, action: action, command: command, hint: hint, words: words, screens: screens, hinted: hinted,
            group: group)
    }

    private static let lists: [ScreenID] = [
        .overview, .alerts, .processes, .services, .audit, .engine, .fleet, .anomalies,
    ]
    private static let alertLists: [ScreenID] = [.overview, .alerts]
    /// Where the hint line names the screens; the alerts need it for their own keys.
    private static let named: [ScreenID] = [.overview, .processes, .services, .audit, .engine]

    /// Every key of the console. A lower-case key never acts on a service.
    package static let all: [Binding] = [
        bind("screens", ["1"], .screen(.overview), "overview", "overview", "this machine, judged", hinted: named),
        bind("screens", ["2"], .screen(.alerts), "alerts", "alerts", "all alerts, one in detail", hinted: named),
        bind("screens", ["3"], .screen(.processes), "processes", "processes", "the process table", hinted: named),
        bind("screens", ["4"], .screen(.services), "services", "services", "services and their runs", hinted: named),
        bind("screens", ["5"], .screen(.audit), "audit", "audit", "who did what, and when", hinted: named),
        bind("screens", ["6"], .screen(.engine), "engine", "engine", "the engine itself: what it costs, what ails it"),
        bind("screens", ["7"], .screen(.fleet), "fleet", "fleet", "every host that is watched, on one screen"),
        bind(
            "screens", ["8"], .screen(.anomalies), "anomalies", "anomalies",
            "what the detectors watch, have learned and found"),
        bind("screens", ["?", .function(1)], .screen(.help), "help", "help", "this page"),
        bind("screens", [.tab], .nextScreen, "next", "next", "the next screen"),
        bind("screens", [.backTab], .previousScreen, "previous", "previous", "the screen before"),
        bind("screens", [.escape], .back, "back", "back", "back; never quits", hinted: [.help, .alerts, .plan, .run]),
        bind("screens", ["q"], .quit, "quit", "quit", "quit; a run goes on to its end first", hinted: [.help]),
        bind("screens", [.control("z")], .suspend, "suspend", "suspend", "to the shell; `fg` comes back"),

        bind("lists", ["j", .down, .wheelDown], .down, "down", "down", "down a row", on: lists + [.help]),
        bind("lists", ["k", .up, .wheelUp], .up, "up", "up", "up a row", on: lists + [.help]),
        bind("lists", [.pageDown], .pageDown, "pagedown", "page", "down a page", on: lists + [.help]),
        bind("lists", [.pageUp], .pageUp, "pageup", "page", "up a page", on: lists + [.help]),
        bind("lists", ["g", .home], .first, "first", "first", "to the first row", on: lists),
        bind("lists", ["G"], .last, "last", "last", "to the last row", on: lists),
        bind("lists", [.enter], .open, "open", "why", "the chosen alert in full", on: alertLists, hinted: alertLists),
        bind("lists", [" "], .mark, "mark", "mark", "mark for a, u, n, s", on: [.alerts]),
        bind(
            "lists", ["/"], .filter, "filter", "filter", "show only what holds a text",
            on: [.alerts, .processes, .fleet], hinted: [.alerts, .processes, .fleet]),
        bind(
            "lists", ["o"], .order, "order", "order", "order by cpu, memory, io, pid", on: [.processes],
            hinted: [.processes]),
        bind("lists", ["z"], .freeze, "freeze", "freeze", "freeze lists, never verdict or clock", hinted: [.processes]),
        bind("lists", [":"], .command, "command", "command", "type a command; Tab completes"),

        bind("fleet", [.left, "h"], .left, "left", "left", "a host to the left", on: [.fleet]),
        bind("fleet", [.right, "l"], .right, "right", "right", "a host to the right", on: [.fleet]),
        bind("fleet", [.enter], .openHost, "host", "host", "this host's overview", on: [.fleet], hinted: [.fleet]),
        bind(
            "fleet", ["n"], .nextBad, "bad", "next bad", "the next host that is not well", on: [.fleet],
            hinted: [.fleet]),
        bind(
            "fleet", ["f"], .faultsOnly, "faults", "faults", "only hosts that are not well", on: [.fleet],
            hinted: [.fleet]),
        bind("fleet", ["b"], .grouping, "group", "group", "group by the next label", on: [.fleet], hinted: [.fleet]),
        bind(
            "fleet", ["m"], .metric, "metric", "metric", "worst of, cpu, memory or disk", on: [.fleet], hinted: [.fleet]
        ),

        bind(
            "anomalies", ["N"], .acceptNormal, "normal", "normal now", "this is normal now: learn it as what is usual",
            on: [.anomalies, .alerts], hinted: [.anomalies]),
        bind(
            "anomalies", ["X"], .falseAlarm, "false", "false alarm", "that was none: the next alarm needs more",
            on: [.anomalies, .alerts], hinted: [.anomalies]),

        bind("time", [","], .earlier, "earlier", "earlier", "a minute back", on: [.overview, .anomalies], hinted: []),
        bind("time", ["."], .later, "later", "later", "a minute on", on: [.overview, .anomalies]),
        bind("time", [.end], .present, "now", "now", "back to now", on: [.overview, .anomalies]),

        bind(
            "alerts", ["a"], .acknowledge, "ack", "ack", "take it: it is yours until it resolves", on: alertLists,
            hinted: alertLists),
        bind(
            "alerts", ["A"], .acknowledgeGroup, "ackall", "ack all alike", "take every alert of this name",
            on: alertLists, hinted: [.alerts]),
        bind(
            "alerts", ["u"], .giveBack, "unack", "undo", "give it back; a silenced one is heard again",
            on: alertLists, hinted: [.alerts]),
        bind(
            "alerts", ["n"], .note, "note", "note", "take it with a comment and, if wanted, an end", on: alertLists,
            hinted: [.alerts]),
        bind(
            "alerts", ["s"], .silence, "silence", "silence", "hide it for a while, with a reason", on: alertLists,
            hinted: [.alerts]),
        bind("alerts", ["r"], .runbook, "runbook", "runbook", "copy the runbook's address", on: alertLists),
        bind(
            "alerts", ["y"], .copy, "copy", "copy", "copy the row, the commands, the report",
            on: lists + [.plan, .run], hinted: [.run]),

        bind(
            "services", ["F"], .failover, "failover", "failover",
            "plan a failover or switchover; nothing is done before you type the name", on: lists + [.plan, .run],
            hinted: [.overview, .services]),
        bind(
            "services", [.enter], .openRun, "run", "run", "the run under way, or the last one", on: [.services],
            hinted: [.services]),
        bind(
            "services", ["T"], .rehearse, "rehearse", "rehearse", "the same plan as a drill", on: [.services],
            hinted: [.services]),
        bind(
            "services", ["P"], .maintenance, "maintenance", "maintenance", "maintenance on, with an end, or off",
            on: [.services], hinted: [.services]),
        bind(
            "services", ["K"], .stopRun, "stop", "stop", "stop the run at its next safe point", on: [.run],
            hinted: [.run]),
        bind(
            "services", ["U"], .resumeRun, "resume", "go on",
            "let an unknown run go on, once its step is seen to have worked", on: [.run], hinted: [.run]),
        bind(
            "services", ["C"], .closeRun, "close", "close", "close an unknown run with what you found", on: [.run],
            hinted: [.run]),

        bind("terminal", ["M"], .mouse, "mouse", "mouse", "mouse on or off"),
        bind("terminal", [.control("r")], .reload, "reload", "reload", "read rules and theme anew"),
        bind("terminal", [.control("l")], .redraw, "redraw", "redraw", "draw everything anew"),
    ]

    /// What a key means on a screen.
    package static func binding(_ key: Key, on screen: ScreenID) -> Binding? {
        all.first { $0.keys.contains(key) && ($0.screens.isEmpty || $0.screens.contains(screen)) }
    }

    /// Why an action cannot be carried out just now; nil when it can.
    package static func refusal(_ action: Action, _ app: App) -> String? {
        switch action {
        case .failover, .rehearse, .maintenance:
            if app.screen == .plan || app.screen == .run { return nil }
            if app.serviceNames.isEmpty { return "no service is configured: 4 says how, tocsin demo shows one" }
            return nil
        case .openRun: return app.serviceNames.isEmpty ? "no service is configured" : nil
        case .stopRun:
            guard let run = app.shownRun else { return "there is no run" }
            if run.state != .running { return "this run is \(run.state.rawValue): there is nothing to stop" }
            return run.isPastReturn ? "this run is past the last safe stop: it goes on to its end" : nil
        case .resumeRun, .closeRun:
            guard let run = app.shownRun else { return "there is no run" }
            return run.state == .unknown
                ? nil : "only a run whose outcome is unknown waits for a person; this one is \(run.state.rawValue)"
        case .acknowledge, .acknowledgeGroup, .giveBack, .note, .silence, .runbook, .open:
            if app.head?.past == true { return "this is the past; End comes back to now" }
            return app.target == nil ? "there is no alert" : nil
        case .acceptNormal, .falseAlarm:
            if app.head?.past == true { return "this is the past; End comes back to now" }
            if app.meantAnomaly != nil { return nil }
            return app.screen == .alerts
                ? "this alert is not about one series under a detector; 8 shows them all"
                : "no series is under a detector yet"
        case .earlier: return app.head == nil ? "there is no history yet" : nil
        case .later, .present: return app.at == nil ? "this is now already" : nil
        default: return nil
        }
    }

    /// The commands that begin with a text.
    package static func completions(_ prefix: String) -> [String] {
        (all.map(\.command) + ["theme", "switchover", "restart", "rejoin"]).filter { $0.hasPrefix(prefix) }.sorted()
    }
}

extension Key: ExpressibleByExtendedGraphemeClusterLiteral {
    public init(extendedGraphemeClusterLiteral value: Character) { self = .character(value) }
}
