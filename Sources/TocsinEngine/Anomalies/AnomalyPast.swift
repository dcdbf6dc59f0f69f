import TocsinModel

/// What the detectors said at an earlier time, from the series they wrote.
struct AnomalyPast {
    let source: any SampleSource
    /// The page of now: it knows the steps, and the alarms in words.
    let present: AnomaliesPage

    func page(at time: Milliseconds) throws -> AnomaliesPage {
        let steps = Dictionary(present.rows.map { ($0.name, $0) }) { first, _ in first }
        let span = 2 * max(300_000, present.rows.map(\.step).max() ?? 0)
        let metrics = LabelMatcher("__name__", .matches, "tocsin_anomaly_(value|score|threshold|active|learning)")
        let bands = LabelMatcher("__name__", .matches, "tocsin_expected_(low|high)")
        var rows: [WatchedName: AnomaliesPage.Row] = [:]
        for matcher in [metrics, bands] {
            for sample in try source.latest(matching: [matcher], after: time - span, at: time) {
                let labels = sample.labels
                let name = WatchedName(
                    detector: labels["detector"] ?? "", labels: labels.dropping(["__name__", "detector", "channel"]))
                let now = steps[name]
                var row =
                    rows[name]
                    ?? AnomaliesPage.Row(
                        name: name, step: now?.step ?? 60_000, value: 0, low: nil, high: nil, learning: 0, channels: [],
                        marks: (now?.marks ?? []).filter { $0.at <= time }, likeness: nil, isHeld: false)
                Self.put(sample, labels["channel"], into: &row)
                rows[name] = row
            }
        }
        return AnomaliesPage(rows: AnomaliesPage.sorted(Array(rows.values)), total: rows.count)
    }

    private static func put(_ sample: Sample, _ channel: String?, into row: inout AnomaliesPage.Row) {
        switch (sample.labels.metricName, channel) {
        case ("tocsin_anomaly_value", _): row.value = sample.value
        case ("tocsin_anomaly_learning", _): row.learning = sample.value
        case ("tocsin_expected_low", _): row.low = sample.value
        case ("tocsin_expected_high", _): row.high = sample.value
        case (let metric, let channel?):
            let at =
                row.channels.firstIndex { $0.name == channel }
                ?? {
                    row.channels.append(
                        AnomaliesPage.Channel(name: channel, score: 0, threshold: 0.5, isActive: false))
                    return row.channels.count - 1
                }()
            switch metric {
            case "tocsin_anomaly_score": row.channels[at].score = sample.value
            case "tocsin_anomaly_threshold": row.channels[at].threshold = sample.value
            default: row.channels[at].isActive = sample.value > 0
            }
        default: break
        }
    }
}
