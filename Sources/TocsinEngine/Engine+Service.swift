import BlockingWork
import Synchronization
import TocsinCore
import TocsinModel

/// The engine as one operator sees it. What the operator may not do is refused here, before anything comes of it.
package struct OperatorSession: TocsinService {
    private let engine: Engine
    package let identity: Identity
    private var by: Operator { identity.by }

    /// - Parameter by: who it is, told by the kernel; the owner of the engine, who may do everything.
    package init(_ engine: Engine, by: Operator) {
        self.init(engine, as: Identity(by, .full, proof: "this process"))
    }

    package init(_ engine: Engine, as identity: Identity) {
        self.engine = engine
        self.identity = identity
    }

    package func page(
        _ request: PageRequest, since: Revision?, waitingUpTo limit: Duration
    ) async throws -> PageReply {
        try check(request.topic == .tokens ? .administer : .look)
        if let since { await engine.waitForChange(since: since, atMost: limit) }
        return await engine.page(request, since: since, by: by)
    }

    package func query(_ request: QueryRequest, within bounds: QueryBounds) async throws -> QueryResult {
        try check(.look)
        return try await engine.query(request, bounds)
    }

    private func check(_ permission: Permission) throws {
        if let refusal = identity.access.refusal(of: permission) { throw AccessDenied(refusal) }
    }

    package func preview(_ intent: FailoverIntent) async throws -> PlanReply {
        if let refusal = identity.access.refusal(of: .act(service: intent.service)) { return .refused(refusal) }
        return await engine.preview(intent, by: by)
    }

    package func perform(_ id: CommandID, _ command: OperatorCommand) async throws -> Receipt {
        let permission = await engine.permission(for: command)
        if let refusal = identity.access.refusal(of: permission) {
            await engine.denied(command, by: by, refusal)
            throw AccessDenied(refusal)
        }
        return await engine.perform(id, command, by: by)
    }
}

extension Engine {
    /// What a command needs to be granted.
    func permission(for command: OperatorCommand) -> Permission {
        func acting(_ run: RunID) -> Permission { .act(service: core.failover.run(run)?.plan.service ?? "") }
        return switch command {
        case .acceptAnomaly, .refuseAnomaly, .acknowledge, .unacknowledge, .silence, .expireSilence: .operate
        case .execute(let token, _): .act(service: core.failover.plan(token)?.service ?? "")
        case .abort(let run), .resume(let run), .close(let run, _): acting(run)
        case .maintain(let service, _, _), .endMaintenance(let service): .act(service: service)
        case .addToken, .revokeToken: .administer
        }
    }

    /// A command that somebody may not give is on record all the same.
    func denied(_ command: OperatorCommand, by: Operator, _ words: String) {
        let entry = AuditEntry(
            at: parts.clock.now().wall, by: by, action: "denied", target: OperatorCommand.name(of: command),
            detail: words)
        write([], [entry], sequence: 0)
    }

    func query(_ request: QueryRequest, _ bounds: QueryBounds) async throws -> QueryResult {
        let begin = ContinuousClock.now
        defer {
            parts.registry.add(OwnMetrics.queries)
            parts.registry.add(OwnMetrics.querySeconds, .none, begin.duration(to: .now) / .seconds(1))
        }
        let families = (parts.pool?.families ?? [:]).merging(targets?.families ?? [:]) { own, _ in own }
        if case .metadata = request { return .families(families.values.sorted { $0.name < $1.name }) }
        if case .exposition = request {
            return .readings(try await desk.exposition(of: parts.host, families, at: now.engine))
        }
        let wall = parts.clock.now().wall
        return try await desk.answer(request, bounds, now: wall, offset: now.offset)
    }

    func perform(_ id: CommandID, _ command: OperatorCommand, by: Operator) async -> Receipt {
        switch command {
        case .acceptAnomaly(let name), .refuseAnomaly(let name):
            if let refusal = parts.loop.refusal(of: name) { return Receipt(.refused, refusal) }
        default: break
        }
        let receipt = await withCheckedContinuation { continuation in
            replies[id] = continuation
            decide(.command(id, command, by: by), at: parts.services.isEmpty ? now : serviceClock.now())
        }
        changed()
        return receipt
    }

    func page(_ request: PageRequest, since: Revision?, by: Operator) async -> PageReply {
        let current = revision
        if let since, since.isSame(as: current) { return .unchanged(current, nil) }
        let context = context(by, of: request.host)
        let at = request.at.map { min($0, context.now.engine) } ?? context.now.engine
        let body: PageBody
        let recent = RecentValues(
            HostSource(context.store, host: context.host), at: at, period: context.period)
        switch request.topic {
        case .overview:
            let events = await events(visible: request.rows >= 40)
            var page = OverviewBuilder(context: context, recent: recent, at: at).page(events: events)
            if request.host == nil { page.services = core.failover.views(at: at).map(ServicesBuilder.line) }
            body = .overview(page)
        case .alerts(let selected): body = .alerts(await alerts(selected, context))
        case .processes(let order, let filter): body = .processes(processes(request, order, filter, context))
        case .audit: body = .audit(await audit(request))
        case .services(let selected):
            body = .services(ServicesBuilder(core.failover, serviceClock.now().engine).page(selected: selected))
        case .plan(let token):
            body = .plan(ServicesBuilder(core.failover, serviceClock.now().engine).plan(token))
        case .silences: body = .silences(silences(context.now.engine))
        case .tokens:
            body = .tokens(
                TokensPage(
                    tokens: core.allTokens.map { token in
                        var shown = token
                        shown.hash = ""
                        return shown
                    }))
        case .rules:
            body = .rules(
                RulesBuilder(
                    core: core, groups: parts.groups, groupTimes: groupTimes, ruleSeconds: ruleSeconds
                ).page)
        case .health: body = .health(await health())
        case .targets: body = .targets(TargetsBuilder.page(targets))
        case .anomalies(let selected):
            body = .anomalies(await anomalies(selected, at: at, past: request.at != nil))
        case .fleet(let label, let filter): body = .fleet(await fleet(label, filter, context))
        case .run(let id): body = .run(ServicesBuilder(core.failover, serviceClock.now().engine).run(id))
        }
        var head = context.head(recent, at: at, past: request.at != nil)
        switch request.topic {
        // Ages of heartbeats are counted to now and not to the last turn.
        case .services, .plan, .run: head.now = serviceClock.now().engine
        default: break
        }
        return .page(Page(head: head, body: body), current)
    }

    private func context(_ by: Operator, of other: String?) -> PageContext {
        var context = PageContext(
            core: core, now: now, startedAt: startedAt ?? now.engine, heartbeat: heartbeat,
            failures: latest?.failures ?? [], trends: latest?.trends ?? TrendBook(), expected: latest?.expected ?? [:],
            lastOom: lastOom?.at, thresholds: thresholds, store: parts.store,
            processes: parts.processes.snapshot.withLock { $0 }, environment: parts.environment, host: parts.host,
            operatorName: by.name, period: parts.period, notices: notices)
        if let other, other != parts.host { context.turn(to: other, targets?.targets ?? []) }
        return context
    }

    /// The fleet; its numbers are asked at most every five seconds, however many look.
    private func fleet(_ label: String?, _ filter: String, _ context: PageContext) async -> FleetPage {
        let targets = targets?.targets ?? []
        var numbers: [String: FleetNumbers] = [:]
        if targets.count <= FleetPage.mostWithNumbers {
            let at = context.now.engine
            if let known = fleetNumbers, at - known.at < 5_000 {
                numbers = known.values
            } else {
                numbers = await queryThread.run { [store] in FleetNumbers.all(from: store, at: at) }
                fleetNumbers = (at, numbers)
            }
        }
        return FleetBuilder(context: context, targets: targets, numbers: numbers).page(groupedBy: label, filter: filter)
    }

    /// The newest entries for screens tall enough to show them; read again only when something was written.
    private func events(visible: Bool) async -> [AuditEntry] {
        guard visible, journal != nil else { return [] }
        if let known = newestEvents { return known }
        let entries = (await slice(offset: 0, count: 20, episode: nil)).entries
        newestEvents = entries
        return entries
    }

    private func processes(
        _ request: PageRequest, _ order: ProcessOrder, _ filter: String, _ context: PageContext
    ) -> ProcessesPage {
        let query = ProcessQuery(order: order, filter: filter, offset: request.offset, rows: request.rows)
        parts.processes.query.withLock { $0 = query }
        return context.processes?.page
            ?? ProcessesPage(
                rows: [], offset: 0, matching: 0, total: 0, threads: 0, running: 0, blocked: 0, order: order)
    }

    private func audit(_ request: PageRequest) async -> AuditPage {
        let slice = await slice(offset: request.offset, count: request.rows, episode: nil)
        return AuditPage(entries: slice.entries, offset: request.offset, total: slice.total, chain: slice.chain)
    }

    func slice(offset: Int, count: Int, episode: String?) async -> AuditSlice {
        guard let journal else {
            return AuditSlice(entries: [], total: 0, chain: journalFault ?? "there is no journal")
        }
        return await journalThread.run {
            do throws(JournalFailure) {
                return try journal.audit(offset: offset, count: count, episode: episode)
            } catch { return AuditSlice(entries: [], total: 0, chain: "the journal cannot be read: \(error)") }
        }
    }
}
