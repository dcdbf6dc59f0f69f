import TocsinModel

/// The course of one watched series, as its detector wrote it down, with the earlier stretch that is most like it.
struct AnomalyCourse {
    let source: any SampleSource
    let name: WatchedName
    /// Milliseconds from point to point.
    let step: Milliseconds

    /// An hour at ten seconds, six hours at a minute.
    static let length = 360

    /// - Parameters:
    ///   - end: the time of the last point.
    ///   - likeness: what is to be laid over the course; only where its newer stretch begins within it.
    func detail(until end: Milliseconds, likeness: AnomaliesPage.Likeness?) throws -> AnomaliesPage.Detail {
        let start = end - Milliseconds(Self.length - 1) * step
        let history = Trend(
            points: try line("tocsin_anomaly_value", from: start, through: end), step: step,
            low: try line("tocsin_expected_low", from: start, through: end),
            high: try line("tocsin_expected_high", from: start, through: end))
        let alarms = try line("tocsin_anomaly_active", from: start, through: end).map { ($0 ?? 0) > 0 }
        var detail = AnomaliesPage.Detail(name: name, history: history, alarms: alarms)
        if let likeness, likeness.newest >= start, likeness.newest < end {
            // What came after the earlier stretch is told too: that is how it went on last time.
            let shift = likeness.newest - likeness.earlier
            let before = try line("tocsin_anomaly_value", from: start - shift, through: end - shift)
            let first = Int((likeness.newest - start) / step)
            detail.earlier = before.enumerated().map { $0.offset < first ? nil : $0.element }
            detail.likeness = likeness
        }
        return detail
    }

    /// One of the series on an even grid; where several channels have one, the highest.
    private func line(_ metric: String, from start: Milliseconds, through end: Milliseconds) throws -> [Double?] {
        let wanted = name.labels.setting("detector", name.detector)
        let matchers =
            [LabelMatcher("__name__", .equal, metric)] + wanted.pairs.map { LabelMatcher($0.name, .equal, $0.value) }
        var points = [Double?](repeating: nil, count: Self.length)
        for series in try source.series(matching: matchers, from: start - step / 2, through: end + step / 2)
        where series.labels.dropping(["__name__", "channel"]) == wanted {
            for (time, value) in zip(series.timestamps, series.values) where value.isFinite {
                let at = Int((Double(time - start) / Double(step)).rounded())
                guard points.indices.contains(at) else { continue }
                points[at] = max(points[at] ?? value, value)
            }
        }
        return points
    }
}

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
