import NIOCore

/// It took longer than it may.
struct TimedOut: Error, CustomStringConvertible {
    let milliseconds: Int64
    var description: String { "no answer within \(milliseconds) ms" }
}

/// Runs something that may hang, and cancels it when its time is over.
func withDeadline<Value: Sendable>(
    milliseconds: Int64, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value?.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: .milliseconds(milliseconds))
            return nil
        }
        defer { group.cancelAll() }
        // The first to end decides; the group has two tasks, so there is one.
        guard let first = try await group.next(), let value = first else {
            throw TimedOut(milliseconds: milliseconds)
        }
        return value
    }
}
