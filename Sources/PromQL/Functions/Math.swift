import Glibc
import TocsinModel

/// Numerical helpers with Prometheus' treatment of NaN and infinity.
enum Math {
    static func pow(_ a: Double, _ b: Double) -> Double { Glibc.pow(a, b) }
    static func atan2(_ a: Double, _ b: Double) -> Double { Glibc.atan2(a, b) }

    /// Adds one value to a sum and the rounding error of that to its compensation (Knuth's TwoSum, which needs no
    /// comparison and finds the same error as Neumaier's). The compensation of a sum that is not finite means nothing.
    @inline(__always)
    static func add(_ value: Double, _ sum: inout Double, _ compensation: inout Double) {
        let total = sum + value
        let part = total - sum
        compensation += (sum - (total - part)) + (value - part)
        sum = total
    }

    /// The compensated sum.
    static func sum(_ values: some Sequence<Double>) -> Double {
        var sum = 0.0
        var compensation = 0.0
        for value in values { add(value, &sum, &compensation) }
        return sum.isFinite ? sum + compensation : sum
    }

    /// The mean: the sum over the count, and the incremental mean from where the sum overflows.
    static func mean(_ values: some Collection<Double>) -> Double {
        var sum = 0.0
        var compensation = 0.0
        for value in values { add(value, &sum, &compensation) }
        if sum.isFinite { return (sum + compensation) / Double(values.count) }
        return incrementalMean(values)
    }

    private static func incrementalMean(_ values: some Collection<Double>) -> Double {
        var (mean, compensation, count) = (0.0, 0.0, 0.0)
        var overflowed = false
        for value in values {
            count += 1
            if !overflowed {
                var (sum, rest) = (mean, compensation)
                add(value, &sum, &rest)
                if sum.isInfinite { rest = 0 }
                if count == 1 || !sum.isInfinite {
                    (mean, compensation) = (sum, rest)
                    continue
                }
                overflowed = true
                mean /= count - 1
                compensation /= count - 1
            }
            let kept = (count - 1) / count
            mean *= kept
            compensation *= kept
            add(value / count, &mean, &compensation)
            if mean.isInfinite { compensation = 0 }
        }
        if overflowed { return mean.isFinite ? mean + compensation : mean }
        return (mean + compensation) / count
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

    /// The same with compensated sums, as Prometheus has it over time.
    static func compensatedVariance(_ values: some Collection<Double>) -> Double {
        var (mean, meanRest, squares, squaresRest, count) = (0.0, 0.0, 0.0, 0.0, 0.0)
        for value in values {
            count += 1
            let delta = value - (mean + meanRest)
            add(delta / count, &mean, &meanRest)
            add(delta * (value - (mean + meanRest)), &squares, &squaresRest)
        }
        return (squares.isFinite ? squares + squaresRest : squares) / count
    }

    /// The φ-quantile with linear interpolation. The values are left in another order.
    static func quantile(_ q: Double, _ values: inout [Double]) -> Double {
        if values.isEmpty || q.isNaN { return .nan }
        if q < 0 { return -.infinity }
        if q > 1 { return .infinity }
        let rank = q * Double(values.count - 1)
        let lower = Int(rank.rounded(.down))
        let weight = rank - rank.rounded(.down)
        let low = Selection.select(lower, of: &values)
        if lower + 1 >= values.count { return low * (1 - weight) + low * weight }
        // What follows the selected place is no smaller, so the next value in order is the least of it.
        var high = values[lower + 1]
        for at in (lower + 1)..<values.count where Selection.precedes(values[at], high) { high = values[at] }
        return low * (1 - weight) + high * weight
    }

    /// Least squares over seconds relative to `intercept`. A constant series has slope 0 exactly.
    static func regression(_ window: Window, intercept: Milliseconds) -> (slope: Double, intercept: Double) {
        // The sums of x, y, xy and x² side by side.
        var sums = SIMD4<Double>.zero
        var compensation = SIMD4<Double>.zero
        let first = window.first
        var constant = true
        for at in 0..<window.count {
            let value = window.values[at]
            if value != first { constant = false }
            let x = Double(window.times[at] &- intercept) / 1000
            let values = SIMD4(x, value, x * value, x * x)
            let totals = sums + values
            let parts = totals - sums
            compensation += (sums - (totals - parts)) + (values - parts)
            sums = totals
        }
        if constant { return first.isInfinite ? (.nan, .nan) : (0, first) }
        let count = Double(window.count)
        sums.replace(with: sums + compensation, where: (sums - sums) .== 0)
        let covariance = sums[2] - sums[0] * sums[1] / count
        let variance = sums[3] - sums[0] * sums[0] / count
        let slope = covariance / variance
        return (slope, sums[1] / count - slope * sums[0] / count)
    }

    /// Go's `math.Max`: NaN unless the other is +Inf.
    static func max(_ a: Double, _ b: Double) -> Double {
        if a == .infinity || b == .infinity { return .infinity }
        if a.isNaN || b.isNaN { return .nan }
        return a > b ? a : b
    }

    /// Go's `math.Min`: NaN unless the other is -Inf.
    static func min(_ a: Double, _ b: Double) -> Double {
        if a == -.infinity || b == -.infinity { return -.infinity }
        if a.isNaN || b.isNaN { return .nan }
        return a < b ? a : b
    }
}

/// Hoare's quickselect: the k-th value in order without sorting the rest.
enum Selection {
    /// The order of quantiles: NaN before every number.
    @inline(__always)
    static func precedes(_ a: Double, _ b: Double) -> Bool { a < b || (a.isNaN && !b.isNaN) }

    /// The value at a place in order. Afterwards nothing before that place is greater and nothing after it smaller.
    static func select(_ k: Int, of values: inout [Double]) -> Double {
        values.withUnsafeMutableBufferPointer { values in
            var low = 0
            var high = values.count - 1
            while low < high {
                let pivot = median(values[low], values[(low + high) / 2], values[high])
                var i = low
                var j = high
                while i <= j {
                    while precedes(values[i], pivot) { i += 1 }
                    while precedes(pivot, values[j]) { j -= 1 }
                    if i <= j {
                        values.swapAt(i, j)
                        i += 1
                        j -= 1
                    }
                }
                if k <= j { high = j } else if k >= i { low = i } else { return values[k] }
            }
            return values[k]
        }
    }

    private static func median(_ a: Double, _ b: Double, _ c: Double) -> Double {
        if precedes(a, b) { return precedes(b, c) ? b : precedes(a, c) ? c : a }
        return precedes(a, c) ? a : precedes(b, c) ? c : b
    }
}
