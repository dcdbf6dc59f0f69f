import TerminalKit
import TocsinModel

/// What keys and answers do to services, plans and runs.
extension App {
    mutating func take(_ receipt: Receipt) {
        say(receipt.words, receipt.outcome == .done ? nil : .warning)
        if receipt.outcome == .done, let run = receipt.run, screen == .plan {
            runShown = run
            planTyped = []
            planField = ""
            screen = .run
        } else if screen == .plan {
            planTyped = []
        }
    }

    mutating func take(_ reply: PlanReply) {
        switch reply {
        case .refused(let words): say(words, .warning)
        case .plan(let plan):
            // Somebody who went on to another screen meanwhile is not pulled back.
            guard planIntent?.service == plan.service else { return }
            if screen != .plan, screen != .run { beforePlan = screen == .help ? before : screen }
            planToken = plan.token
            planTyped = []
            planField = ""
            screen = .plan
            toast = nil
            pages[.plan] = head.map { Page(head: $0, body: .plan(PlanPage(plan: plan, service: nil))) }
        }
    }

    mutating func leavePlan() {
        if screen == .plan, shownPlan?.dead == nil { say("nothing was done") }
        planTyped = []
        planField = ""
        planIntent = nil
        screen = screen == .run ? .services : beforePlan
    }

    mutating func act(_ action: Action) -> [UIEffect] {
        switch action {
        case .failover:
            if screen == .plan, let planIntent { return [.preview(planIntent)] }
            return preview { FailoverIntent(service: $0) }
        case .rehearse: return preview { FailoverIntent(service: $0, mode: .rehearsal) }
        case .maintenance: return maintenance()
        case .openRun:
            guard let service = targetService, case .services(let page)? = pages[.services]?.body,
                let run = page.services.first(where: { $0.name == service })?.run
            else {
                say("there has been no run yet; F plans one")
                return []
            }
            runShown = run
            screen = .run
        case .stopRun: if let run = shownRun { return [send(.abort(run.id))] }
        case .resumeRun: if let run = shownRun { return [send(.resume(run.id))] }
        case .closeRun:
            if let run = shownRun {
                prompt = Prompt(
                    .closeRun(run.id), label: "what did you find?", hint: "Enter closes the run, Esc leaves it")
            }
        default: break
        }
        return []
    }

    /// Asks for a plan. The service is fixed now, whatever the list does until the answer is there.
    mutating func preview(_ intent: (String) -> FailoverIntent) -> [UIEffect] {
        let running = screen == .run ? shownRun?.plan.service : nil
        guard let service = running ?? targetService else {
            say("choose a service first: j and k, then F", .info)
            if screen != .services { show(.services) }
            return []
        }
        let wanted = intent(service)
        planIntent = wanted
        return [.preview(wanted)]
    }

    private mutating func maintenance() -> [UIEffect] {
        guard let service = targetService else { return [] }
        if case .services(let page)? = pages[.services]?.body,
            page.services.first(where: { $0.name == service })?.maintenance != nil
        {
            return [send(.endMaintenance(service: service))]
        }
        prompt = Prompt(
            .maintain(service), label: "maintenance of \(service)",
            hint: "how long and why, as in: 2h moving disks; Enter begins it, Esc leaves")
        return []
    }

    mutating func moveService(_ rows: Int) {
        let names = serviceNames
        guard !names.isEmpty else { return }
        let current = names.firstIndex { $0 == selectedService } ?? 0
        selectedService = names[max(0, min(names.count - 1, current + rows))]
    }

    /// A plan is on the screen and waits for its words.
    var isConfirming: Bool {
        guard screen == .plan, let plan = shownPlan else { return false }
        return plan.dead == nil && plan.refusals.isEmpty
    }

    /// Keys while a plan waits for its words. Nil when the key means what it means everywhere.
    mutating func typeConfirmation(_ key: Key) -> [UIEffect]? {
        guard let plan = shownPlan, plan.dead == nil, plan.refusals.isEmpty else { return nil }
        let wanted = plan.confirmation
        switch key {
        case .escape, .control("l"), .control("z"), .control("r"): return nil
        case .control("y"): return perform(.copy)
        case .control("u"): planField = ""
        case .backspace, .delete: if !planField.isEmpty { planField.removeLast() }
        case .character(let character): if planField.count < 200 { planField.append(character) }
        case .enter:
            guard planTyped.count < wanted.count else { return [] }
            guard planField == wanted[planTyped.count] else {
                say(
                    planField.isEmpty
                        ? "type the words first; nothing was done"
                        : "that is not “\(wanted[planTyped.count])”; nothing was done", .warning)
                planField = ""
                return []
            }
            planTyped.append(planField)
            planField = ""
            if planTyped.count == wanted.count { return [send(.execute(plan.token, typed: planTyped))] }
        default: break
        }
        return []
    }

    /// What `y` copies from these screens.
    var serviceText: String? {
        if screen == .plan { return shownPlan?.byHand.joined(separator: "\n") }
        if screen == .run, let run = shownRun {
            let steps = run.steps.enumerated().map { "\($0 + 1). \($1.state.rawValue): \($1.step.words) \($1.words)" }
            return
                ([
                    "run \(run.id.short), \(run.plan.kind.rawValue) of \(run.plan.title) by \(run.by.name)",
                    "\(RunScreen.words(run)): \(run.verdict)",
                ] + steps + [RunScreen.timings(run)]).joined(separator: "\n")
        }
        if case .services(let page)? = pages[.services]?.body, let name = targetService,
            let service = page.services.first(where: { $0.name == name })
        {
            return "\(service.title): \(service.sentence)"
        }
        return nil
    }
}
