import Adapters
import BlockingWork
import ConfigurationFiles
import HostMetrics
import Logging
import Scraping
import Storage
import TimeSeries
import TocsinCore
import TocsinEngine
import TocsinModel

/// Puts an engine together: the only place that knows all of its parts.
struct Wiring {
    let config: Config
    let configFolder: String
    let clock = LinuxClock()
    private let links = LinkWatch()

    /// Reads the configuration; every fault is listed.
    init(configPath: String?) throws(Faults) {
        guard let path = Places.configuration(configPath) else {
            config = Config()
            configFolder = "."
            return
        }
        config = try Config.read(try Places.read(path), file: path)
        let folder = path.contains("/") ? String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) : "."
        configFolder = Places.absolute(folder)
    }

    /// The rules in force: the default ones, and the user's.
    func groups() throws(Faults) -> [RuleGroup] {
        var groups: [RuleGroup] = []
        var faults: [Fault] = []
        if config.defaultRules {
            groups += try RuleFile.read(
                DefaultRules.text, file: DefaultRules.file, defaultInterval: config.evaluationInterval)
        }
        for file in config.ruleFiles {
            let pattern = file.hasPrefix("/") ? file : configFolder + "/" + file
            let found = Places.glob(pattern)
            // A pattern may match nothing; a file that is named must be there.
            let isPattern = pattern.contains { "*?[".contains($0) }
            for path in found.isEmpty && !isPattern ? [pattern] : found {
                do throws(Faults) {
                    groups += try RuleFile.read(
                        try Places.read(path), file: path, defaultInterval: config.evaluationInterval)
                } catch { faults += error.all }
            }
        }
        if !faults.isEmpty { throw Faults(faults) }
        return groups
    }

    /// An engine that watches this machine, not yet running.
    func engine(_ groups: [RuleGroup], logger: Logger, alive: (@Sendable () -> Void)? = nil) -> Engine {
        let host = OperatorIdentity.hostName
        let store = SeriesStore(
            limits: .init(
                retention: config.retention, bytes: config.storeBytes, seriesPerSource: config.seriesPerSource))
        let roots = HostRoots()
        let processes = ProcessWatch(ProcessTable(roots), clock: clock)
        let target: Labels = ["instance": host, "job": "node"]
        let registry = MetricRegistry()
        let own = OwnCollector(registry, startedAt: clock.now().wall)
        let pool = CollectorPool(
            HostCollectors.all(roots, mounts: .dashboard) + [processes, own]
                + config.logs.map { LogCollector($0) }, store: store, target: target)
        let loop = EngineLoop(
            store: store, pool: pool, clock: clock, groups: groups, target: target, period: config.interval,
            anomalies: config.anomalies, registry: registry)
        var parts = Engine.Parts(
            store: store, loop: loop, processes: processes.handle, groups: groups, clock: clock,
            environment: config.environment, host: host, period: config.interval, logger: logger, alive: alive)
        parts.registry = registry
        parts.pool = pool
        parts.version = Tocsin.version
        let folder = statePath
        if config.history > 0 { parts.archive = { try HistoryReader(folder: folder) } }
        parts.services = driven(config.services)
        parts.onLinkChange = { [links] in links.onChange($0) }
        return Engine(parts)
    }

    /// Begins to scrape and probe what is configured; the engine shows it.
    func scrape(into engine: Engine) async -> ScrapeManager {
        let manager = ScrapeManager(engine.store, now: { engine.serviceClock.now() }) { text, file in
            try TargetGroupFile.read(text, file: file)
        }
        await engine.show(manager)
        await manager.apply(config.scraping)
        return manager
    }

    /// Services with their drivers.
    func driven(_ entries: [ServicesFile.Entry]) -> [DrivenService] {
        entries.map { DrivenService($0.spec, ExecDriver($0.spec, $0.exec, folder: configFolder, links: links)) }
    }

    var specs: [ServiceSpec] { config.services.map(\.spec) }

    /// The same with the faults as an error for the user.
    static func reading(_ path: String?) throws -> Wiring {
        do throws(Faults) { return try Wiring(configPath: path) } catch { throw Failure(error) }
    }

    var statePath: String { Places.state(config.stateFolder) }

    /// Opens the journal; what stands in the way is a sentence for the banner.
    static func openJournal(
        in path: String
    ) -> Result<(folder: StateFolder, journal: SQLiteJournal, notice: String?), StartFailure> {
        do {
            let folder = try StateFolder(path)
            let (journal, notice) = try SQLiteJournal.open(path + "/decisions.db")
            return .success((folder, journal, notice))
        } catch {
            var failure = StartFailure(words: "\(error)")
            if case .taken? = error as? StateFolder.Refusal { failure.isTaken = true }
            return .failure(failure)
        }
    }

    struct StartFailure: Error {
        let words: String
        /// Another engine has the folder.
        var isTaken = false
    }
}
