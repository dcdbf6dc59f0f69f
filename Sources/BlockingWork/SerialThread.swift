import CLinux
import Glibc

/// One thread that does one thing after the other, in the order it was asked: for writes that block, such as a commit.
package final class SerialThread: @unchecked Sendable {
    // Everything is touched only under the lock.
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private let changed: UnsafeMutablePointer<pthread_cond_t>
    private var queue: [@Sendable () -> Void] = []
    private var started = false
    private let name: String

    /// - Parameter name: the thread's name, at most 15 bytes.
    package init(name: String) {
        self.name = name
        lock = .allocate(capacity: 1)
        changed = .allocate(capacity: 1)
        pthread_mutex_init(lock, nil)
        pthread_cond_init(changed, nil)
    }

    // There is no deinit: the thread holds the object for as long as the process lives.

    /// Queues work.
    package func async(_ work: @escaping @Sendable () -> Void) {
        pthread_mutex_lock(lock)
        queue.append(work)
        if !started {
            started = true
            start()
        }
        pthread_cond_signal(changed)
        pthread_mutex_unlock(lock)
    }

    /// Queues work and waits for its result without blocking the calling task's thread.
    package func run<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            async { continuation.resume(returning: work()) }
        }
    }

    private func start() {
        var thread = pthread_t()
        let held = Unmanaged.passRetained(self).toOpaque()
        let failed = pthread_create(
            &thread, nil, { Unmanaged<SerialThread>.fromOpaque($0!).takeRetainedValue().serve() }, held)
        if failed != 0 { fatalError("no thread can be made: \(String(cString: strerror(failed)))") }
        pthread_detach(thread)
    }

    private func serve() -> UnsafeMutableRawPointer? {
        _ = pthread_setname_np(pthread_self(), name)
        while true {
            pthread_mutex_lock(lock)
            while queue.isEmpty { pthread_cond_wait(changed, lock) }
            let work = queue.removeFirst()
            pthread_mutex_unlock(lock)
            work()
        }
    }
}
