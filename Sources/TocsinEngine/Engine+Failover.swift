import TimeSeries
import TocsinCore
import TocsinModel

/// How the engine watches services and carries orders out.
extension Engine {
    /// Starts asking every member, witness and client address.
    package func watchServices() {
        guard watches.isEmpty else { return }
        for service in parts.services {
            for rhythm in service.driver.probes {
                let watch = ServiceWatch(
                    engine: self, service: service.spec.name, rhythm: rhythm, driver: service.driver)
                watches.append(Task { await watch.follow() })
            }
        }
        if !parts.services.isEmpty { parts.onLinkChange? { Task { await self.linksChanged() } } }
    }

    /// Puts other services in force. Runs that are under way go on with the driver they began with.
    package func reload(_ services: [DrivenService]) {
        guard core.failover.activeRuns.isEmpty else { return }
        for watch in watches { watch.cancel() }
        watches = []
        parts.services = services
        decide(.services(services.map(\.spec)), at: serviceClock.now())
        watchServices()
        changed()
    }

    /// Says whether this engine may act on its services: nil for each that it may, else why not.
    package func stand(_ watchOnly: [String: String?]) {
        for (service, reason) in watchOnly.sorted(by: { $0.key < $1.key }) {
            decide(.standing(service: service, watchOnly: reason), at: serviceClock.now())
        }
        changed()
    }

    /// Takes a heartbeat. True while the service is to be asked more often.
    func probed(_ report: ProbeReport) -> Bool {
        let before = core.failover.outline(report.service)
        decide(.probed(report), at: Moment(engine: report.receivedAt, wall: serviceClock.now().wall))
        record(report)
        // A heartbeat like the one before waits for the next turn; news does not.
        if before != core.failover.outline(report.service) { changed() }
        return core.failover.isHurried(report.service)
    }

    private func linksChanged() {
        let now = serviceClock.now()
        for service in parts.services {
            for rhythm in service.driver.probes {
                guard let why = service.driver.cut(rhythm.source) else { continue }
                _ = probed(
                    ProbeReport(
                        service: service.spec.name, source: rhythm.source, outcome: .unseen(why), askedAt: now.engine,
                        receivedAt: now.engine, words: why))
            }
        }
    }

    // MARK: Doing

    /// Carries an order out. Its intent is on record: the core gives no order before.
    func perform(_ order: Order) {
        guard let driver = parts.services.first(where: { $0.spec.name == order.service })?.driver else {
            finished(order, .failed("the service is no longer configured"))
            return
        }
        Task {
            let outcome = await driver.perform(order)
            self.finished(order, outcome)
        }
    }

    private func finished(_ order: Order, _ outcome: StepOutcome) {
        decide(.stepFinished(order.run, step: order.step, undo: order.undo, outcome), at: serviceClock.now())
        changed()
    }

    /// Steps the core when something will change by the mere passing of time.
    func wake(at: Milliseconds) {
        if let wake, wake.at <= at, !wake.task.isCancelled, wake.at > serviceClock.now().engine { return }
        wake?.task.cancel()
        let pause = max(5, at - serviceClock.now().engine + 2)
        let task = Task {
            // A cancelled sleep means that another wake-up took its place.
            do { try await Task.sleep(for: .milliseconds(pause)) } catch { return }
            self.woken()
        }
        wake = (at, task)
    }

    private func woken() {
        wake = nil
        decide(.tick, at: serviceClock.now())
        recordServices()
        changed()
    }

    /// No run begins any more, and those that can stop do. The runs that are still under way.
    @discardableResult
    package func drain() -> [Run] {
        decide(.draining, at: serviceClock.now())
        changed()
        return core.failover.activeRuns
    }

    /// The runs that may still do something.
    package var activeRuns: [Run] { core.failover.activeRuns }

    package func runs(_ ids: Set<RunID>) -> [Run] { ids.sorted().compactMap { core.failover.run($0) } }

    /// True once every service has been judged.
    package var knowsServices: Bool {
        core.failover.views(at: serviceClock.now().engine).allSatisfy { $0.situation != .learning }
    }

    /// Takes what a journal holds of services and runs, for looking only.
    package func remember(_ services: [ServiceMemory], _ runs: [Run]) {
        journalFault = "this command only looks"
        decide(.restoredRuns(services, runs), at: serviceClock.now())
    }

    func preview(_ intent: FailoverIntent, by: Operator) -> PlanReply {
        defer { changed() }
        return core.failover.preview(intent, by: by, at: serviceClock.now())
    }

    // MARK: Series

    /// A heartbeat as series: rules judge services like everything else.
    private func record(_ report: ProbeReport) {
        let up: Double
        switch report.outcome {
        case .answered: up = 1
        case .unseen: return
        case .refused, .unwell, .silent: up = 0
        }
        let at = report.receivedAt
        let seconds = Double(report.receivedAt - report.askedAt) / 1000
        switch report.source {
        case .member(let name):
            append("tocsin_service_member_up", report.service, ["member": name], up, at)
            if up == 1 {
                append("tocsin_service_heartbeat_latency_seconds", report.service, ["member": name], seconds, at)
            }
        case .client: append("tocsin_service_client_up", report.service, [:], up, at)
        case .witness(let name): append("tocsin_service_witness_up", report.service, ["member": name], up, at)
        }
        recordService(report.service, at)
    }

    private func recordServices() {
        for service in parts.services { recordService(service.spec.name, serviceClock.now().engine) }
    }

    private func recordService(_ service: String, _ at: Milliseconds) {
        guard let view = core.failover.view(service, at: at) else { return }
        var lost: String?
        var primaries = 1.0
        var known = true
        switch view.situation {
        case .normal: break
        case .primaryLost(let name): lost = name
        case .noPrimary: primaries = 0
        case .twoPrimaries(let names): primaries = Double(names.count)
        case .learning, .unclear: known = false
        }
        if known { append("tocsin_service_primaries", service, [:], lost == nil ? primaries : 0, at) }
        append("tocsin_service_unclear", service, [:], Self.isUnclear(view.situation) ? 1 : 0, at)
        for member in view.members {
            let labels: Labels = ["member": member.name]
            append("tocsin_service_phi", service, labels, member.phi, at)
            let silent = member.name == lost ? Double(at - (member.heardAt ?? member.since)) / 1000 : 0
            append("tocsin_service_primary_lost_seconds", service, labels, max(0, silent), at)
            if let lag = member.lagBytes { append("tocsin_service_lag_bytes", service, labels, Double(lag.value), at) }
            if let lag = member.lagSeconds { append("tocsin_service_lag_seconds", service, labels, lag.value, at) }
        }
        append("tocsin_service_maintenance", service, [:], view.maintenance == nil ? 0 : 1, at)
        let waiting = view.run.flatMap { core.failover.run($0) }?.state == .unknown
        append("tocsin_service_run_unknown", service, [:], waiting ? 1 : 0, at)
    }

    private static func isUnclear(_ situation: Situation) -> Bool {
        if case .unclear = situation { true } else { false }
    }

    private func append(_ name: String, _ service: String, _ labels: Labels, _ value: Double, _ at: Milliseconds) {
        let own: Labels = ["__name__": name, "instance": parts.host, "job": "tocsin", "service": service]
        parts.store.append(own.merging(labels), value, at: at)
    }
}

extension Run {
    /// The same with the engine's times turned into wall times, as the journal keeps them.
    func shifted(by offset: Milliseconds) -> Run {
        var run = self
        run.startedAt += offset
        run.endedAt = run.endedAt.map { $0 + offset }
        run.plan.madeAt += offset
        run.plan.expiresAt += offset
        for number in run.steps.indices {
            run.steps[number].startedAt = run.steps[number].startedAt.map { $0 + offset }
            run.steps[number].undoStartedAt = run.steps[number].undoStartedAt.map { $0 + offset }
            run.steps[number].endedAt = run.steps[number].endedAt.map { $0 + offset }
        }
        return run
    }
}
