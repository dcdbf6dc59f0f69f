import Glibc

/// How improbable it is that so many of a group are anomalous at once, if they were independent: the upper tail of the
/// binomial distribution.
public enum GroupTest {
    /// Decades of improbability of `count` or more of `size`, when each is so with a probability of `rate`.
    public static func decades(_ count: Int, of size: Int, rate: Double) -> Double {
        guard count > 0, size > 0 else { return 0 }
        let rate = min(max(rate, 1e-9), 1 - 1e-9)
        guard Double(count) > rate * Double(size) else { return 0 }
        // The terms fall from `count` on: the sum is the first times a short series.
        var sum = 1.0
        var term = 1.0
        for number in count..<size {
            term *= Double(size - number) / Double(number + 1) * rate / (1 - rate)
            sum += term
            if term < sum * 1e-12 { break }
        }
        let first =
            lgamma(Double(size) + 1) - lgamma(Double(count) + 1) - lgamma(Double(size - count) + 1)
            + Double(count) * log(rate) + Double(size - count) * log1p(-rate)
        return max(0, -(first + log(sum)) / log(10.0))
    }

    /// The decades as a score: one half is one in ten thousand.
    public static func score(_ decades: Double) -> Double { 1 - exp(-decades / Tuning.standard.spikeScale) }
}
