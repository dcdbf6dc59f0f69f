import BlockingWork
import Synchronization
import TimeSeries
import TocsinCore
import TocsinModel

/// Runs the collectors, each with its own period and a deadline, and puts what they find into the store.
///
/// A collector that hangs keeps one thread and loses only its own values. Its failure is data:
/// `node_scrape_collector_success` and `node_scrape_collector_duration_seconds`.
package final class CollectorPool: Sendable {
    /// The well-being of one collector.
    package struct Health: Sendable, Equatable {
        package var failingSince: Milliseconds?
        package var reason: String?
    }

    private let jobs: [CollectorJob]
    private let store: SeriesStore
    private let work = BlockingWork(name: "tocsin-collect")
    private let deadline: UInt64
    private let target: Labels
    private let health = Mutex<[String: Health]>([:])
    private let known = Mutex<[String: (success: SeriesStore.Reference, duration: SeriesStore.Reference)]>([:])

    /// - Parameters:
    ///   - target: labels that every series gets, `instance` and `job`.
    ///   - deadlineMilliseconds: after which a collection goes on without the late ones.
    package init(
        _ collectors: [any Collector], store: SeriesStore, target: Labels, deadlineMilliseconds: UInt64 = 400
    ) {
        jobs = collectors.map { CollectorJob($0, target) }
        self.store = store
        self.target = target
        deadline = deadlineMilliseconds
    }

    /// Collects once everything whose turn it is, waiting at most for the deadline.
    package func collect(tick: Int, at now: Milliseconds) {
        let due = jobs.filter { tick % $0.every == 0 }
        let refused = work.submit(
            due.map { job in (job.name, { [store] in job.run(into: store, at: now) }) })
        work.settle(milliseconds: deadline)
        report(Set(refused).union(work.outstanding.keys), at: now)
    }

    private func report(_ late: Set<String>, at now: Milliseconds) {
        var values: [(SeriesStore.Reference, Double)] = []
        for job in jobs {
            let result = job.result.withLock { $0 }
            let isLate = late.contains(job.name)
            guard isLate || result.at == now else { continue }
            let reason = isLate ? "does not answer" : result.reason
            if !isLate && result.absent { continue }
            if let references = references(of: job.name) {
                values.append((references.success, reason == nil ? 1 : 0))
                values.append((references.duration, result.seconds))
            }
            health.withLock { all in
                let since = reason == nil ? nil : all[job.name]?.failingSince ?? now
                all[job.name] = Health(failingSince: since, reason: reason)
            }
        }
        if !store.append(values, at: now).isEmpty { known.withLock { $0 = [:] } }
    }

    /// Where a collector's own two series are kept.
    private func references(
        of name: String
    ) -> (success: SeriesStore.Reference, duration: SeriesStore.Reference)? {
        if let known = known.withLock({ $0[name] }) { return known }
        func reference(_ family: String) -> SeriesStore.Reference? {
            store.reference(
                for: target.merging(["__name__": "node_scrape_collector_" + family, "collector": name]))
        }
        guard let success = reference("success"), let duration = reference("duration_seconds") else { return nil }
        known.withLock { $0[name] = (success, duration) }
        return (success, duration)
    }

    /// How long each collector took when it last ran, in seconds.
    package var costs: [(name: String, seconds: Double)] {
        jobs.map { ($0.name, $0.result.withLock { $0.seconds }) }
    }

    /// Name, meaning and kind of everything that was ever collected, by name.
    package var families: [String: MetricFamily] {
        var all: [String: MetricFamily] = [:]
        for job in jobs { all.merge(job.families.withLock { $0 }) { first, _ in first } }
        for (name, help) in [
            ("success", "Whether a collector succeeded."), ("duration_seconds", "How long a collector took."),
        ] {
            let family = MetricFamily("node_scrape_collector_" + name, .gauge, help)
            all[family.name] = family
        }
        return all
    }

    /// Collectors that are not well, by name.
    package var failures: [CollectorHealth] {
        health.withLock { all in
            all.compactMap { name, one in
                guard let since = one.failingSince, let reason = one.reason else { return nil }
                return CollectorHealth(collector: name, since: since, reason: reason)
            }.sorted { $0.collector < $1.collector }
        }
    }
}

/// A collector with its batch and the store's references for its slots. Only the thread that runs it touches them.
private final class CollectorJob: @unchecked Sendable {
    struct Result: Sendable {
        var at: Milliseconds = -1
        var seconds = 0.0
        var reason: String?
        var absent = false
    }

    let name: String
    let every: Int
    let result = Mutex(Result())
    let families = Mutex<[String: MetricFamily]>([:])
    private let collector: any Collector
    private let target: Labels
    private var batch = SampleBatch()
    private var references: [(generation: Int, reference: SeriesStore.Reference?)] = []
    private var values: [(SeriesStore.Reference, Double)] = []
    private var previous: [SeriesStore.Reference] = []

    init(_ collector: any Collector, _ target: Labels) {
        self.collector = collector
        self.target = target
        name = collector.name
        every = collector.every
    }

    func run(into store: SeriesStore, at now: Milliseconds) {
        let clock = ContinuousClock()
        let start = clock.now
        var outcome = Result(at: now)
        batch.begin()
        do throws(CollectFailure) { try collector.collect(into: &batch) } catch {
            outcome.reason = error.reason
            outcome.absent = error.absent
        }
        keep(in: store, at: now)
        let spent = start.duration(to: clock.now).components
        outcome.seconds = Double(spent.seconds) + Double(spent.attoseconds) / 1e18
        result.withLock { $0 = outcome }
    }

    private func keep(in store: SeriesStore, at now: Milliseconds) {
        values.removeAll(keepingCapacity: true)
        for (slot, value) in zip(batch.slots, batch.values) {
            if let reference = reference(slot.index, store) { values.append((reference, value)) }
        }
        if previous.count != values.count || !zip(previous, values).allSatisfy({ $0 == $1.0 }) {
            endVanished(store, at: now)
        }
        let gone = store.append(values, at: now)
        if !gone.isEmpty {
            // The store forgot them for their age; the next collection asks anew.
            references.removeAll(keepingCapacity: true)
        }
    }

    /// Series that were there and are not any more end with a stale marker.
    private func endVanished(_ store: SeriesStore, at now: Milliseconds) {
        let present = Set(values.map(\.0))
        let vanished = previous.filter { !present.contains($0) }
        if !vanished.isEmpty { store.append(vanished.map { ($0, StaleMarker.value) }, at: now) }
        previous = values.map(\.0)
    }

    private func reference(_ index: Int, _ store: SeriesStore) -> SeriesStore.Reference? {
        while references.count <= index { references.append((-1, nil)) }
        let series = batch.series[index]
        if references[index].generation != series.generation || references[index].reference == nil {
            families.withLock { $0[series.family.name] = series.family }
            let labels = target.merging(series.labels).setting("__name__", series.family.name)
            references[index] = (series.generation, store.reference(for: labels))
        }
        return references[index].reference
    }
}
