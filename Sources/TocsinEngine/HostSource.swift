import TimeSeries
import TocsinModel

/// The series of this host alone, among those of a fleet.
struct HostSource: SampleSource {
    let store: SeriesStore
    private let own: [LabelMatcher]

    init(_ store: SeriesStore, host: String) {
        self.store = store
        own = [LabelMatcher("instance", .equal, host)]
    }

    func samples(
        matching matchers: [LabelMatcher], from: Milliseconds, through: Milliseconds
    ) throws -> SampleBlock {
        try store.samples(matching: matchers + own, from: from, through: through)
    }

    func latest(matching matchers: [LabelMatcher], after: Milliseconds, at: Milliseconds) throws -> [Sample] {
        try store.latest(matching: matchers + own, after: after, at: at)
    }
}
