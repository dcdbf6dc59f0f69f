import Synchronization

/// It took longer than it may.
struct TimedOut: Error, CustomStringConvertible {
    let milliseconds: Int64
    var description: String { "no answer within \(milliseconds) ms" }
}

/// Runs something that may hang, and cancels it when its time is over.
func withDeadline<Value: Sendable>(
    milliseconds: Int64, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    let work = Task(executorPreference: ScrapeLoop.executor) { try await body() }
    let alarm = DeadlineWheel.shared.add(milliseconds: milliseconds) { work.cancel() }
    do {
        let value = try await withTaskCancellationHandler {
            try await work.value
        } onCancel: {
            work.cancel()
        }
        _ = DeadlineWheel.shared.remove(alarm)
        return value
    } catch {
        if DeadlineWheel.shared.remove(alarm) { throw error }
        throw TimedOut(milliseconds: milliseconds)
    }
}

/// Deadlines of everything under way, looked at every few hundredths of a second while there is any: a timer for each
/// scrape costs more than the scrape's own parsing.
private final class DeadlineWheel: Sendable {
    static let shared = DeadlineWheel()

    private struct State {
        var next: UInt64 = 0
        var waiting: [UInt64: (due: ContinuousClock.Instant, ring: @Sendable () -> Void)] = [:]
        var isTurning = false
    }

    private let state = Mutex(State())
    private static let grain = Duration.milliseconds(40)

    /// Calls `ring` when the time is over, at most a few hundredths of a second late.
    func add(milliseconds: Int64, _ ring: @escaping @Sendable () -> Void) -> UInt64 {
        let (number, begins) = state.withLock { state in
            state.next += 1
            state.waiting[state.next] = (.now + .milliseconds(milliseconds), ring)
            defer { state.isTurning = true }
            return (state.next, !state.isTurning)
        }
        if begins { Task.detached { [self] in await turn() } }
        return number
    }

    /// Takes a deadline out; false when it is over.
    func remove(_ number: UInt64) -> Bool { state.withLock { $0.waiting.removeValue(forKey: number) != nil } }

    private func turn() async {
        while true {
            // Nobody cancels this task.
            try? await Task.sleep(for: Self.grain, tolerance: .milliseconds(10))
            let now = ContinuousClock.now
            let (over, isEmpty) = state.withLock { state in
                let over = state.waiting.filter { $0.value.due <= now }
                for number in over.keys { state.waiting[number] = nil }
                if state.waiting.isEmpty { state.isTurning = false }
                return (over.values.map(\.ring), state.waiting.isEmpty)
            }
            for ring in over { ring() }
            if isEmpty { return }
        }
    }
}
