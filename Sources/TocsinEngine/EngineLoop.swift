import BlockingWork
import Dispatch
import Glibc
import Synchronization
import TimeSeries
import TocsinCore
import TocsinModel

/// What one turn of the loop brought to the engine.
package struct TurnReport: Sendable {
    package var at: Moment
    package var results: [GroupResult]
    package var failures: [CollectorHealth]
    package var trends: TrendBook
    package var expected: [String: ClosedRange<Double>]
    /// Milliseconds in which nothing was watched before this turn, when the process was stopped or suspended.
    package var gap: Milliseconds?
    package var memories: [DetectorMemory]?
    /// What the detectors watch, now and then.
    package var anomalies: AnomaliesPage?
}

/// Collects, feeds the detectors, evaluates rules: once a period, in this order, on a thread of its own.
///
/// The loop owns everything that changes from turn to turn; the engine gets reports. So a slow evaluation delays the
/// next turn and nothing else.
package final class EngineLoop: @unchecked Sendable {
    // Touched only by the thread that turns; commands come through `orders`.
    private let store: SeriesStore
    /// The series of this host.
    private let own: HostSource
    private let pool: CollectorPool
    private let clock: any SystemClock
    private let target: Labels
    private let period: Milliseconds
    private var scheduler: RuleScheduler
    private var anomalies: AnomalyBook
    private let watched: WatchedNames
    private var trends = TrendBook()
    private var timeLine = TimeLine()
    private var tick = 0
    private var last: Moment?
    /// When the first turn was made.
    private var since: Milliseconds?
    private var grid: Milliseconds = 0
    private var memoriesDue: Milliseconds = 0
    private let registry: MetricRegistry
    private var late = 0.0
    private let orders = Mutex<[Order]>([])
    private let thread = SerialThread(name: "tocsin-engine")
    private let stopping = Atomic(false)
    private let awake = DispatchSemaphore(value: 0)

    /// What the engine tells the loop between two turns.
    package enum Order: Sendable {
        case restore([RuleKey: [ActiveAlert]], aliveUntil: Milliseconds?, [DetectorMemory])
        case replace([RuleGroup], [AnomalySpec])
        case detector(DetectorOrder)
    }

    package init(
        store: SeriesStore, pool: CollectorPool, clock: any SystemClock, groups: [RuleGroup], target: Labels,
        period: Milliseconds, anomalies: [AnomalySpec] = [], registry: MetricRegistry = MetricRegistry()
    ) {
        self.registry = registry
        self.store = store
        own = HostSource(store, host: target["instance"] ?? "")
        self.pool = pool
        self.clock = clock
        self.target = target
        self.period = period
        scheduler = RuleScheduler(groups)
        self.anomalies = AnomalyBook(anomalies)
        watched = self.anomalies.names
    }

    /// Why a series cannot be spoken of: no detector watches it at present. Nil when one does.
    package func refusal(of name: WatchedName) -> String? {
        if watched.contains(name) { return nil }
        let like = watched.like(name).map(\.description)
        return "no detector watches \(name); "
            + (like.isEmpty
                ? "8 and tocsin anomalies list those there are"
                : "it takes all of a series' labels, as in \(like.joined(separator: " or "))")
    }

    /// Hands an order over; it is carried out before the next turn.
    package func send(_ order: Order) { orders.withLock { $0.append(order) } }

    /// Turns once a period until ``stop()``. Reports come on the loop's thread, in order.
    package func run(_ report: @escaping @Sendable (TurnReport) -> Void) {
        thread.async { [self] in
            // The second turn follows soon, because every rate needs two samples.
            var next = Self.monotonic()
            while !stopping.load(ordering: .relaxed) {
                late = Double(Self.monotonic() - next) / 1000
                report(turn())
                next += tick == 1 ? min(300, UInt64(period)) : UInt64(period)
                let now = Self.monotonic()
                if next <= now { next = now + UInt64(period) - (now - next) % UInt64(period) }
                rest(until: next)
            }
        }
    }

    package func stop() {
        stopping.store(true, ordering: .relaxed)
        awake.signal()
    }

    /// Ends the turns, and gives what every detector has learned.
    package func end() async -> [DetectorMemory] {
        stop()
        return await thread.run { [self] in last.map { anomalies.memories(at: $0, all: true) } ?? [] }
    }

    /// One turn. Public to tests, which turn by hand with a clock of their own.
    package func turn() -> TurnReport {
        let begin = ContinuousClock.now
        defer {
            registry.set(OwnMetrics.turnSeconds, .none, begin.duration(to: .now) / .seconds(1))
            registry.set(OwnMetrics.turnLag, .none, late)
            registry.add(OwnMetrics.turns)
        }
        let moment = onGrid(timeLine.moment(clock.now()))
        obey(moment)
        let gap = last.flatMap {
            moment.engine - $0.engine > 3 * period + 2_000 ? moment.engine - $0.engine - period : nil
        }
        last = moment
        let since = since ?? moment.engine
        self.since = since
        pool.collect(tick: tick, at: moment.engine)
        tick += 1
        anomalies.feed(from: own, and: store, at: moment)
        let results = scheduler.evaluate(from: store, at: moment, watchedSince: since)
        record(results, at: moment.engine)
        if trends.isDue(moment.engine) {
            let values = TrendValues.now(own, moment.engine, period)
            trends.add(values.merging(anomalies.lines) { value, _ in value }, at: moment.engine)
        }
        if tick % 16 == 0 { store.enforceLimits(now: moment.engine) }
        var report = TurnReport(
            at: moment, results: results, failures: pool.failures, trends: trends, expected: [:], gap: gap)
        for name in DefaultDetectors.shown { report.expected[name] = anomalies.expected(name) }
        if tick % 5 == 1 { report.anomalies = anomalies.page() }
        if moment.engine >= memoriesDue {
            if memoriesDue > 0 { report.memories = anomalies.memories(at: moment) }
            memoriesDue = moment.engine + 10_000
        }
        return report
    }

    /// Samples lie on a grid of whole periods, which costs one bit each; a turn that is far off keeps its own time.
    private func onGrid(_ moment: Moment) -> Moment {
        guard let last else {
            grid = moment.engine
            return moment
        }
        let steps = (moment.engine - grid + period / 2) / period
        let nearest = grid + steps * period
        guard (moment.engine - nearest).magnitude <= UInt64(period / 5), nearest > last.engine else {
            return moment.engine > last.engine ? moment : Moment(engine: last.engine + 1, wall: moment.wall)
        }
        return Moment(engine: nearest, wall: moment.wall + nearest - moment.engine)
    }

    private func obey(_ now: Moment) {
        let waiting = orders.withLock { orders in
            defer { orders = [] }
            return orders
        }
        for order in waiting {
            switch order {
            case .restore(let alerts, let alive, let memories):
                scheduler.restore(
                    alerts, unwatched: max(0, now.engine - (alive.map { $0 - now.offset } ?? now.engine)),
                    now: now.engine)
                anomalies.restore(memories)
            case .replace(let groups, let specs):
                scheduler.replace(groups)
                anomalies.replace(specs)
            case .detector(let order): anomalies.obey(order)
            }
        }
    }

    /// The engine's own condition, as series that rules can judge.
    private func record(_ results: [GroupResult], at now: Milliseconds) {
        for result in results {
            registry.set(OwnMetrics.groupSeconds, ["rule_group": result.group], result.seconds)
            for outcome in result.outcomes {
                guard case .failing(_, let times) = outcome.judgement else { continue }
                let labels = target.merging(["__name__": OwnMetrics.ruleFailures.name, "rule": outcome.key.name])
                store.append(labels, Double(times), at: now)
            }
        }
        guard tick % 5 == 1 else { return }
        let statistics = store.statistics
        for (family, value) in [
            (OwnMetrics.series, Double(statistics.series)), (OwnMetrics.bytes, Double(statistics.bytes)),
            (OwnMetrics.shortened, statistics.counters.shortenedTo == nil ? 0 : 1),
            (OwnMetrics.outOfOrder, Double(statistics.counters.outOfOrder)),
            (OwnMetrics.duplicates, Double(statistics.counters.duplicates)),
        ] { registry.set(family, .none, value) }
        for refusal in statistics.refusals where !refusal.metric.isEmpty {
            // Told by the engine itself: the source that is full must not keep its own alarm out.
            let labels: Labels = [
                "__name__": "tocsin_store_refused_total", "source": refusal.source, "metric": refusal.metric,
            ]
            store.append(labels, Double(refusal.refused), at: now)
        }
    }

    private static func monotonic() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000
    }

    /// Sleeps, unless it is stopped: whoever leaves must not wait for the next turn.
    private func rest(until milliseconds: UInt64) {
        let now = Self.monotonic()
        guard milliseconds > now else { return }
        _ = awake.wait(timeout: .now() + .milliseconds(Int(milliseconds - now)))
    }
}
