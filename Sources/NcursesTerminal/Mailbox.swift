import CLinux
import Glibc
import Synchronization

/// Hands messages from any thread to the one that draws. A burst costs one write.
package final class Mailbox<Message: Sendable>: Sendable {
    /// Readable while messages wait.
    package let wakeDescriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
    private let queue = Mutex<[Message]>([])

    package init() {}

    /// Adds a message.
    package func post(_ message: Message) {
        let wasEmpty = queue.withLock { queue in
            defer { queue.append(message) }
            return queue.isEmpty
        }
        if wasEmpty {
            var one: UInt64 = 1
            _ = write(wakeDescriptor, &one, 8)
        }
    }

    /// Takes all messages.
    package func drain() -> [Message] {
        // Cleared first, then taken: a message that comes in between wakes again.
        var count: UInt64 = 0
        _ = read(wakeDescriptor, &count, 8)
        return queue.withLock { queue in
            defer { queue = [] }
            return queue
        }
    }
}
