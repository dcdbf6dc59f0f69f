import BlockingWork
import ConfigurationFiles
import Glibc
import Logging
import NcursesTerminal
import Synchronization
import TocsinCore
import TocsinEngine
import TocsinModel
import TocsinUI

/// An engine in the process of the screen: the watch ends with it, a run that is under way does not.
final class EmbeddedEngine: EngineSide {
    let service: any TocsinService
    private let wiring: Wiring
    private let engine: Engine
    private let keptAlive: KeptAlive
    private let by: Operator
    private let notices: [Notice]
    /// Why this engine has no journal and may do nothing; nil for an ordinary one.
    private let onlyWatches: String?

    init(
        _ wiring: Wiring, _ groups: [RuleGroup], logger: Logger, notices: [Notice], onlyWatches: String? = nil,
        readOnly: Bool = false
    ) {
        self.wiring = wiring
        self.notices = notices
        self.onlyWatches = onlyWatches
        let kept = KeptAlive(wiring.config)
        keptAlive = kept
        engine = wiring.engine(groups, logger: logger) { kept.touch() }
        by = OperatorIdentity.current
        let session = OperatorSession(engine, by: by)
        service = readOnly ? ReadOnlyService(session) : session
    }

    func begin(_ post: @escaping @Sendable (Message) -> Void) {
        let path = wiring.statePath
        let opener = SerialThread(name: "tocsin-open")
        let specs = wiring.specs
        Task { [keptAlive, notices, engine, onlyWatches, wiring] in
            for notice in notices { await engine.announce(notice) }
            if let onlyWatches {
                await engine.announce(Notice(.warning, onlyWatches))
                await engine.goOnWithoutJournal("this host's own engine keeps the journal")
                await engine.stand(
                    Dictionary(uniqueKeysWithValues: specs.map { ($0.name, "this engine only watches") }))
                engine.run()
                _ = await wiring.scrape(into: engine)
                return await engine.watchServices()
            }
            // A journal on a disk that does not answer must not keep the watch from beginning.
            let late = Mutex(false)
            let opened = Task { () -> Void in
                let result = await opener.run { Wiring.openJournal(in: path) }
                await keptAlive.adopt(result, engine)
                await engine.stand(keptAlive.stand(specs))
                late.withLock { $0 = true }
            }
            for _ in 0..<50 where !late.withLock({ $0 }) { try? await Task.sleep(for: .milliseconds(20)) }
            if !late.withLock({ $0 }) { await engine.goOnWithoutJournal("its disk does not answer") }
            engine.run()
            _ = await wiring.scrape(into: engine)
            await engine.watchServices()
            await opened.value
        }
    }

    func reload(_ post: @escaping @Sendable (Message) -> Void) {
        do throws(Faults) {
            let groups = try wiring.groups()
            let count = groups.reduce(0) { $0 + $1.rules.count }
            Task { [engine] in await engine.reload(groups, wiring.config.anomalies) }
            post(.toast(nil, "\(count) rules read anew; unchanged ones keep their state"))
        } catch { post(.toast(.critical, "nothing was changed: \(error.all.first.map(\.description) ?? "")")) }
    }

    func leave(signal: Int32?, _ signals: TerminalSignals) {
        if signal == SIGTERM { Bridge.wait(atMost: 2) { [engine] in await engine.drain() } }
        RunFollower(engine: engine, signals: signals).followAll(
            "the screen is closed; a run is under way and goes on to its end, and this process with it")
        Bridge.wait(atMost: 2) { [engine] in await engine.drain() }
        Bridge.wait(atMost: 2) { [engine, by] in await engine.close(by) }
        keptAlive.finish()
    }
}
