import TocsinModel

extension FunctionTable {
    static let overTimeFunctions: [Function] = [
        overWindow("sum_over_time") { Math.sum($0.values) },
        overWindow("avg_over_time") { Math.mean($0.values) },
        overWindow("count_over_time") { Double($0.count) },
        overWindow("min_over_time") { Math.least($0.values) },
        overWindow("max_over_time") { Math.greatest($0.values) },
        overWindow("last_over_time", keepsName: true) { $0.last },
        overWindow("present_over_time") { _ in 1 },
        overWindow("stdvar_over_time") { Math.variance(Array($0.values)) },
        overWindow("stddev_over_time") { Math.variance(Array($0.values)).squareRoot() },
        Function("quantile_over_time", [.scalar, .rangeVector]) { evaluator, arguments in
            let quantile = try evaluator.scalar(arguments[0])
            let time = evaluator.time
            return .vector(
                try evaluator.windows(of: arguments[1]).map {
                    Sample(
                        labels: $0.labels.withoutName, at: time, value: Math.quantile(quantile, Array($0.values)))
                })
        },
        Function("absent_over_time", [.rangeVector]) { evaluator, arguments in
            let present = try !evaluator.windows(of: arguments[0]).isEmpty
            return .vector(present ? [] : [absence(of: arguments[0], at: evaluator.time)])
        },
        Function("absent", [.instantVector]) { evaluator, arguments in
            let present = try !evaluator.vector(arguments[0]).isEmpty
            return .vector(present ? [] : [absence(of: arguments[0], at: evaluator.time)])
        },
    ]

    /// A 1 with the labels that the selector's equality matchers state once.
    private static func absence(of expression: Expr, at time: Milliseconds) -> Sample {
        var matchers: [LabelMatcher] = []
        switch expression.unwrapped {
        case .selector(let selector), .range(let selector, _): matchers = selector.matchers
        default: break
        }
        var pairs: [(String, String)] = []
        let equal = matchers.filter { $0.operation == .equal && $0.name != "__name__" }
        for matcher in equal where equal.count(where: { $0.name == matcher.name }) == 1 {
            pairs.append((matcher.name, matcher.value))
        }
        return Sample(labels: Labels(pairs), at: time, value: 1)
    }
}
