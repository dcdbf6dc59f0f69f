import BlockingWork
import Synchronization

/// One thread for the blocking questions to one address: never more than one is outstanding, and the asker gets an
/// answer in time even when a name server or a route does not come back.
final class ProbeLane: Sendable {
    private let thread: SerialThread
    private let busy = Atomic(false)

    init(_ name: String) { thread = SerialThread(name: String(("probe-" + name).prefix(15))) }

    /// Nil when it does not come back within so many milliseconds, or the question before it has not.
    func ask<Answer: Sendable>(
        within milliseconds: Int64, _ work: @escaping @Sendable () -> Answer
    ) async -> Answer? {
        guard busy.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing).exchanged else {
            return nil
        }
        let once = Once()
        return await withCheckedContinuation { continuation in
            let timer = Task {
                // Cancelled when the answer is there; then the answer has resumed already.
                try? await Task.sleep(for: .milliseconds(milliseconds))
                once.perform { continuation.resume(returning: nil) }
            }
            thread.async { [self] in
                let answer = work()
                busy.store(false, ordering: .releasing)
                once.perform { continuation.resume(returning: answer) }
                timer.cancel()
            }
        }
    }
}
