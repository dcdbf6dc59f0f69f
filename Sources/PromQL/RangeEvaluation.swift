import TocsinModel

/// Evaluation at many instants.
public enum RangeEvaluation {
    /// The most instants of one query, as in Prometheus.
    public static let maximumSteps: Milliseconds = 11_000

    /// The value of an expression at `start`, `start + step`, … up to `end`, as series in ascending order of labels. Each
    /// selector's samples are fetched once for the whole span and stepped through once.
    public static func evaluate(
        _ expression: Expr, source: any SampleSource, start: Milliseconds, end: Milliseconds, step: Milliseconds,
        options: EvaluationOptions = EvaluationOptions()
    ) throws -> [SampleSeries] {
        guard step > 0 else {
            throw EvaluationFailure.invalid(
                "zero or negative query resolution step widths are not accepted. Try a positive integer")
        }
        guard end >= start else { throw EvaluationFailure.invalid("end timestamp must not be before start time") }
        let (span, overflow) = end.subtractingReportingOverflow(start)
        if overflow || span / step > maximumSteps {
            throw EvaluationFailure.invalid(
                "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution "
                    + "(?step=XX)")
        }
        guard expression.type == .scalar || expression.type == .instantVector else {
            throw EvaluationFailure.invalid(
                "invalid expression type \"\(expression.type.rawValue)\" for range query, must be Scalar or instant "
                    + "Vector")
        }
        let steps = Steps(start: start, step: step, count: Int(span / step) + 1)
        var evaluator = Evaluator(source: source, steps: steps, options: options, start: start, end: end)
        let frame: Frame
        switch try evaluator.compute(expression) {
        case .frame(let computed): frame = computed
        case .scalars(let values): frame = Frame(labels: [.none], values: values, steps: steps.count)
        case .string: return []
        }
        return series(frame, steps)
    }

    private static func series(_ frame: Frame, _ steps: Steps) -> [SampleSeries] {
        (0..<frame.rows).compactMap { row -> SampleSeries? in
            var one = SampleSeries(labels: frame.labels[row], timestamps: [], values: [], bornAt: steps.start)
            one.timestamps.reserveCapacity(steps.count)
            one.values.reserveCapacity(steps.count)
            for (step, at) in frame.cells(row).enumerated() where !Frame.isAbsent(frame.values[at]) {
                one.timestamps.append(steps[step])
                one.values.append(frame.values[at])
            }
            return one.values.isEmpty ? nil : one
        }.sorted { $0.labels < $1.labels }
    }
}
