import Exposition
import Synchronization
import TimeSeries
import TocsinCore
import TocsinModel

/// One target from scrape to scrape: what it fetches, what becomes of it, how it is doing.
final class TargetLoop: Sendable {
    private struct State {
        var intake: PageIntake
        var status: TargetStatus
        var reports: [SeriesStore.Reference?] = []
        var isBusy = false
        var isOver = false
    }

    let target: ScrapeTarget
    private let pages: any PageSource
    private let store: SeriesStore
    private let now: @Sendable () -> Moment
    private let state: Mutex<State>
    /// Why none of the job's targets may be scraped; nil when they may.
    private let refusal = Mutex<String?>(nil)

    private static let reported = [
        "up", "scrape_duration_seconds", "scrape_samples_scraped", "scrape_samples_post_metric_relabeling",
        "scrape_series_added",
    ]

    init(
        _ target: ScrapeTarget, _ config: ScrapeConfig, _ pages: any PageSource, _ store: SeriesStore,
        now: @escaping @Sendable () -> Moment
    ) {
        self.target = target
        self.pages = pages
        self.store = store
        self.now = now
        state = Mutex(
            State(
                intake: PageIntake(target, config, store),
                status: TargetStatus(job: config.job, target: target, isProbe: config.probe != nil)))
    }

    var status: TargetStatus { state.withLock { $0.status } }
    var families: [String: MetricFamily] { state.withLock { $0.intake.families } }

    func refuse(_ words: String?) { refusal.withLock { $0 = words } }

    /// Scrapes once, unless the last time is still under way.
    ///
    /// - Parameter planned: when it should have begun, in engine time. Samples bear that time when it did nearly so,
    ///   because even distances cost one bit.
    func scrape(planned: Milliseconds) async {
        let isFree = state.withLock { state in
            defer { state.isBusy = true }
            return !state.isBusy && !state.isOver
        }
        guard isFree else { return }
        let begun = now()
        let late = begun.engine - planned
        let isOnTime = late >= 0 && late <= max(2, target.interval / 100)
        let at = isOnTime ? Moment(engine: planned, wall: begun.wall - late) : begun
        let start = ContinuousClock.now
        var page: (bytes: [UInt8], format: ExpositionReader.Format)?
        var error: String?
        do {
            if let words = refusal.withLock({ $0 }) { throw Unusable(words) }
            page = try await pages.page(of: target)
        } catch let failure { error = WebWords.of(failure) }
        guard let page, page.bytes.count > Self.longPage else { return take(page, error, at, start) }
        // What takes long must not hold the other targets up.
        await withTaskExecutorPreference(globalConcurrentExecutor) { take(page, nil, at, start) }
    }

    /// Bytes of a page that is read beside the loop of the connections: some ten milliseconds.
    private static let longPage = 1 << 20

    private func take(
        _ page: (bytes: [UInt8], format: ExpositionReader.Format)?, _ error: String?, _ at: Moment,
        _ start: ContinuousClock.Instant
    ) {
        state.withLock { state in
            state.isBusy = false
            if state.isOver { return }
            var outcome = PageIntake.Outcome(error: error)
            if let page {
                outcome = state.intake.take(page.bytes, page.format, at: at)
            } else {
                state.intake.end(at: at.engine)
            }
            report(outcome, start.duration(to: .now) / .seconds(1), at.engine, &state)
        }
    }

    private func report(_ outcome: PageIntake.Outcome, _ seconds: Double, _ at: Milliseconds, _ state: inout State) {
        state.status.health = outcome.error == nil ? .up : .down
        state.status.error = outcome.error ?? ""
        state.status.lastScrape = at
        state.status.seconds = seconds
        let values = [
            outcome.error == nil ? 1 : 0, seconds, Double(outcome.scraped), Double(outcome.kept),
            Double(outcome.added),
        ]
        if state.reports.isEmpty {
            state.reports = Self.reported.map { store.reference(for: target.reporting($0)) }
        }
        let samples = zip(state.reports, values).compactMap { reference, value in reference.map { ($0, value) } }
        if !store.append(samples, at: at).isEmpty { state.reports = [] }
    }

    /// The target is gone.
    ///
    /// - Parameter silently: another takes its place at once and carries its series on.
    func end(silently: Bool) {
        let at = now().engine
        state.withLock { state in
            if state.isOver { return }
            state.isOver = true
            if silently { return }
            state.intake.end(at: at)
            let references = state.reports.compactMap { $0 }
            store.append(references.map { ($0, StaleMarker.value) }, at: at)
        }
    }
}
