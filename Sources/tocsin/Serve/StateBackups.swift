import BlockingWork
import FoundationEssentials
import Storage

/// Copies of the engine's decisions, made by SQLite's own online backup beside the running journal: one a day, the last
/// seven are kept.
struct StateBackups: Sendable {
    static let kept = 7
    private let folder: String
    private let thread = SerialThread(name: "tocsin-backup")

    /// - Parameter folder: the state folder; the copies are in `backups` below it.
    init(folder: String) { self.folder = folder }

    private var place: String { folder + "/backups" }

    /// The copies there are, the oldest first.
    var all: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []
        return names.filter { $0.hasPrefix("decisions-") && $0.hasSuffix(".db") }.sorted().map { place + "/" + $0 }
    }

    func isDue(now: Date) -> Bool { !FileManager.default.fileExists(atPath: path(now)) }

    private func path(_ day: Date) -> String {
        place + "/decisions-" + day.formatted(.iso8601.year().month().day()) + ".db"
    }

    /// Makes today's copy, in place of one that there may be, and lets go of the oldest.
    func make() async -> Result<String, StateCopy.Failure> {
        let (folder, place, path) = (folder, place, path(Date()))
        let outcome = await thread.run { () -> Result<String, StateCopy.Failure> in
            do throws(StateCopy.Failure) {
                try StateCopy.back(up: folder + "/decisions.db", to: path, in: place)
                return .success(path)
            } catch { return .failure(error) }
        }
        if case .success = outcome {
            for old in all.dropLast(Self.kept) { try? FileManager.default.removeItem(atPath: old) }
        }
        return outcome
    }
}
