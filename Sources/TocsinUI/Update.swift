import TerminalKit
import TocsinModel

/// Takes one message into the model and says what is to be done. Nothing else changes the model.
package func update(_ app: inout App, _ message: Message) -> [UIEffect] {
    var effects: [UIEffect] = []
    switch message {
    case .key(let key): effects = app.askForName(app.press(key))
    case .resized(let width, let height):
        app.width = width
        app.height = height
    case .page(let page): app.take(page)
    case .quiet(let time):
        if let head = app.head { app.silentFor = max(0, time - (head.collectedAt + head.clockOffset)) }
    case .pulse(let pulse): app.take(pulse)
    case .failed(let reason, let time):
        app.failure = reason
        app.lostFor = app.head.map { max(0, time - ($0.collectedAt + $0.clockOffset)) }
    case .receipt(let receipt): app.take(receipt)
    case .planned(let reply): app.take(reply)
    case .toast(let severity, let text): app.say(text, severity)
    }
    if app.requested != app.request {
        app.requested = app.request
        effects.append(.request(app.request))
    }
    return effects
}

extension App {
    /// Nothing on the page has changed but its clock.
    mutating func take(_ pulse: Pulse) {
        silentFor = nil
        failure = nil
        head?.now = pulse.now
        head?.clockOffset = pulse.clockOffset
        head?.heartbeat = pulse.heartbeat
        head?.collectedAt = pulse.collectedAt
        ageToast()
    }

    private mutating func ageToast() {
        guard toast != nil else { return }
        toast!.left -= 1
        if toast!.left <= 0 { toast = nil }
    }

    mutating func take(_ page: Page) {
        silentFor = nil
        failure = nil
        head = page.head
        ageToast()
        let of: ScreenID
        switch page.body {
        case .overview: of = .overview
        case .alerts: of = .alerts
        case .processes: of = .processes
        case .audit: of = .audit
        case .services: of = .services
        case .plan: of = .plan
        case .run: of = .run
        case .health: of = .engine
        case .fleet: of = .fleet
        case .anomalies: of = .anomalies
        case .silences, .tokens, .rules, .targets: return
        }
        // Frozen lists keep their body; the head is always new.
        let acts = of == .plan || of == .run
        if !acts, frozen || prompt.map({ $0.purpose != .command }) == true, var old = pages[of], !filtering(of) {
            old.head = page.head
            pages[of] = old
        } else {
            pages[of] = page
        }
        if screen == .alerts, selected == nil { selected = target?.alert.episode }
    }

    private func filtering(_ screen: ScreenID) -> Bool {
        if case .filter(let of)? = prompt?.purpose { return of == screen }
        return false
    }

    mutating func press(_ key: Key) -> [UIEffect] {
        if prompt != nil { return edit(key) }
        if case .click(let x, let y) = key { return click(x, y) }
        if screen == .plan, let effects = typeConfirmation(key) { return effects }
        guard let binding = Keymap.binding(key, on: screen) else {
            say("\(key.words) does nothing here; ? shows the keys")
            return []
        }
        return perform(binding.action)
    }

    /// A click on the last line chooses a screen by the word under it; elsewhere it does nothing, so that a stray click
    /// cannot move a selection under somebody's fingers.
    private mutating func click(_ x: Int, _ y: Int) -> [UIEffect] {
        guard y == height - 1 else { return [] }
        var column = 1
        for binding in HintLine.bindings(self) {
            let end = column + binding.text.count
            if (column..<end).contains(x) { return perform(binding.action) }
            column = end + 1
        }
        return []
    }

    package mutating func perform(_ action: Action) -> [UIEffect] {
        if let refusal = Keymap.refusal(action, self) {
            say(refusal, .warning)
            return []
        }
        switch action {
        case .screen(let wanted): show(wanted)
        case .nextScreen: show(neighbour(1))
        case .previousScreen: show(neighbour(-1))
        case .back: back()
        case .open: openAlert()
        case .up: move(-1)
        case .down: move(1)
        case .pageUp: move(-max(1, height - 6))
        case .pageDown: move(max(1, height - 6))
        case .first: move(-1_000_000)
        case .last: move(1_000_000)
        case .mark: mark()
        case .order: nextOrder()
        case .freeze:
            frozen.toggle()
            say(frozen ? "lists are frozen; z lets them go" : "lists are live")
        case .earlier, .later, .present: travel(action)
        case .filter:
            prompt = Prompt(
                .filter(screen), label: "show only", hint: "Enter keeps it, Esc shows all", text: filters[screen] ?? "")
        case .command: prompt = Prompt(.command, label: ":", hint: "Tab completes, Enter does it, Esc leaves")
        case .note:
            prompt = Prompt(
                .note(targets), label: "note for \(targetWords)",
                hint: "begin with 30m, 2h or 1d to let it end by itself; Enter takes it, Esc leaves")
        case .acknowledge: return [send(.acknowledge(targets, comment: "", duration: nil, sticky: false))]
        case .acknowledgeGroup:
            let name = target?.alert.name
            let group = alertRows.filter {
                $0.alert.name == name && $0.isUnowned
            }
            return [send(.acknowledge(group.map(\.alert.episode), comment: "", duration: nil, sticky: false))]
        case .giveBack: return giveBack()
        case .silence: askForSilence()
        case .runbook: return runbook()
        case .copy: return copyRow()
        case .mouse:
            mouse.toggle()
            say(mouse ? "mouse on: the terminal's own selection needs Shift" : "mouse off")
            return [.mouse(mouse)]
        case .reload: return [.reload]
        case .redraw: return [.redraw]
        case .suspend: return [.suspend]
        case .quit: return [.quit]
        case .left, .right, .grouping, .metric, .faultsOnly, .nextBad, .openHost: actOnFleet(action)
        case .acceptNormal, .falseAlarm: return judgeAnomaly(action)
        case .failover, .rehearse, .maintenance, .openRun, .stopRun, .resumeRun, .closeRun: return act(action)
        }
        return []
    }

    private func neighbour(_ step: Int) -> ScreenID {
        let ring = ScreenID.ring
        let at = ring.firstIndex(of: screen) ?? 3
        return ring[(at + step + ring.count) % ring.count]
    }

    mutating func send(_ command: OperatorCommand) -> UIEffect {
        commandsSent += 1
        marked = []
        if screen == .overview { selected = nil }
        return .perform(CommandID(settings.commandSalt &+ commandsSent), command)
    }

    private var targetWords: String {
        let count = targets.count
        return count > 1 ? "\(count) alerts" : target.map { "\($0.alert.name) \($0.subject)" } ?? ""
    }

    mutating func show(_ wanted: ScreenID) {
        if wanted == .help { if screen != .help { before = screen } }
        // On the overview `a` means what the verdict speaks of, until somebody chooses a row there.
        if wanted == .overview, screen != .help { selected = nil }
        screen = wanted
        openDetail = false
        offsets[.help] = 0
        if wanted == .alerts, selected == nil { selected = head?.verdict.episode }
    }

    private mutating func back() {
        if screen == .help { return show(before) }
        if screen == .plan || screen == .run { return leavePlan() }
        if openDetail { return openDetail = false }
        if at != nil { return at = nil }
        if filters[screen]?.isEmpty == false { return filters[screen] = "" }
        if !marked.isEmpty { return marked = [] }
        if screen == .overview, shownHost != nil {
            pages[.overview] = nil
            shownHost = nil
            return show(.fleet)
        }
        if screen != .overview { show(.overview) }
    }

    private mutating func openAlert() {
        selected = target?.alert.episode
        if screen == .alerts {
            openDetail.toggle()
        } else {
            show(.alerts)
        }
    }

    private mutating func move(_ rows: Int) {
        switch screen {
        case .overview, .alerts:
            let shown = alertRows.map(\.alert.episode)
            guard !shown.isEmpty else { return }
            let current = target.flatMap { shown.firstIndex(of: $0.alert.episode) } ?? 0
            let start = selected == nil && screen == .overview ? current - (rows > 0 ? 1 : 0) : current
            selected = shown[max(0, min(shown.count - 1, start + rows))]
        case .processes: moveProcess(rows)
        case .services: moveService(rows)
        case .fleet: moveFleet(rows: rows)
        case .anomalies: moveAnomaly(rows)
        case .plan, .run: break
        case .audit, .engine, .help:
            var last = 1_000
            if case .audit(let page)? = page?.body { last = max(0, page.total - 1) }
            offsets[screen] = max(0, min(last, (offsets[screen] ?? 0) + rows))
        }
    }

    private mutating func moveProcess(_ rows: Int) {
        guard case .processes(let list)? = page?.body, !list.rows.isEmpty else { return }
        let current = list.rows.firstIndex { $0.pid == cursorPID } ?? 0
        let wanted = list.offset + current + rows
        let place = max(0, min(list.matching - 1, wanted))
        let visible = max(1, height - 5)
        var offset = list.offset
        if place < offset { offset = place }
        if place >= offset + visible { offset = place - visible + 1 }
        offsets[.processes] = offset
        let inPage = place - list.offset
        if list.rows.indices.contains(inPage) {
            cursorPID = list.rows[inPage].pid
        } else {
            cursorPID = rows > 0 ? list.rows.last?.pid : list.rows.first?.pid
        }
    }

    private mutating func mark() {
        guard let episode = target?.alert.episode else { return }
        if marked.remove(episode) == nil { marked.insert(episode) }
        move(1)
    }

    private mutating func nextOrder() {
        let all = ProcessOrder.allCases
        order = all[((all.firstIndex(of: order) ?? 0) + 1) % all.count]
        offsets[.processes] = 0
        say("ordered by \(order.rawValue)")
    }

    private mutating func travel(_ action: Action) {
        let now = head.map { $0.past ? $0.collectedAt : $0.now } ?? 0
        switch action {
        case .earlier: at = max(now - 3_600_000, (at ?? now) - 60_000)
        case .later:
            let next = (at ?? now) + 60_000
            at = next >= now ? nil : next
        default: at = nil
        }
    }
}
