import Storage
import Synchronization
import TocsinEngine
import TocsinModel

/// What must live as long as the dashboard beside the engine: the state folder with its lock.
final class KeptAlive: Sendable {
    private let folder = Mutex<StateFolder?>(nil)

    /// A sign of life in the folder.
    func touch() { folder.withLock { $0?.touch() } }

    /// Hands the opened journal to the engine, or says why there is none.
    func adopt(
        _ opened: Result<(folder: StateFolder, journal: SQLiteJournal, notice: String?), Wiring.StartFailure>,
        _ engine: Engine
    ) async {
        let embedded = Notice(.info, "this engine lives in this process: the watch ends when you quit")
        switch opened {
        case .success(let (folder, journal, notice)):
            self.folder.withLock { $0 = folder }
            let notices = [embedded] + (notice.map { [Notice(.warning, $0)] } ?? [])
            await engine.open(journal, aliveUntil: folder.lastAliveMilliseconds, notices: notices)
        case .failure(let failure):
            await engine.announce(embedded)
            await engine.goOnWithoutJournal(failure.words)
        }
    }
}
