import LinearRegex
import Synchronization
import TocsinCore
import TocsinModel

/// Counts the lines of one log that match its patterns: `tocsin_log_matches_total`.
package final class LogCollector: Collector {
    private static let matches = MetricFamily(
        "tocsin_log_matches_total", .counter, "Lines of a log that match a pattern, since the engine started.")
    private static let lines = MetricFamily(
        "tocsin_log_lines_total", .counter, "Lines of a log that were read, since the engine started.")

    package let name: String
    private let counter: LineCounter
    private var file: FileBox?
    private var journal: JournalTail?
    private let label: String
    private var slots: [SampleBatch.Slot] = []

    /// A class around a value that cannot be copied.
    private final class FileBox {
        var tail: FileTail
        init(_ path: String) { tail = FileTail(path: path) }
    }

    package init(_ spec: LogWatchSpec) {
        name = "log:" + spec.name
        label = spec.name
        let counter = LineCounter(spec.patterns)
        self.counter = counter
        switch spec.source {
        case .file(let path): file = FileBox(path)
        case .journal(let unit): journal = JournalTail(unit: unit) { counter.take($0) }
        }
    }

    package func collect(into batch: inout SampleBatch) throws(CollectFailure) {
        let fault = file.map { file in file.tail.read { counter.take($0) } } ?? journal?.fault
        if slots.isEmpty {
            slots =
                [batch.declare(Self.lines, ["log": label])]
                + counter.patterns.map { batch.declare(Self.matches, ["log": label, "pattern": $0.name]) }
        }
        let counts = counter.counts
        batch.put(slots[0], Double(counts.lines))
        for (slot, count) in zip(slots.dropFirst(), counts.matches) { batch.put(slot, Double(count)) }
        if let fault { throw CollectFailure(fault) }
    }
}

/// Counts, from whatever thread reads.
private final class LineCounter: Sendable {
    let patterns: [LogWatchSpec.Pattern]
    private let state: Mutex<(lines: Int, matches: [Int])>

    init(_ patterns: [LogWatchSpec.Pattern]) {
        self.patterns = patterns
        state = Mutex((0, [Int](repeating: 0, count: patterns.count)))
    }

    var counts: (lines: Int, matches: [Int]) { state.withLock { $0 } }

    func take(_ line: UnsafeBufferPointer<UInt8>) {
        let hits = patterns.indices.filter { patterns[$0].regex.matches(line) }
        state.withLock { state in
            state.lines += 1
            for hit in hits { state.matches[hit] += 1 }
        }
    }
}
