import BlockingWork
import ConfigurationFiles
import FoundationEssentials
import Glibc
import Logging
import NcursesTerminal
import Storage
import TocsinCore
import TocsinEngine
import TocsinModel

/// An engine for one command: it watches until the services are known, and may act when the journal is free.
final class ServiceConsole {
    let wiring: Wiring
    let engine: Engine
    let signals: TerminalSignals
    private let by = OperatorIdentity.current
    private let keptAlive: KeptAlive

    init(configPath: String?) throws {
        do throws(Faults) {
            signals = TerminalSignals()
            wiring = try Wiring(configPath: configPath)
            keptAlive = KeptAlive(wiring.config, keepsHistory: false)
            let groups = try wiring.groups()
            engine = wiring.engine(groups, logger: Logger(label: "tocsin") { _ in SwiftLogNoOpLogHandler() })
        } catch { throw Failure(error) }
        if wiring.config.services.isEmpty {
            throw Failure("no service is configured: add services: to tocsin.yaml, or try tocsin demo")
        }
    }

    var session: OperatorSession { OperatorSession(engine, by: by) }

    /// Watches until every service is known, at most for so many seconds.
    ///
    /// - Parameter acting: take the journal and the right to act, where they are free.
    func watch(acting: Bool, atMost seconds: Int = 8) throws {
        let (engine, wiring, kept) = (engine, wiring, keptAlive)
        let path = wiring.statePath
        let result = Bridge.wait(until: signals) {
            if acting {
                await kept.adopt(Wiring.openJournal(in: path), engine)
                await engine.stand(kept.stand(wiring.specs))
            } else {
                let known = SQLiteJournal.peekFailover(path + "/decisions.db")
                await engine.remember(known.services, known.runs)
                await engine.stand(
                    Dictionary(uniqueKeysWithValues: wiring.specs.map { ($0.name, "this command only looks") }))
            }
            engine.run()
            await engine.watchServices()
            // Two rounds, so that refusals and lags are facts and not first impressions.
            let longest = wiring.specs.map { 2 * $0.interval + $0.timeout }.max() ?? 3_000
            try await Task.sleep(for: .milliseconds(longest))
            for _ in 0..<(seconds * 10) {
                if await engine.knowsServices { break }
                try await Task.sleep(for: .milliseconds(100))
            }
        }
        try result.get()
    }

    func page(_ topic: PageRequest.Topic) throws -> PageBody? {
        let session = session
        let reply = try Bridge.wait { try await session.page(PageRequest(topic), since: nil, waitingUpTo: .zero) }.get()
        guard case .page(let page, _) = reply else { return nil }
        return page.body
    }

    /// Leaves: waits for what is under way.
    func close() {
        let (engine, by) = (engine, by)
        Bridge.wait(atMost: 2) {
            await engine.drain()
            await engine.close(by)
        }
    }

    static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "+Inf", negativeInfinity: "-Inf", nan: "NaN")
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
