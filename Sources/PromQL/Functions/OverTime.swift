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
        overWindow("stdvar_over_time") { Math.compensatedVariance($0.values) },
        overWindow("stddev_over_time") { Math.compensatedVariance($0.values).squareRoot() },
        Function("quantile_over_time", [.scalar, .rangeVector]) { evaluator, arguments in
            let quantiles = try evaluator.scalars(arguments[0])
            let rows = try evaluator.ranges(of: arguments[1])
            var scratch: [Double] = []
            return .frame(
                try rows.reduce(keepsNames: false, steps: evaluator.steps.count) { window, step in
                    scratch.removeAll(keepingCapacity: true)
                    scratch.append(contentsOf: window.values)
                    return Math.quantile(quantiles[step], &scratch)
                })
        },
        Function("absent_over_time", [.rangeVector]) { evaluator, arguments in
            let rows = try evaluator.ranges(of: arguments[0])
            let present = try rows.reduce(keepsNames: true, steps: evaluator.steps.count) { _, _ in 1 }
            return .frame(absence(of: arguments[0], present))
        },
        Function("absent", [.instantVector]) { evaluator, arguments in
            .frame(absence(of: arguments[0], try evaluator.frame(arguments[0])))
        },
    ]

    /// A 1 at each step at which the frame has no element, with the labels that equality matchers name.
    private static func absence(of expression: Expr, _ frame: Frame) -> Frame {
        var out = Frame(labels: [labels(ofAbsent: expression)], values: [], steps: frame.steps)
        out.values = Array(repeating: 1, count: frame.steps)
        for row in 0..<frame.rows {
            for (step, at) in frame.cells(row).enumerated() where !Frame.isAbsent(frame.values[at]) {
                out.values[step] = Frame.absent
            }
        }
        return out
    }

    /// A label that a later matcher names again is left out, as Prometheus does for the sake of older rules.
    private static func labels(ofAbsent expression: Expr) -> Labels {
        let matchers: [LabelMatcher]
        switch expression.unwrapped {
        case .selector(let selector), .range(let selector, _): matchers = selector.matchers
        default: return .none
        }
        var labels = Labels.none
        var stated: Set<String> = []
        for matcher in matchers where matcher.name != "__name__" {
            if matcher.operation == .equal, stated.insert(matcher.name).inserted {
                labels = labels.setting(matcher.name, matcher.value)
            } else {
                labels = labels.setting(matcher.name, nil)
            }
        }
        return labels
    }
}
