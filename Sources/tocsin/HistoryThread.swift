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

    /// - Parameter say: takes words for the banner: that the history was damaged, or cannot be written.
    func start(
        folder: String, store: SeriesStore, limits: HistoryLimits, retention: Milliseconds,
        say: @escaping @Sendable (String) -> Void
    ) {
        guard limits.samples > 0 else { return }
        thread.async { [self] in
            do {
                let made = try HistoryKeeper(folder: folder, store: store, limits: limits)
                if let notice = made.notice { say(notice) }
                try made.begin(now: LinuxClock().now().wall, retention: retention)
                turn.withLock { _ in keeper = made }
            } catch {
                say("the history of series is not kept: \(error)")
                return
            }
            serve(say)
        }
    }

    private func serve(_ say: @Sendable (String) -> Void) {
        var told = false
        while !stopping.load(ordering: .relaxed) {
            usleep(2_000_000)
            let fault = turn.withLock { _ -> String? in
                keeper?.tick(now: LinuxClock().now().wall)
                return keeper?.fault
            }
            if let fault, !told { say("the history of series is not being written: \(fault)") }
            told = fault != nil
        }
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
