import Synchronization
import TocsinCore
import TocsinModel

/// Runs the process table as a collector and hands its newest view to the pages.
package final class ProcessWatch: Collector {
    package let name = "processes"
    private let source: any ProcessSource
    private let clock: any SystemClock
    /// For the engine, which runs elsewhere.
    package let handle = Handle()

    /// What both sides touch: the query the screen asked last, and the newest view.
    package final class Handle: Sendable {
        let query = Mutex(ProcessQuery())
        let snapshot = Mutex<ProcessSnapshot?>(nil)

        package init() {}
    }

    package init(_ source: any ProcessSource, clock: any SystemClock) {
        self.source = source
        self.clock = clock
    }

    package func collect(into batch: inout SampleBatch) throws(CollectFailure) {
        let query = handle.query.withLock { $0 }
        let snapshot = try source.sample(query, now: UInt64(clock.now().boot) * 1_000_000)
        handle.snapshot.withLock { $0 = snapshot }
    }
}
