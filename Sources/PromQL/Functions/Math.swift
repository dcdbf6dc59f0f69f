import Glibc
import TocsinModel

/// Numerical helpers with Prometheus' treatment of NaN and infinity.
enum Math {
    static func pow(_ a: Double, _ b: Double) -> Double { Glibc.pow(a, b) }
    static func atan2(_ a: Double, _ b: Double) -> Double { Glibc.atan2(a, b) }

    /// The sum with Neumaier's compensation.
    static func sum(_ values: some Sequence<Double>) -> Double {
        var sum = 0.0
        var compensation = 0.0
        for value in values { add(value, &sum, &compensation) }
        return sum.isInfinite ? sum : sum + compensation
    }

    private static func add(_ value: Double, _ sum: inout Double, _ compensation: inout Double) {
        let total = sum + value
        if total.isInfinite {
            compensation = 0
        } else if sum.magnitude >= value.magnitude {
            compensation += (sum - total) + value
        } else {
            compensation += (value - total) + sum
        }
        sum = total
    }

    /// The mean; computed from the sum unless that overflows.
    static func mean(_ values: some Collection<Double>) -> Double {
        let total = sum(values)
        if total.isFinite { return total / Double(values.count) }
        if values.contains(where: { !$0.isFinite }) { return total }
        var mean = 0.0
        for (number, value) in values.enumerated() { mean += value / Double(number + 1) - mean / Double(number + 1) }
        return mean
    }

    /// The least value; NaN only when there is nothing else.
    static func least(_ values: some Sequence<Double>) -> Double {
        values.reduce(.nan) { $0.isNaN || $1 < $0 ? $1 : $0 }
    }

    /// The greatest value; NaN only when there is nothing else.
    static func greatest(_ values: some Sequence<Double>) -> Double {
        values.reduce(.nan) { $0.isNaN || $1 > $0 ? $1 : $0 }
    }

    /// The population variance by Welford's method.
    static func variance(_ values: [Double]) -> Double {
        var mean = 0.0
        var squares = 0.0
        for (number, value) in values.enumerated() {
            let delta = value - mean
            mean += delta / Double(number + 1)
            squares += delta * (value - mean)
        }
        return squares / Double(values.count)
    }

    /// The φ-quantile with linear interpolation.
    static func quantile(_ q: Double, _ values: [Double]) -> Double {
        if values.isEmpty || q.isNaN { return .nan }
        if q < 0 { return -.infinity }
        if q > 1 { return .infinity }
        let sorted = values.sorted { a, b in a.isNaN ? !b.isNaN : a < b }
        let rank = q * Double(sorted.count - 1)
        let lower = Int(rank.rounded(.down))
        let upper = min(lower + 1, sorted.count - 1)
        let weight = rank - rank.rounded(.down)
        return sorted[lower] * (1 - weight) + sorted[upper] * weight
    }

    /// Least squares over seconds relative to `intercept`. A constant series has slope 0 exactly.
    static func regression(_ window: Window, intercept: Milliseconds) -> (slope: Double, intercept: Double)? {
        var (sumX, cX) = (0.0, 0.0)
        var (sumY, cY) = (0.0, 0.0)
        var (sumXY, cXY) = (0.0, 0.0)
        var (sumX2, cX2) = (0.0, 0.0)
        let first = window.first
        var constant = true
        for (time, value) in zip(window.times, window.values) {
            if constant, value != first { constant = false }
            let x = Double(time - intercept) / 1000
            add(x, &sumX, &cX)
            add(value, &sumY, &cY)
            add(x * value, &sumXY, &cXY)
            add(x * x, &sumX2, &cX2)
        }
        if constant { return first.isInfinite ? (.nan, .nan) : (0, first) }
        let count = Double(window.count)
        sumX += cX
        sumY += cY
        sumXY += cXY
        sumX2 += cX2
        let covariance = sumXY - sumX * sumY / count
        let variance = sumX2 - sumX * sumX / count
        let slope = covariance / variance
        return (slope, sumY / count - slope * sumX / count)
    }
}

extension FunctionTable {
    static let mathFunctions: [Function] = [
        mapping("abs") { $0.magnitude },
        mapping("ceil") { $0.rounded(.up) },
        mapping("floor") { $0.rounded(.down) },
        mapping("exp") { exp($0) },
        mapping("ln") { log($0) },
        mapping("log2") { log2($0) },
        mapping("log10") { log10($0) },
        mapping("sqrt") { $0.squareRoot() },
        mapping("sgn") { $0 < 0 ? -1 : $0 > 0 ? 1 : $0 },
        Function("round", [.instantVector, .scalar], optional: 1) { evaluator, arguments in
            let nearest = arguments.count > 1 ? try evaluator.scalar(arguments[1]) : 1
            let inverse = 1 / nearest
            return .vector(
                try evaluator.vector(arguments[0]).map {
                    let value = ($0.value * inverse + 0.5).rounded(.down) / inverse
                    return Sample(labels: $0.labels.withoutName, at: $0.at, value: value)
                })
        },
        Function("clamp_max", [.instantVector, .scalar]) { evaluator, arguments in
            let most = try evaluator.scalar(arguments[1])
            return try clamp(&evaluator, arguments[0]) { most.isNaN ? .nan : $0.isNaN ? $0 : min($0, most) }
        },
        Function("clamp_min", [.instantVector, .scalar]) { evaluator, arguments in
            let least = try evaluator.scalar(arguments[1])
            return try clamp(&evaluator, arguments[0]) { least.isNaN ? .nan : $0.isNaN ? $0 : max($0, least) }
        },
        Function("clamp", [.instantVector, .scalar, .scalar]) { evaluator, arguments in
            let least = try evaluator.scalar(arguments[1])
            let most = try evaluator.scalar(arguments[2])
            if most < least { return .vector([]) }
            return try clamp(&evaluator, arguments[0]) {
                least.isNaN || most.isNaN ? .nan : $0.isNaN ? $0 : max(least, min($0, most))
            }
        },
    ]

    private static func clamp(
        _ evaluator: inout Evaluator, _ argument: Expr, _ transform: (Double) -> Double
    ) throws -> Value {
        .vector(
            try evaluator.vector(argument).map {
                Sample(labels: $0.labels.withoutName, at: $0.at, value: transform($0.value))
            })
    }
}
