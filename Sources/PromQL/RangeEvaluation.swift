import Synchronization
import TocsinModel

/// Evaluation at many instants.
public enum RangeEvaluation {
    /// The value of an expression at `start`, `start + step`, … up to `end`, as series. Each selector's samples are
    /// fetched once for the whole span.
    public static func evaluate(
        _ expression: Expr, source: any SampleSource, start: Milliseconds, end: Milliseconds, step: Milliseconds,
        options: EvaluationOptions = EvaluationOptions()
    ) throws -> [SampleSeries] {
        guard step > 0 else { throw EvaluationFailure.invalid("the step must be greater than 0") }
        guard end >= start else { return [] }
        if (end - start) / step > 11_000 {
            throw EvaluationFailure.invalid("exceeded maximum resolution of 11,000 points per timeseries")
        }
        let reach = reach(of: expression, options) + options.lookback
        let span = SpanSource(source, from: start - reach, through: end + reach)
        var table = SeriesTable()
        var instant = start
        while instant <= end {
            var evaluator = Evaluator(source: span, at: instant, options: options, start: start, end: end)
            for sample in try evaluator.evaluate(expression).vector(at: instant) { table.add(sample, at: instant) }
            instant += step
        }
        return table.sorted
    }

    /// How far back an expression looks beyond the lookback of its selectors, in milliseconds.
    public static func reach(of expression: Expr, _ options: EvaluationOptions = EvaluationOptions()) -> Milliseconds {
        let own: Milliseconds
        switch expression {
        case .selector(let selector): own = selector.offset.magnitudeClamped
        case .range(let selector, let range): own = range + selector.offset.magnitudeClamped
        case .subquery(let subquery):
            own = subquery.range + (subquery.step ?? options.defaultStep) + subquery.offset.magnitudeClamped
        default: own = 0
        }
        return own + (expression.children.map { reach(of: $0, options) }.max() ?? 0)
    }
}

extension Milliseconds {
    fileprivate var magnitudeClamped: Milliseconds { Milliseconds(Swift.min(magnitude, UInt64(Int64.max / 4))) }
}

/// A source that fetches each selection once for a whole span and then answers from memory.
final class SpanSource: SampleSource {
    private let base: any SampleSource
    private let from: Milliseconds
    private let through: Milliseconds
    private let fetched = Mutex<[[LabelMatcher]: [SampleSeries]]>([:])

    init(_ base: any SampleSource, from: Milliseconds, through: Milliseconds) {
        self.base = base
        self.from = from
        self.through = through
    }

    private func all(_ matchers: [LabelMatcher]) throws -> [SampleSeries] {
        if let known = fetched.withLock({ $0[matchers] }) { return known }
        let series = try base.series(matching: matchers, from: from, through: through)
        fetched.withLock { $0[matchers] = series }
        return series
    }

    func series(
        matching matchers: [LabelMatcher], from low: Milliseconds, through high: Milliseconds
    ) throws -> [SampleSeries] {
        if low < from || high > through { return try base.series(matching: matchers, from: low, through: high) }
        return try all(matchers).compactMap { series in
            let begin = series.timestamps.lowerBound(low)
            let end = series.timestamps.lowerBound(high + 1)
            if begin >= end { return nil }
            return SampleSeries(
                labels: series.labels, timestamps: Array(series.timestamps[begin..<end]),
                values: Array(series.values[begin..<end]), bornAt: series.bornAt)
        }
    }

    func latest(matching matchers: [LabelMatcher], after: Milliseconds, at: Milliseconds) throws -> [Sample] {
        if after < from || at > through { return try base.latest(matching: matchers, after: after, at: at) }
        return try all(matchers).compactMap { series in
            let end = series.timestamps.lowerBound(at + 1)
            guard end > 0, series.timestamps[end - 1] > after, !StaleMarker.isStale(series.values[end - 1])
            else { return nil }
            return Sample(labels: series.labels, at: series.timestamps[end - 1], value: series.values[end - 1])
        }
    }
}

extension Array where Element == Milliseconds {
    /// The first index whose element is not below a bound.
    func lowerBound(_ bound: Milliseconds) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < bound { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
