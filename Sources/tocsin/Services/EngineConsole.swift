import ArgumentParser
import ConfigurationFiles
import FoundationEssentials
import Glibc
import Logging
import NcursesTerminal
import Storage
import TocsinAPI
import TocsinCore
import TocsinEngine
import TocsinModel

/// The engine that a command speaks to: one elsewhere where it was named, else this host's shared one, else one of its
/// own for as long as the command takes.
final class EngineConsole {
    /// Options of every command that speaks to an engine.
    struct Options: ParsableArguments {
        @Option(name: .shortAndLong, help: "The configuration file.") var config: String?
        @Option(help: "The engine: unix:PATH, https://HOST:PORT or ssh://HOST; this host's when left out.")
        var at: String?
        @OptionGroup var proof: Attach.Proof
    }

    let service: any TocsinService
    let signals = TerminalSignals()
    /// Nil where the engine is somebody else's.
    private let own: OwnEngine?
    private let remote: AttachedEngine?

    /// An engine in this process with what it needs.
    private struct OwnEngine {
        let wiring: Wiring
        let engine: Engine
        let kept: KeptAlive
        let by: Operator
    }

    /// - Parameter needsServices: without any the command has nothing to speak of.
    init(_ options: Options, needsServices: Bool = false) throws {
        if let place = options.at {
            let side = try AttachedEngine.reach(
                try Attach.endpoint(place), try options.proof.credentials(), readOnly: false)
            (remote, own, service) = (side, nil, side.service)
            return
        }
        let wiring = try Wiring.reading(options.config)
        switch EngineChoice.find(wiring.config) {
        case .shared(let path, _):
            let side = try AttachedEngine.reach(.unix(path: path), try options.proof.credentials(), readOnly: false)
            (remote, own, service) = (side, nil, side.service)
        case .denied(let words): throw Failure("this host's engine may not be used: \(words)")
        case .none:
            if needsServices, wiring.config.services.isEmpty {
                throw Failure("no service is configured: add services: to tocsin.yaml, or try tocsin demo")
            }
            do throws(Faults) {
                let groups = try wiring.groups()
                let engine = wiring.engine(groups, logger: Logger(label: "tocsin") { _ in SwiftLogNoOpLogHandler() })
                let by = OperatorIdentity.current
                own = OwnEngine(
                    wiring: wiring, engine: engine, kept: KeptAlive(wiring.config, keepsHistory: false), by: by)
                remote = nil
                service = OperatorSession(engine, by: by)
            } catch { throw Failure(error) }
        }
    }

    /// Makes ready: an engine of our own watches until every service is known, at most for so many seconds; a shared one
    /// has long been watching.
    ///
    /// - Parameter acting: take the journal and the right to act, where they are free.
    func watch(acting: Bool, atMost seconds: Int = 8) throws {
        guard let own else { return }
        let (engine, wiring, kept) = (own.engine, own.wiring, own.kept)
        let path = wiring.statePath
        try Bridge.wait(until: signals) {
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
            if wiring.specs.isEmpty { return }
            // Two rounds, so that refusals and lags are facts and not first impressions.
            let longest = wiring.specs.map { 2 * $0.interval + $0.timeout }.max() ?? 3_000
            try await Task.sleep(for: .milliseconds(longest))
            for _ in 0..<(seconds * 10) {
                if await engine.knowsServices { break }
                try await Task.sleep(for: .milliseconds(100))
            }
        }.get()
    }

    func page(_ topic: PageRequest.Topic, rows: Int = 50, offset: Int = 0) throws -> (head: PageHead, body: PageBody) {
        let (service, request) = (service, PageRequest(topic, rows: rows, offset: offset))
        do {
            let reply = try Bridge.wait {
                try await service.page(request, since: nil, waitingUpTo: .zero)
            }.get()
            guard case .page(let page, _) = reply else { throw Failure("the engine gave no page") }
            return (page.head, page.body)
        } catch let failure as Failure { throw failure } catch { throw unreachable(error) }
    }

    /// The runs on record. Where no engine runs, the journal is read; what it says is under way has lost its engine.
    func recordedRuns() throws -> [Run] {
        if let own {
            let isWatched = StateFolder.isHeld(own.wiring.statePath)
            return SQLiteJournal.peekFailover(own.wiring.statePath + "/decisions.db").runs
                .map { isWatched ? $0 : Self.abandoned($0) }
        }
        guard case .services(let page) = try page(.services(selected: nil)).body else { return [] }
        var runs: [RunID: Run] = [:]
        for service in page.services {
            guard case .services(let one) = try self.page(.services(selected: service.name)).body else { continue }
            for run in one.history + one.lastRuns { runs[run.id] = run }
        }
        return Array(runs.values)
    }

    /// A run that nobody carries on any more: its engine is gone, and its outcome with it.
    private static func abandoned(_ run: Run) -> Run {
        guard run.state.isActive else { return run }
        var run = run
        run.state = .unknown
        run.verdict = "its engine is gone: its outcome is unknown and waits for a person; it was at: \(run.verdict)"
        return run
    }

    /// Carries a command out; a refusal is an error.
    @discardableResult
    func perform(_ command: OperatorCommand) throws -> Receipt {
        let service = service
        let id = CommandID(UInt64.random(in: 1 ..< .max))
        let receipt: Receipt
        do { receipt = try Bridge.wait { try await service.perform(id, command) }.get() } catch {
            throw unreachable(error)
        }
        guard receipt.outcome == .done else { throw Failure(receipt.words) }
        return receipt
    }

    /// An engine that cannot be reached is a matter of its own: exit status 3.
    private func unreachable(_ error: any Error) -> any Error {
        guard error is Unreachable else { return Failure("\(error)") }
        let why = remote?.lastReason.map { " (\($0))" } ?? ""
        StandardError.say("the engine does not answer: \(error)\(why)")
        return ExitCode(3)
    }

    /// Stays with a run; the run as it ended.
    func follow(_ run: RunID, quiet: Bool) -> Run? {
        var follower =
            own.map { RunFollower(engine: $0.engine, signals: signals) }
            ?? RunFollower(run, of: service, signals: signals)
        follower.interruptStops = true
        follower.quiet = quiet
        return follower.followAll("").first { $0.id == run }
    }

    /// Leaves: an engine of our own waits for what is under way.
    func close() {
        remote?.leave(signal: nil, signals)
        guard let own else { return }
        Bridge.wait(atMost: 2) { [engine = own.engine, by = own.by] in
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
