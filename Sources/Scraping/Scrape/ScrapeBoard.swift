import Synchronization
import TocsinCore
import TocsinModel

/// What is scraped just now, readable from any thread.
final class ScrapeBoard: Sendable {
    struct State: Sendable {
        var loops: [(job: String, loop: TargetLoop)] = []
        var dropped: [(job: String, labels: Labels)] = []
        /// By job and where they come from.
        var faults: [String: String] = [:]
    }

    private let state = Mutex(State())

    func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

    var targets: [TargetStatus] { state.withLock(\.loops).map(\.loop.status) }
    var dropped: [(job: String, labels: Labels)] { state.withLock { $0.dropped } }
    var faults: [String] { state.withLock { $0.faults.sorted { $0.key < $1.key }.map(\.value) } }

    /// Of targets that describe a family differently, the first counts.
    var families: [String: MetricFamily] {
        var all: [String: MetricFamily] = [:]
        for (_, loop) in state.withLock(\.loops) { all.merge(loop.families) { first, _ in first } }
        return all
    }
}
