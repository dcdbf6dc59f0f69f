import Adapters
import ConfigurationFiles
import Storage
import Synchronization
import TocsinCore
import TocsinEngine
import TocsinModel

/// What must live as long as the dashboard beside the engine: the state folder with its lock.
final class KeptAlive: Sendable {
    private let limits: HistoryLimits
    private let retention: Milliseconds
    /// The engine ends with a screen.
    private let isEmbedded: Bool

    /// - Parameter keepsHistory: false for a command that only looks.
    init(_ config: Config, keepsHistory: Bool = true, isEmbedded: Bool = true) {
        self.isEmbedded = isEmbedded
        limits = HistoryLimits(samples: keepsHistory ? config.history : 0, bytes: config.historyBytes)
        retention = config.retention
    }

    private let folder = Mutex<StateFolder?>(nil)
    private let journal = Mutex<SQLiteJournal?>(nil)

    private let locks = Mutex<[String: ActingLock]>([:])
    private let history = HistoryThread()

    /// Takes the right to act on each service, where the journal is ours. Why not, for each that is not ours to act on.
    func stand(_ specs: [ServiceSpec]) -> [String: String?] {
        var out: [String: String?] = [:]
        let owned = folder.withLock { $0 != nil }
        for spec in specs {
            guard owned else {
                out[spec.name] = .some("this engine has no journal of its own, and nothing is done unrecorded")
                continue
            }
            if locks.withLock({ $0[spec.name] != nil }) {
                out[spec.name] = .some(nil)
                continue
            }
            do throws(ActingLock.Held) {
                let lock = try ActingLock(spec)
                locks.withLock { $0[spec.name] = lock }
                out[spec.name] = .some(nil)
            } catch { out[spec.name] = .some(error.description) }
        }
        return out
    }

    /// A sign of life in the folder.
    func touch() { folder.withLock { $0?.touch() } }

    /// Writes down what is still under way, and leaves one file of the journal behind.
    func finish() {
        history.stop()
        journal.withLock { $0?.settle() }
    }

    /// Hands the opened journal to the engine, or says why there is none.
    func adopt(
        _ opened: Result<(folder: StateFolder, journal: SQLiteJournal, notice: String?), Wiring.StartFailure>,
        _ engine: Engine
    ) async {
        let embedded =
            isEmbedded ? [Notice(.info, "this engine lives in this process: the watch ends when you quit")] : []
        switch opened {
        case .success(let (folder, journal, notice)):
            self.folder.withLock { $0 = folder }
            self.journal.withLock { $0 = journal }
            let notices = embedded + (notice.map { [Notice(.warning, $0)] } ?? [])
            await engine.open(journal, aliveUntil: folder.lastAliveMilliseconds, notices: notices)
            history.start(folder: folder.path, store: engine.store, limits: limits, retention: retention) {
                words in
                Task { await engine.announce(Notice(.warning, words)) }
            } say: { words in
                Task {
                    if let words {
                        await engine.announce(Notice(.warning, words), key: "history")
                    } else {
                        await engine.clear("history")
                    }
                }
            }
        case .failure(let failure):
            for line in embedded { await engine.announce(line) }
            await engine.goOnWithoutJournal(failure.words)
        }
    }
}
