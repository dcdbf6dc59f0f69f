import Anomaly
import PromQL
import TocsinCore
import TocsinModel

/// The judged value of an alert over the hour before a time, with the band in which each point was to be expected from
/// those before it.
struct AlertHistory {
    let alert: Alert
    let source: any SampleSource

    static let step: Milliseconds = 30_000
    /// Points that are shown, and points before them from which the band is learned.
    private static let (shown, before) = (121, 180)
    /// Points without a band, until something is known.
    private static let start = 40

    /// The time of the first sample it asks for.
    static func earliest(before at: Milliseconds) -> Milliseconds { at - Milliseconds(shown + before) * step }

    func trend(before at: Milliseconds) -> Trend {
        guard let expression = try? Expr(parsing: alert.expression) else { return .none }
        let end = at / Self.step * Self.step
        let start = end - Milliseconds(Self.shown + Self.before - 1) * Self.step
        var options = EvaluationOptions()
        options.maximumSamples = 5_000_000
        let deadline = ContinuousClock.now + .seconds(2)
        options.shouldStop = { ContinuousClock.now > deadline }
        let series =
            (try? RangeEvaluation.evaluate(
                RuleShape(expression)?.judged ?? expression, source: source, start: start, end: end, step: Self.step,
                options: options)) ?? []
        guard let own = series.first(where: agrees) else { return .none }
        var points = [Double?](repeating: nil, count: Self.shown + Self.before)
        for (time, value) in zip(own.timestamps, own.values) where value.isFinite {
            points[Int((time - start) / Self.step)] = value
        }
        return Self.banded(points)
    }

    private func agrees(_ series: SampleSeries) -> Bool {
        series.labels.pairs.allSatisfy { $0.name == "__name__" || alert.labels[$0.name] == $0.value }
    }

    /// With the band that a detector at this step would have.
    private static func banded(_ points: [Double?]) -> Trend {
        let detector = Detector()
        var state = DetectorState()
        var known = 0
        var (low, high): ([Double?], [Double?]) = ([], [])
        for (number, value) in points.enumerated() {
            let found = value.map { detector.push($0, at: Double(number) * Double(step) / 1000, into: &state) }
            known += found == nil ? 0 : 1
            let band = known > start ? found?.valueBand : nil
            low.append(band?.low)
            high.append(band?.high)
        }
        return Trend(
            points: Array(points.suffix(shown)), step: step, low: Array(low.suffix(shown)),
            high: Array(high.suffix(shown)))
    }
}
