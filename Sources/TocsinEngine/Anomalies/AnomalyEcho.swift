import TimeSeries
import TocsinModel

/// What a detector told last, told again each minute until its next step: a rule looks back five minutes, and what is said
/// every ten would be gone half of the time.
struct AnomalyEcho {
    private var values: [(SeriesStore.Reference, Double)] = []
    private var named: [(Labels, Double)] = []
    private var due: Milliseconds = .max

    private static let every: Milliseconds = 60_000
    /// A detector with a step of no more than this is heard often enough.
    private static let needless: Milliseconds = 120_000

    /// Nothing to tell.
    init() {}

    init(
        _ values: [(SeriesStore.Reference, Double)], _ named: [(Labels, Double)], step: Milliseconds,
        at now: Milliseconds
    ) {
        guard step > Self.needless else { return }
        (self.values, self.named) = (values, named)
        due = now + Self.every
    }

    mutating func tell(_ store: SeriesStore, at now: Milliseconds) {
        guard now >= due else { return }
        due = now + Self.every
        // A place the store has dropped is looked up anew at the next step.
        _ = store.append(values, at: now)
        for (labels, value) in named { store.append(labels, value, at: now) }
    }
}
