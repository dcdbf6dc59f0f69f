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
