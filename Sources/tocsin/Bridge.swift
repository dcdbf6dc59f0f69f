import Dispatch
import Glibc
import NcursesTerminal
import Synchronization

/// Lets a synchronous command wait for asynchronous work. Only for the main thread, which no task runs on.
enum Bridge {
    static func wait<Value: Sendable>(
        _ work: @escaping @Sendable () async throws -> Value
    ) -> Result<Value, any Error> {
        let done = DispatchSemaphore(value: 0)
        let box = Box<Value>()
        Task {
            do { box.set(.success(try await work())) } catch { box.set(.failure(error)) }
            done.signal()
        }
        done.wait()
        return box.result
    }

    /// The same, but a signal that asks the program to end ends it: nothing has been begun yet.
    static func wait<Value: Sendable>(
        until signals: TerminalSignals, _ work: @escaping @Sendable () async throws -> Value
    ) -> Result<Value, any Error> {
        let done = DispatchSemaphore(value: 0)
        let box = Box<Value>()
        Task {
            do { box.set(.success(try await work())) } catch { box.set(.failure(error)) }
            done.signal()
        }
        while done.wait(timeout: .now() + 0.1) == .timedOut {
            for case .leave(let number) in signals.take() { exit(128 + number) }
        }
        return box.result
    }

    /// The same, but gives up after so many seconds.
    static func wait(atMost seconds: Double, _ work: @escaping @Sendable () async -> Void) {
        let done = DispatchSemaphore(value: 0)
        Task {
            await work()
            done.signal()
        }
        _ = done.wait(timeout: .now() + seconds)
    }

    private final class Box<Value: Sendable>: Sendable {
        private let value = Mutex<Result<Value, any Error>?>(nil)
        func set(_ result: Result<Value, any Error>) { value.withLock { $0 = result } }
        var result: Result<Value, any Error> {
            guard let result = value.withLock({ $0 }) else { fatalError("the work ended without a result") }
            return result
        }
    }
}
