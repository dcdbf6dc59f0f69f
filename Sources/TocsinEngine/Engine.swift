import BlockingWork
import FoundationEssentials
import Logging
import Synchronization
import TimeSeries
import TocsinCore
import TocsinModel

/// The one actor: steps the core with what the loop reports and operators ask, has decisions written down, and answers
/// pages. Nothing waits between reading and writing the core.
package actor Engine {
    /// What an engine is made of.
    package struct Parts: Sendable {
        package var store: SeriesStore
        package var loop: EngineLoop
        package var processes: ProcessWatch.Handle
        package var groups: [RuleGroup]
        package var clock: any SystemClock
        package var environment: String
        package var host: String
        package var period: Milliseconds
        package var logger: Logger
        /// Services with what drives them.
        package var services: [DrivenService] = []
        /// Calls back whenever a link of this host changes.
        package var onLinkChange: (@Sendable (@escaping @Sendable () -> Void) -> Void)?
        /// What the program counts of itself.
        package var registry = MetricRegistry()
        /// The collectors, for the meaning of what they collect.
        package var pool: CollectorPool?
        /// What was written down, for questions that reach further back than memory.
        package var archive: (@Sendable () throws -> any SampleSource)?
        package var version = ""
        /// Called at every fifth turn: a sign of life for whoever comes after a crash.
        package var alive: (@Sendable () -> Void)?

        package init(
            store: SeriesStore, loop: EngineLoop, processes: ProcessWatch.Handle, groups: [RuleGroup],
            clock: any SystemClock, environment: String, host: String, period: Milliseconds, logger: Logger,
            alive: (@Sendable () -> Void)? = nil
        ) {
            self.store = store
            self.loop = loop
            self.processes = processes
            self.groups = groups
            self.clock = clock
            self.environment = environment
            self.host = host
            self.period = period
            self.logger = logger
            self.alive = alive
        }
    }

    var parts: Parts
    private nonisolated let loop: EngineLoop
    private nonisolated let ownRegistry: MetricRegistry
    /// The series of everything that is watched.
    package nonisolated let store: SeriesStore
    var core = MonitorCore()
    var latest: TurnReport?
    /// What the detectors watched when they were last asked.
    var anomalies = AnomaliesPage(rows: [], total: 0)
    var startedAt: Milliseconds?
    var heartbeat: UInt64 = 0
    var lastOom: (count: Double, at: Milliseconds?)?
    var thresholds: Thresholds
    let epoch: UInt64
    private(set) var number: UInt64 = 0
    private var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
    private var nextWaiter = 0
    var replies: [CommandID: CheckedContinuation<Receipt, Never>] = [:]
    var journal: (any Journal)?
    /// Why nothing can be recorded, for the banner and for refusals.
    var journalFault: String? = "the journal is not open yet"
    var standing: [Notice] = []
    var keyedNotices: [String: Notice] = [:]
    let journalThread = SerialThread(name: "tocsin-journal")
    let queryThread = SerialThread(name: "tocsin-query")
    /// How each group and rule was last evaluated.
    var groupTimes: [RuleKey: (seconds: Double, at: Milliseconds)] = [:]
    var ruleSeconds: [RuleKey: Double] = [:]
    /// The numbers of the fleet, asked again after a while.
    var fleetNumbers: (at: Milliseconds, values: [String: FleetNumbers])?
    /// What is scraped and probed.
    var targets: (any TargetSource)?
    /// Decisions on their way to the disk.
    var journalQueue = 0
    /// The newest audit entries, until something is written.
    var newestEvents: [AuditEntry]?
    /// Stamps heartbeats at the moment they come in.
    package nonisolated let serviceClock: ServiceClock
    var watches: [Task<Void, Never>] = []
    var wake: (at: Milliseconds, task: Task<Void, Never>)?
    /// Curves that were drawn a short while ago.
    var histories: [EpisodeID: (at: Milliseconds, trend: Trend)] = [:]
    var courses: [WatchedName: (at: Milliseconds, until: Milliseconds, detail: AnomaliesPage.Detail)] = [:]

    package init(_ parts: Parts) {
        self.parts = parts
        loop = parts.loop
        ownRegistry = parts.registry
        store = parts.store
        thresholds = Thresholds(parts.groups)
        epoch = UInt64(parts.clock.now().wall)
        serviceClock = ServiceClock(parts.clock)
        // Nothing is known yet, so nothing comes of it but that the core knows its rules.
        core.home = parts.host
        let start = Moment(parts.clock.now().wall)
        _ = core.step(.configured(RuleScheduler(parts.groups).keys), at: start)
        _ = core.step(.services(parts.services.map(\.spec)), at: start)
    }

    /// Starts the loop and takes its reports, in order, until the loop is stopped.
    package nonisolated func run() {
        let (reports, feed) = AsyncStream.makeStream(of: TurnReport.self)
        loop.run { feed.yield($0) }
        Task {
            for await report in reports { await turned(report) }
        }
    }

    /// The moment pages speak of: that of the last turn, or now before the first.
    var now: Moment { latest?.at ?? Moment(parts.clock.now().wall) }

    /// Takes one turn of the loop.
    package func turned(_ report: TurnReport) {
        if startedAt == nil { startedAt = report.at.engine }
        latest = report
        if let found = report.anomalies { anomalies = found }
        heartbeat += 1
        for result in report.results {
            note(result)
            decide(.evaluated(result), at: report.at)
        }
        decide(.tick, at: parts.services.isEmpty ? report.at : serviceClock.now())
        noticeOom(report.at.engine)
        if let gap = report.gap { noticeGap(gap, report.at) }
        if let memories = report.memories { keep(memories) }
        if heartbeat % 5 == 0 { parts.alive?() }
        if heartbeat % 10 == 0, journalFault != nil, journal != nil { retryJournal(report.at) }
        histories = histories.filter { report.at.engine - $0.value.at < 60_000 }
        courses = courses.filter { report.at.engine - $0.value.at < 60_000 }
        changed()
    }

    private func note(_ result: GroupResult) {
        for outcome in result.outcomes { ruleSeconds[outcome.key] = outcome.seconds }
        if let first = result.outcomes.first { groupTimes[first.key] = (result.seconds, result.at.engine) }
    }

    /// Every token there is, with its hash.
    package var tokens: [AccessToken] { core.allTokens }

    /// Counts the turns: it stands still when the engine does.
    package var beat: UInt64 { heartbeat }

    /// What the program counts of itself.
    package nonisolated var registry: MetricRegistry { ownRegistry }

    /// Shows what is scraped from now on.
    package func show(_ targets: any TargetSource) { self.targets = targets }

    var desk: QueryDesk { QueryDesk(store: parts.store, archive: parts.archive, thread: queryThread) }

    private func noticeOom(_ now: Milliseconds) {
        let newest = try? parts.store.latest(
            matching: [LabelMatcher("__name__", .equal, "node_vmstat_oom_kill")], after: now - 15_000, at: now)
        guard let count = newest?.first?.value else { return }
        if let before = lastOom, count > before.count {
            lastOom = (count, now)
        } else {
            lastOom = (count, lastOom?.at)
        }
    }

    private func noticeGap(_ gap: Milliseconds, _ at: Moment) {
        let entry = AuditEntry(
            at: at.wall, by: .engine, action: "not watching", target: parts.host,
            detail: "for \(Words.duration(gap)): the process was stopped or the machine suspended")
        write([], [entry], sequence: 0)
    }

    /// Steps the core and sees to what is due.
    func decide(_ input: Input, at now: Moment) {
        let decision = core.step(input, at: now)
        for reply in decision.replies { replies.removeValue(forKey: reply.id)?.resume(returning: reply.receipt) }
        if decision.needsCommit { write(decision.changes, decision.audit, sequence: decision.sequence) }
        for order in decision.act { perform(order) }
        for order in decision.detectors { parts.loop.send(.detector(order)) }
        if let at = decision.wakeAt { wake(at: at) }
    }

    func configure() { decide(.configured(RuleScheduler(parts.groups).keys), at: now) }

    // MARK: Revisions

    var revision: Revision { Revision(epoch: epoch, number: number) }

    /// Something a page could show has changed.
    func changed() {
        number += 1
        let all = waiters
        waiters = [:]
        for (_, waiter) in all.sorted(by: { $0.key < $1.key }) { waiter.resume() }
    }

    /// Waits for a newer revision, at most so long.
    func waitForChange(since: Revision, atMost limit: Duration) async {
        guard since.isSame(as: revision) else { return }
        nextWaiter += 1
        let id = nextWaiter
        let timeout = Task {
            // A cancelled sleep only means that the wait is over already.
            try? await Task.sleep(for: limit)
            if !Task.isCancelled { self.release(id) }
        }
        await withCheckedContinuation { waiters[id] = $0 }
        timeout.cancel()
    }

    private func release(_ id: Int) { waiters.removeValue(forKey: id)?.resume() }
}
