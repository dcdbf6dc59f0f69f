import TimeSeries
import TocsinCore
import TocsinModel

/// The series in which a detector tells what it says of one watched series: each is looked up once and then written by its
/// place in the store.
struct AnomalyTrail {
    /// One of them.
    enum Line: Equatable {
        case score(AnomalySpec.Channel), threshold(AnomalySpec.Channel), active(AnomalySpec.Channel)
        case value, learning, suppressed, low, high

        var metric: String {
            switch self {
            case .score: "tocsin_anomaly_score"
            case .threshold: "tocsin_anomaly_threshold"
            case .active: "tocsin_anomaly_active"
            case .value: "tocsin_anomaly_value"
            case .learning: "tocsin_anomaly_learning"
            case .suppressed: "tocsin_anomaly_suppressed"
            case .low: "tocsin_expected_low"
            case .high: "tocsin_expected_high"
            }
        }

        var channel: AnomalySpec.Channel? {
            switch self {
            case .score(let channel), .threshold(let channel), .active(let channel): channel
            case .value, .learning, .suppressed, .low, .high: nil
            }
        }

        /// Its place among all.
        fileprivate var number: Int {
            switch self {
            case .score(let channel): channel == .novelty ? 0 : 3
            case .threshold(let channel): channel == .novelty ? 1 : 4
            case .active(let channel): channel == .novelty ? 2 : 5
            case .value: 6
            case .learning: 7
            case .suppressed: 8
            case .low: 9
            case .high: 10
            }
        }

        fileprivate static let count = 11
    }

    private var references = [SeriesStore.Reference?](repeating: nil, count: Line.count)

    /// Where a line is kept; nil when the store holds as many series as it may.
    ///
    /// - Parameter labels: those of the watched series with its detector.
    mutating func reference(
        _ line: Line, _ labels: @autoclosure () -> Labels, in store: SeriesStore
    ) -> SeriesStore.Reference? {
        if let known = references[line.number] { return known }
        var labels = labels().setting("__name__", line.metric)
        if let channel = line.channel { labels = labels.setting("channel", channel.rawValue) }
        let made = store.reference(for: labels)
        references[line.number] = made
        return made
    }

    /// Lets go of places the store has dropped.
    mutating func forget(_ gone: Set<SeriesStore.Reference>) {
        for number in references.indices {
            if let reference = references[number], gone.contains(reference) { references[number] = nil }
        }
    }
}
