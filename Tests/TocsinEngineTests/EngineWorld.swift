import ConfigurationFiles
import Logging
import Synchronization
import TimeSeries
import TocsinCore
import TocsinEngine
import TocsinModel

/// Both clocks, moved by hand.
final class ManualClock: SystemClock {
    private let times = Mutex<(wall: Milliseconds, boot: Milliseconds)>((1_800_000_000_000, 100_000))
    func now() -> (wall: Milliseconds, boot: Milliseconds) { times.withLock { $0 } }
    func advance(_ milliseconds: Milliseconds) {
        times.withLock { $0 = ($0.wall + milliseconds, $0.boot + milliseconds) }
    }
    func step(wall: Milliseconds) { times.withLock { $0.wall += wall } }
}

/// A machine made of numbers that a test sets.
final class FakeHost: Collector, @unchecked Sendable {
    let name = "fake"
    let values = Mutex<[Labels: Double]>([:])
    let failure = Mutex<String?>(nil)
    private var slots: [Labels: SampleBatch.Slot] = [:]

    func collect(into batch: inout SampleBatch) throws(CollectFailure) {
        if let reason = failure.withLock({ $0 }) { throw CollectFailure(reason) }
        for (labels, value) in values.withLock({ $0 }).sorted(by: { $0.key < $1.key }) {
            let slot = slots[labels] ?? batch.declare(MetricFamily(labels.metricName, .gauge, ""), labels.withoutName)
            slots[labels] = slot
            batch.put(slot, value)
        }
    }

    func set(_ value: Double?, _ labels: Labels) { values.withLock { $0[labels] = value } }
    func add(_ value: Double, _ labels: Labels) { values.withLock { $0[labels, default: 0] += value } }
}

/// A journal in memory that can be made to fail.
final class MemoryJournal: Journal {
    struct State: Sendable {
        var alerts: [UInt64: Alert] = [:]
        var audit: [AuditEntry] = []
        var detectors: [DetectorMemory] = []
        var runs: [RunID: Run] = [:]
        var services: [String: ServiceMemory] = [:]
        var silences: [SilenceID: Silence] = [:]
        var tokens: [String: AccessToken] = [:]
        var fails: String?
    }

    let state = Mutex(State())

    private func failing() throws(JournalFailure) {
        if let reason = state.withLock({ $0.fails }) { throw JournalFailure(reason) }
    }

    func commit(_ changes: [Change], _ audit: [AuditEntry]) throws(JournalFailure) {
        try failing()
        state.withLock { state in
            for case .run(let run) in changes { state.runs[run.id] = run }
            for case .service(let memory) in changes { state.services[memory.name] = memory }
            for case .alert(var alert, let key) in changes {
                alert.rule = key
                state.alerts[alert.episode.fingerprint] = alert
            }
            for case .silence(let silence) in changes { state.silences[silence.id] = silence }
            for case .token(let token) in changes { state.tokens[token.name] = token }
            for case .revokedToken(let name) in changes { state.tokens[name] = nil }
            state.audit += audit
        }
    }

    func grants() throws(JournalFailure) -> (silences: [Silence], tokens: [AccessToken], unreadable: Int) {
        state.withLock { (Array($0.silences.values), Array($0.tokens.values), 0) }
    }

    func alerts() throws(JournalFailure) -> (alerts: [Alert], unreadable: Int) {
        try failing()
        return (state.withLock { $0.alerts.values.sorted { $0.labels < $1.labels } }, 0)
    }

    func audit(offset: Int, count: Int, episode: String?) throws(JournalFailure) -> AuditSlice {
        try failing()
        let all = state.withLock { $0.audit }.filter { episode == nil || $0.episode == episode }
        return AuditSlice(entries: Array(all.reversed().dropFirst(offset).prefix(count)), total: all.count, chain: "")
    }

    func keep(_ detectors: [DetectorMemory]) throws(JournalFailure) {
        try failing()
        state.withLock { $0.detectors = detectors }
    }

    func failover() throws(JournalFailure) -> (runs: [Run], services: [ServiceMemory], unreadable: Int) {
        state.withLock { (Array($0.runs.values), Array($0.services.values), 0) }
    }

    func detectors() throws(JournalFailure) -> [DetectorMemory] { state.withLock { $0.detectors } }
}

private final class NoProcesses: ProcessSource {
    func sample(_ query: ProcessQuery, now: UInt64) throws(CollectFailure) -> ProcessSnapshot {
        ProcessSnapshot(
            page: ProcessesPage(
                rows: [], offset: 0, matching: 0, total: 0, threads: 0, running: 0, blocked: 0, order: query.order),
            top: [])
    }
}

/// An engine whose turns a test makes by hand.
struct EngineWorld {
    let clock = ManualClock()
    let host = FakeHost()
    let store: SeriesStore
    let loop: EngineLoop
    let engine: Engine
    let groups: [RuleGroup]
    let kim: OperatorSession

    /// - Parameter rules: a rule file; nil for the default rules.
    init(
        _ rules: String? = nil, retention: Milliseconds = 3_600_000, bytes: Int = 64 << 20,
        anomalies: [AnomalySpec] = []
    ) throws {
        let text = rules ?? DefaultRules.text
        groups = try RuleFile.read(text, file: rules == nil ? DefaultRules.file : "test", defaultInterval: 5_000)
        store = SeriesStore(limits: .init(retention: retention, bytes: bytes))
        let processes = ProcessWatch(NoProcesses(), clock: clock)
        let target: Labels = ["instance": "h", "job": "node"]
        let pool = CollectorPool([host, processes], store: store, target: target)
        loop = EngineLoop(
            store: store, pool: pool, clock: clock, groups: groups, target: target, period: 1_000,
            anomalies: anomalies)
        engine = Engine(
            Engine.Parts(
                store: store, loop: loop, processes: processes.handle, groups: groups, clock: clock,
                environment: "test",
                host: "h", period: 1_000, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
        kim = OperatorSession(engine, by: Operator(name: "kim", uid: 1000))
    }

    /// Turns once a second; `each` sets the machine before every turn.
    func turn(_ seconds: Int, each: (Int) -> Void = { _ in }) async {
        for second in 0..<seconds {
            each(second)
            await engine.turned(loop.turn())
            clock.advance(1_000)
        }
    }

    func page(_ topic: PageRequest.Topic = .overview, at: Milliseconds? = nil) async throws -> Page {
        let request = PageRequest(topic, at: at)
        guard case .page(let page, _) = try await kim.page(request, since: nil, waitingUpTo: .zero) else {
            throw JournalFailure("no page")
        }
        return page
    }

    func alerts() async throws -> [Alert] {
        guard case .alerts(let page) = try await page(.alerts(selected: nil)).body else { return [] }
        return page.all.map(\.alert)
    }
}
