import BlockingWork
import Glibc
import Synchronization
import TocsinCore
import TocsinModel

/// One group on its way through an evaluation. Only one thread has it at a time.
final class GroupJob: @unchecked Sendable {
    let group: RuleGroup
    var state: GroupState
    private(set) var result: GroupResult?
    private let source: StoreSource
    private let now: Moment
    private let watchedSince: Milliseconds

    init(group: RuleGroup, state: GroupState, source: StoreSource, now: Moment, watchedSince: Milliseconds) {
        self.group = group
        self.state = state
        self.source = source
        self.now = now
        self.watchedSince = watchedSince
    }

    func run() {
        var setting = RuleSetting(watchedSince: watchedSince)
        let end = ContinuousClock.now + .milliseconds(max(1_000, group.interval))
        setting.shouldStop = { ContinuousClock.now > end }
        let begin = ContinuousClock.now
        setting.stopwatch = { begin.duration(to: .now) / .seconds(1) }
        result = group.evaluate(&state, from: source, at: now, setting: setting)
    }
}

/// Threads on which rule groups are evaluated side by side: the engine's own, and helpers that are made when they are
/// first needed.
package final class GroupLanes: Sendable {
    private let helpers = Mutex<[SerialThread]>([])
    private let most: Int

    /// - Parameter most: threads in all; one for each processor when left out, at most four.
    package init(most: Int? = nil) {
        self.most = most ?? max(1, min(4, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
    }

    /// Runs every job once and returns when all are done.
    func run(_ jobs: [GroupJob], sideBySide: Bool) {
        let count = sideBySide ? min(most, jobs.count) : 1
        guard count > 1 else { return jobs.forEach { $0.run() } }
        let next = Atomic(0)
        let work: @Sendable () -> Void = {
            while true {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard index < jobs.count else { return }
                jobs[index].run()
            }
        }
        let done = Countdown(count - 1)
        for helper in threads(count - 1) {
            helper.async {
                work()
                done.oneLess()
            }
        }
        work()
        done.wait()
    }

    private func threads(_ count: Int) -> [SerialThread] {
        helpers.withLock { helpers in
            while helpers.count < count { helpers.append(SerialThread(name: "tocsin-rules-\(helpers.count + 1)")) }
            return Array(helpers.prefix(count))
        }
    }
}

/// Waits for a number of threads to be through.
private final class Countdown: @unchecked Sendable {
    // A semaphore is made for being used by several threads at once.
    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
    private let count: Int

    init(_ count: Int) {
        self.count = count
        sem_init(semaphore, 0, 0)
    }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    func oneLess() { sem_post(semaphore) }

    func wait() {
        for _ in 0..<count { while sem_wait(semaphore) != 0 {} }
    }
}
