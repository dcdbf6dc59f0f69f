import CLinux
import Glibc

/// Threads for calls that may never return: `statfs` on a dead mount, `/proc/PID/cmdline` of a task in uninterruptible
/// sleep, a collector whose file hangs.
///
/// Work is named by the resource it touches, and a resource never has more than one call outstanding. One thread serves
/// everything as long as calls return; when one stalls, it keeps its thread and another thread takes over the rest, so
/// a dead resource costs its own row and one thread, and nothing else waits for it.
package final class BlockingWork: @unchecked Sendable {
    // Everything below the lock is touched only while it is held; that is what @unchecked promises.
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    /// Work has come in; threads without any wait for it.
    private let arrived: UnsafeMutablePointer<pthread_cond_t>
    /// The queue has run empty; ``settle(milliseconds:)`` waits for it.
    private let drained: UnsafeMutablePointer<pthread_cond_t>
    private var queue: [(key: String, work: @Sendable () -> Void)] = []
    private var queued: Set<String> = []
    private var running: [String: UInt64] = [:]
    private var threads = 0
    private var idle = 0
    private let name: String
    private let stallAfter: UInt64
    private let mostThreads: Int

    /// - Parameters:
    ///   - name: shown as the threads' name, at most 15 bytes.
    ///   - stallMilliseconds: a call under way for longer no longer holds up others.
    ///   - mostThreads: so many stalled calls at most; further work waits.
    package init(name: String, stallMilliseconds: UInt64 = 100, mostThreads: Int = 64) {
        self.name = name
        stallAfter = stallMilliseconds * 1_000_000
        self.mostThreads = mostThreads
        lock = .allocate(capacity: 1)
        arrived = .allocate(capacity: 1)
        drained = .allocate(capacity: 1)
        pthread_mutex_init(lock, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(drained, &attributes)
        pthread_cond_init(arrived, nil)
    }

    // There is no deinit: threads hold the object for as long as the process lives.

    /// Queues work for a resource. False, and nothing is queued, while earlier work for it is outstanding.
    @discardableResult
    package func submit(_ key: String, _ work: @escaping @Sendable () -> Void) -> Bool {
        submit([(key, work)]).isEmpty
    }

    /// Queues work for several resources with one wake-up. Returns those whose earlier work is outstanding.
    package func submit(_ jobs: [(key: String, work: @Sendable () -> Void)]) -> [String] {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        var refused: [String] = []
        for job in jobs {
            if running[job.key] != nil || queued.contains(job.key) {
                refused.append(job.key)
            } else {
                queued.insert(job.key)
                queue.append(job)
            }
        }
        if threads == 0 { spawn() } else { pthread_cond_signal(arrived) }
        return refused
    }

    /// Waits until all work is done but for calls that have stalled, at most for so long. True when nothing is
    /// outstanding at all. Called by whoever submits, it also hands the queue of a stalled thread to a new one.
    @discardableResult
    package func settle(milliseconds: UInt64) -> Bool {
        let end = Self.now() + milliseconds * 1_000_000
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        while true {
            let now = Self.now()
            let lively = running.values.filter { now &- $0 < stallAfter }
            if queue.isEmpty, lively.isEmpty { return running.isEmpty }
            if !queue.isEmpty, idle == 0, lively.isEmpty, threads < mostThreads { spawn() }
            if now >= end { return false }
            // Wake when something ends, or when the oldest lively call becomes a stalled one.
            let stall = lively.min().map { $0 + stallAfter } ?? end
            var until = timespec()
            let target = min(end, max(stall, now + 1_000_000))
            until.tv_sec = Int(target / 1_000_000_000)
            until.tv_nsec = Int(target % 1_000_000_000)
            pthread_cond_timedwait(drained, lock, &until)
        }
    }

    /// The resources with a call under way, and for how many milliseconds.
    package var outstanding: [String: UInt64] {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        let now = Self.now()
        return running.mapValues { (now &- $0) / 1_000_000 }
    }

    /// The number of threads, stalled ones included.
    package var threadCount: Int {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return threads
    }

    private func spawn() {
        threads += 1
        var thread = pthread_t()
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setstacksize(&attributes, 1 << 20)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        let held = Unmanaged.passRetained(self).toOpaque()
        let failed = pthread_create(
            &thread, &attributes, { Unmanaged<BlockingWork>.fromOpaque($0!).takeRetainedValue().serve() }, held)
        pthread_attr_destroy(&attributes)
        if failed != 0 {
            threads -= 1
            Unmanaged<BlockingWork>.fromOpaque(held).release()
        }
    }

    private func serve() -> UnsafeMutableRawPointer? {
        _ = pthread_setname_np(pthread_self(), name)
        pthread_mutex_lock(lock)
        while true {
            while queue.isEmpty {
                // Threads that came in for stalled ones go when those are back.
                if idle > 0 {
                    threads -= 1
                    pthread_mutex_unlock(lock)
                    return nil
                }
                idle += 1
                pthread_cond_wait(arrived, lock)
                idle -= 1
            }
            let (key, work) = queue.removeFirst()
            queued.remove(key)
            running[key] = Self.now()
            pthread_mutex_unlock(lock)
            work()
            pthread_mutex_lock(lock)
            running[key] = nil
            if queue.isEmpty { pthread_cond_broadcast(drained) }
        }
    }

    private static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
