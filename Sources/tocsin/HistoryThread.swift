import BlockingWork
import Glibc
import HostMetrics
import Storage
import Synchronization
import TimeSeries
import TocsinModel

/// The thread that writes the store's samples down every two seconds, and brings the last hour back at the start. It
/// needs a state folder of its own; a disk that is slow holds up nothing but itself.
final class HistoryThread: @unchecked Sendable {
    // `keeper` is touched only while `turn` is held.
    private let turn = Mutex(())
    private var keeper: HistoryKeeper?
    private let stopping = Atomic(false)
    private let thread = SerialThread(name: "tocsin-history")

    /// A folder that cannot be used is tried again: somebody makes room on a full disk.
    ///
    /// - Parameters:
    ///   - note: takes words for the banner that stay: that the history was damaged.
    ///   - say: takes why nothing is written, and nil when something is again.
    func start(
        folder: String, store: SeriesStore, limits: HistoryLimits, retention: Milliseconds,
        note: @escaping @Sendable (String) -> Void, say: @escaping @Sendable (String?) -> Void
    ) {
        guard limits.samples > 0 else { return }
        thread.async { [self] in
            var told = false
            while !stopping.load(ordering: .relaxed) {
                do {
                    let made = try HistoryKeeper(folder: folder, store: store, limits: limits)
                    try made.begin(now: LinuxClock().now().wall, retention: retention)
                    if let notice = made.notice { note(notice) }
                    turn.withLock { _ in keeper = made }
                    break
                } catch {
                    if !told { say("the history of series is not kept: \(error)") }
                    told = true
                }
                rest(seconds: 10)
            }
            if told { say(nil) }
            serve(say)
        }
    }

    private func serve(_ say: @Sendable (String?) -> Void) {
        var told = false
        while !stopping.load(ordering: .relaxed) {
            rest(seconds: 2)
            let fault = turn.withLock { _ -> String? in
                keeper?.tick(now: LinuxClock().now().wall)
                return keeper?.fault
            }
            guard (fault != nil) != told else { continue }
            say(fault.map { "the history of series is not being written: \($0)" })
            told = fault != nil
        }
    }

    private func rest(seconds: Int) {
        for _ in 0..<seconds where !stopping.load(ordering: .relaxed) { usleep(1_000_000) }
    }

    /// Writes the last samples down.
    func stop() {
        stopping.store(true, ordering: .relaxed)
        turn.withLock { _ in
            keeper?.end(now: LinuxClock().now().wall)
            keeper = nil
        }
    }
}
