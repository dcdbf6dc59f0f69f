import TimeSeries
import TocsinCore
import TocsinModel

/// Scrapes and probes everything that is configured: finds targets, gives each its turns, and keeps to what a changed
/// configuration leaves as it is.
package actor ScrapeManager {
    /// Reads a list of target groups; throws an error whose description says what is wrong and where.
    package typealias GroupParser = @Sendable (_ text: String, _ file: String) throws -> [TargetGroup]

    private struct Job {
        var config: ScrapeConfig
        var pages: any PageSource
        var finders: [Task<Void, Never>] = []
        /// What each way of discovery found last.
        var groups: [Int: [TargetGroup]] = [:]
        var loops: [ScrapeTarget.Identity: TargetLoop] = [:]
        var dropped: [Labels] = []
    }

    private struct Turn: Hashable {
        let job: String
        let target: ScrapeTarget.Identity
    }

    private let store: SeriesStore
    private let now: @Sendable () -> Moment
    private let parse: GroupParser
    private nonisolated let board = ScrapeBoard()
    private var jobs: [String: Job] = [:]
    private var calendar = ScrapeCalendar<Turn>()
    private var timer: Task<Void, Never>?
    private var isOver = false

    /// - Parameters:
    ///   - now: the engine's time line.
    ///   - parse: reads target groups from files and web servers.
    package init(_ store: SeriesStore, now: @escaping @Sendable () -> Moment, parse: @escaping GroupParser) {
        self.store = store
        self.now = now
        self.parse = parse
    }

    /// Makes what is scraped what is configured. Jobs that are the same as before go on undisturbed.
    package func apply(_ configs: [ScrapeConfig]) {
        if isOver { return }
        let wanted = Dictionary(configs.map { ($0.job, $0) }) { first, _ in first }
        for (name, job) in jobs.sorted(by: { $0.key < $1.key }) where wanted[name]?.source != job.config.source {
            job.finders.forEach { $0.cancel() }
            if wanted[name] == nil { remove(name) }
        }
        for config in configs where jobs[config.job]?.config.source != config.source { begin(config) }
        publish()
    }

    /// Ends everything; series keep their last values.
    package func stop() {
        isOver = true
        timer?.cancel()
        for job in jobs.values {
            job.finders.forEach { $0.cancel() }
            job.loops.values.forEach { $0.end(silently: true) }
        }
        jobs = [:]
    }

    private func remove(_ name: String) {
        for (target, loop) in jobs[name]?.loops ?? [:] {
            calendar.remove(Turn(job: name, target: target))
            loop.end(silently: false)
        }
        jobs[name] = nil
        board.change { $0.faults = $0.faults.filter { !$0.key.hasPrefix(name + "\n") } }
    }

    private func begin(_ config: ScrapeConfig) {
        let pages: any PageSource = config.probe.map { ProbePages($0, config) } ?? ExporterPages(config)
        var job = Job(config: config, pages: pages)
        // Its targets are taken over one by one when they are found again.
        job.loops = jobs[config.job]?.loops ?? [:]
        let fixed = config.discovery.enumerated().compactMap { number, way -> (Int, [TargetGroup])? in
            if case .fixed(let groups) = way { (number, groups) } else { nil }
        }
        for (number, groups) in fixed { job.groups[number] = groups }
        for (number, way) in config.discovery.enumerated() {
            guard let finder = Finders.make(way, parse: parse) else { continue }
            job.finders.append(
                Task {
                    await finder.follow { [weak self] found in await self?.found(found, config, number) }
                })
        }
        let isAnew = jobs[config.job] != nil
        jobs[config.job] = job
        // Where all targets are still to be found, the old ones go on until then.
        if !isAnew || config.discovery.count == fixed.count { settle(config.job, anew: true) }
    }

    private func found(_ found: Result<[TargetGroup], FinderFailure>, _ config: ScrapeConfig, _ number: Int) {
        guard jobs[config.job]?.config.source == config.source, !isOver else { return }
        let key = "\(config.job)\ndiscovery \(number)"
        switch found {
        case .success(let groups):
            board.change { $0.faults[key] = nil }
            guard jobs[config.job]?.groups[number] != groups else { return }
            jobs[config.job]?.groups[number] = groups
            settle(config.job, anew: false)
            publish()
        case .failure(let failure):
            // What was found before stays.
            board.change { $0.faults[key] = "\(config.job): \(failure)" }
        }
    }

    /// Makes the loops of a job those of its targets.
    private func settle(_ name: String, anew: Bool) {
        guard var job = jobs[name] else { return }
        var wanted: [ScrapeTarget.Identity: ScrapeTarget] = [:]
        var faults: [String] = []
        job.dropped = []
        for group in job.groups.sorted(by: { $0.key < $1.key }).flatMap(\.value) {
            for found in group.targets {
                switch ScrapeTarget.make(found, in: group.labels, of: job.config) {
                case .target(let target): wanted[target.identity] = target
                case .dropped(let labels): job.dropped.append(labels)
                case .faulty(let labels, let words):
                    faults.append("\(name): the target \(labels["__address__"] ?? "without address"): \(words)")
                }
            }
        }
        for (identity, loop) in job.loops where anew || wanted[identity] != loop.target {
            calendar.remove(Turn(job: name, target: identity))
            loop.end(silently: wanted[identity] != nil)
            job.loops[identity] = nil
        }
        for (identity, target) in wanted.sorted(by: { $0.key < $1.key }) where job.loops[identity] == nil {
            job.loops[identity] = TargetLoop(target, job.config, job.pages, store, now: now)
            calendar.add(
                Turn(job: name, target: identity), hash: Self.hash(identity), every: target.interval,
                from: now().engine)
        }
        let most = job.config.limits.targets
        let refusal =
            most > 0 && wanted.count > most
            ? "target_limit exceeded (number of targets: \(wanted.count), limit: \(most))" : nil
        for loop in job.loops.values { loop.refuse(refusal) }
        jobs[name] = job
        board.change {
            $0.faults["\(name)\ntargets"] = faults.first.map {
                faults.count > 1 ? "\($0) (and \(faults.count - 1) more)" : $0
            }
        }
        schedule()
    }

    private static func hash(_ identity: ScrapeTarget.Identity) -> UInt64 {
        identity.url.utf8.reduce(identity.labels.fingerprint) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
    }

    private func publish() {
        let names = jobs.keys.sorted()
        let loops = names.flatMap { name in
            (jobs[name]?.loops ?? [:]).sorted { $0.key < $1.key }.map { (job: name, loop: $0.value) }
        }
        let dropped = names.flatMap { name in (jobs[name]?.dropped ?? []).map { (job: name, labels: $0) } }
        board.change {
            $0.loops = loops
            $0.dropped = dropped
        }
    }

    // MARK: Turns

    /// Sleeps until the next turn.
    private func schedule() {
        timer?.cancel()
        guard !isOver, let due = calendar.next() else { return }
        let wait = max(0, due - now().engine)
        timer = Task { [weak self] in
            // A cancelled sleep means that another timer has taken over.
            try? await Task.sleep(for: .milliseconds(wait), tolerance: .milliseconds(2))
            if !Task.isCancelled { await self?.turn() }
        }
    }

    private func turn() {
        for (turn, planned) in calendar.take(at: now().engine) {
            guard let loop = jobs[turn.job]?.loops[turn.target] else { continue }
            Task(executorPreference: ScrapeLoop.executor) { await loop.scrape(planned: planned) }
        }
        schedule()
    }
}

extension ScrapeManager: TargetSource {
    package nonisolated var targets: [TargetStatus] { board.targets }
    package nonisolated var dropped: [(job: String, labels: Labels)] { board.dropped }
    package nonisolated var faults: [String] { board.faults }
    package nonisolated var families: [String: MetricFamily] { board.families }
}
