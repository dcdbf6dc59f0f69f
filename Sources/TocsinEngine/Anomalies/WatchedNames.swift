import Synchronization
import TocsinModel

/// The series under detectors, for whoever must know whether there is such a one; the detectors belong to another thread.
final class WatchedNames: Sendable {
    private let names = Mutex<Set<WatchedName>>([])

    func insert(_ name: WatchedName) { names.withLock { _ = $0.insert(name) } }
    func remove(_ name: WatchedName) { names.withLock { _ = $0.remove(name) } }
    func contains(_ name: WatchedName) -> Bool { names.withLock { $0.contains(name) } }
    func keep(_ wanted: (WatchedName) -> Bool) { names.withLock { $0 = $0.filter(wanted) } }
}
