import Synchronization
import TocsinModel

/// The series under detectors, for whoever must know whether there is such a one; the detectors belong to another thread.
final class WatchedNames: Sendable {
    private let names = Mutex<Set<WatchedName>>([])

    func insert(_ name: WatchedName) { names.withLock { _ = $0.insert(name) } }
    func remove(_ name: WatchedName) { names.withLock { _ = $0.remove(name) } }
    func contains(_ name: WatchedName) -> Bool { names.withLock { $0.contains(name) } }
    /// Some that have the labels of one that is not there, and more.
    func like(_ name: WatchedName) -> [WatchedName] {
        names.withLock { Array($0.lazy.filter(name.fits).prefix(3)) }.sorted { $0.labels < $1.labels }
    }
    func keep(_ wanted: (WatchedName) -> Bool) { names.withLock { $0 = $0.filter(wanted) } }
}
