import Dispatch
import Synchronization

/// Waits for a descriptor without a thread of its own.
enum Readiness {
    private static let queue = DispatchQueue(label: "tocsin-sockets")

    /// Ends when there is something to read, or when the task is cancelled; afterwards the descriptor may be closed.
    static func readable(_ descriptor: Int32) async {
        let source = Held(DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue))
        await withTaskCancellationHandler {
            await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
                source.value.setEventHandler { source.value.cancel() }
                source.value.setCancelHandler { done.resume() }
                source.value.resume()
            }
        } onCancel: {
            source.value.cancel()
        }
    }

    /// Sources of Dispatch may be used from any thread, which their type does not say.
    private struct Held: @unchecked Sendable {
        let value: any DispatchSourceRead
        init(_ value: any DispatchSourceRead) { self.value = value }
    }
}
