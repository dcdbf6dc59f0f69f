import ConfigurationFiles
import FoundationEssentials
import Glibc
import HostMetrics
import Logging
import Scraping
import Storage
import Synchronization
import TocsinAPI
import TocsinCore
import TocsinEngine
import TocsinModel

/// One engine with its journal, for as long as a daemon lives: what is started, read anew, backed up and ended together.
final class EngineHouse: EngineControl {
    private let configPath: String?
    /// The configuration in force; a faulty one never gets here.
    private let current: Mutex<Wiring>
    let engine: Engine
    let gatekeeper: Gatekeeper
    private let kept: KeptAlive
    private let isReadOnly: Bool
    let facts: EngineFacts
    private let backups: StateBackups
    private let scraper = Mutex<ScrapeManager?>(nil)

    /// - Throws: a ``Failure`` with every fault of configuration and rules, or who holds the state folder.
    init(configPath: String?, readOnly: Bool, logger: Logger) throws {
        self.configPath = configPath
        isReadOnly = readOnly
        do throws(Faults) {
            let wiring = try Wiring(configPath: configPath)
            let groups = try wiring.groups()
            let kept = KeptAlive(wiring.config, isEmbedded: false)
            engine = wiring.engine(groups, logger: logger) { kept.touch() }
            self.kept = kept
            current = Mutex(wiring)
            let clock = wiring.clock
            gatekeeper = Gatekeeper(
                Self.policy(wiring.config, readOnly), directory: HostAccounts(), now: { clock.now().wall },
                tokens: { [engine] in await engine.tokens })
            facts = EngineFacts(
                version: Tocsin.version, host: OperatorIdentity.hostName, startedAt: clock.now().wall,
                workingFolder: FileManager.default.currentDirectoryPath,
                retention: Words.duration(wiring.config.retention), flags: [("config", configPath ?? "")])
            backups = StateBackups(folder: wiring.statePath)
        } catch { throw Failure(error) }
    }

    private static func policy(_ config: Config, _ readOnly: Bool) -> AccessPolicy {
        let grants = config.api.grants.map { grant in
            let subject: AccessPolicy.Grant.Subject =
                switch grant.kind {
                case .user: .user(grant.name)
                case .group: .group(grant.name)
                case .certificate: .certificate(grant.name)
                }
            return AccessPolicy.Grant(subject, grant.access)
        }
        return AccessPolicy(
            owner: getuid(), grants: grants,
            anonymous: config.api.risks.contains(.unauthenticated) ? Access(.viewer) : .none,
            readOnly: readOnly || config.api.readOnly)
    }

    var config: Config { current.withLock { $0.config } }

    /// Opens the journal and begins to watch.
    ///
    /// - Throws: who holds the state folder: two engines on one journal are never right.
    func begin() async throws {
        let (path, specs) = current.withLock { ($0.statePath, $0.specs) }
        let opened = Wiring.openJournal(in: path)
        if case .failure(let failure) = opened, failure.isTaken { throw Failure(failure.words) }
        await kept.adopt(opened, engine)
        await engine.stand(kept.stand(specs))
        engine.run()
        let wiring = current.withLock { $0 }
        let manager = await wiring.scrape(into: engine)
        scraper.withLock { $0 = manager }
        await engine.watchServices()
    }

    /// Nothing new is begun; the step that is under way is finished.
    func end() async {
        let started = ContinuousClock.now
        while !(await engine.drain()).isEmpty, ContinuousClock.now - started < .seconds(100) {
            // A cancelled sleep only makes the next look come sooner.
            try? await Task.sleep(for: .milliseconds(100))
        }
        await scraper.withLock { $0 }?.stop()
        await engine.close(.engine)
        kept.finish()
    }

    // MARK: EngineControl

    func reload(by: Operator) async -> Receipt {
        do throws(Faults) {
            let wiring = try Wiring(configPath: configPath)
            let groups = try wiring.groups()
            let old = current.withLock { current in
                defer { current = wiring }
                return current
            }
            await engine.reload(groups, wiring.config.anomalies)
            await engine.clear("configuration")
            await scraper.withLock { $0 }?.apply(wiring.config.scraping)
            if await engine.activeRuns.isEmpty {
                await engine.reload(wiring.driven(wiring.config.services))
                await engine.stand(kept.stand(wiring.specs))
            }
            gatekeeper.use(Self.policy(wiring.config, isReadOnly))
            let count = groups.reduce(0) { $0 + $1.rules.count }
            var words = "\(count) rules in \(groups.count) groups and \(wiring.specs.count) services read anew"
            if old.config.interval != wiring.config.interval || old.statePath != wiring.statePath {
                words += "; collect.interval and storage take effect when the engine starts again"
            }
            await engine.note("reloaded", words, by: by)
            return Receipt(.done, words)
        } catch {
            let first = error.all.first.map(\.description) ?? ""
            let more = error.all.count > 1 ? " and \(error.all.count - 1) more" : ""
            let words = "the new configuration is faulty, so the old one stays: \(first)\(more)"
            await engine.announce(Notice(.warning, words), key: "configuration")
            await engine.note("reload refused", words, by: by)
            return Receipt(.refused, words)
        }
    }

    func backUp(by: Operator) async -> Receipt {
        let outcome = await backups.make()
        switch outcome {
        case .success(let path):
            await engine.note("state backed up", path, by: by)
            return Receipt(.done, "the state is in \(path)")
        case .failure(let failure):
            let words = "the state could not be backed up: \(failure)"
            await engine.note("state backup failed", words, by: by)
            return Receipt(.refused, words)
        }
    }

    /// The file as it was read; it holds no secrets but for the names of files that do.
    var configuration: String {
        guard let path = Places.configuration(configPath) else { return "" }
        return (try? Places.read(path)) ?? ""
    }

    /// Makes a backup a day and keeps seven, until the task is cancelled.
    func backUpDaily() async {
        while !Task.isCancelled {
            if backups.isDue(now: Date()) { _ = await backUp(by: .engine) }
            // A cancelled sleep ends the loop by its condition.
            try? await Task.sleep(for: .seconds(600))
        }
    }
}
