import Glibc

/// The residual of each value over a short exponential mean, judged by its tail: a streaming form of peaks over threshold
/// (Siffer et al., 2017) with a learned quantile and the mean excess beyond it.
struct SpikeChannel: Sendable {
    private var level = 0.0
    private var scale = 0.0
    private var threshold = 0.0
    private var excess = 0.0
    private var count: Int32 = 0
    private var judged: Int32 = 0
    private var beyond: Int32 = 0

    private static let firstExcess = 0.3
    private static let leastExcess = 0.05
    private static let decadesOfNat = 0.43429448190325182

    /// Decades of improbability, and the band that one half of the score stands for.
    struct Outcome {
        var decades = 0.0
        var band: (low: Double, high: Double)?
        /// How far the value lies from the level.
        var size = 0.0
    }

    /// Judges a value and learns it.
    ///
    /// - Parameter quantum: the mean absolute change of the past; nil while nothing has changed.
    mutating func take(_ value: Double, quantum: Double?, _ tuning: Tuning, _ rates: Rates) -> Outcome {
        if count == 0 { level = value }
        let residual = abs(value - level)
        // The first change of a constant series is measured by itself, which keeps it finite.
        let usual = max(scale, tuning.spikeFloor * (quantum ?? residual))
        let isReady = count >= rates.spikeStart
        var outcome = isReady ? judge(residual, usual, tuning) : Outcome()
        outcome.size = residual
        if count < Int32.max { count += 1 }
        if count > 1 {
            let learned = isReady && scale > 0 ? min(residual, tuning.spikeCap * usual) : residual
            scale += max(rates.spikeScale, 1 / Double(count - 1)) * (learned - scale)
        }
        level += max(rates.spike, 1 / Double(count)) * (value - level)
        return outcome
    }

    private mutating func judge(_ residual: Double, _ usual: Double, _ tuning: Tuning) -> Outcome {
        let size = log1p(usual > 0 ? min(1e9, residual / usual) : 0)
        let rest = 1 - tuning.spikeQuantile
        if judged < Int32.max { judged += 1 }
        if judged == 1 { (threshold, excess) = (size, Self.firstExcess) }
        let mean = max(excess, Self.leastExcess)
        let over = size - threshold
        var outcome = Outcome()
        if over > 0 { outcome.decades = (log(1 / rest) + over / mean) * Self.decadesOfNat }
        let rate = max(tuning.spikeRate, min(0.5, 1 / Double(judged).squareRoot())) * mean
        if over > 0 {
            threshold += rate * tuning.spikeQuantile
            if beyond < Int32.max - 1 { beyond += 1 }
            excess += max(tuning.spikeRate, 1 / Double(1 + beyond)) * (min(over, tuning.spikeCap * mean) - excess)
        } else {
            threshold = max(0, threshold - rate * rest)
        }
        // The decades at which the score is one half, in nats above the threshold.
        let half = tuning.spikeScale * 0.69314718055994531 * 2.302585092994046 - log(1 / rest)
        let reach = usual * expm1(min(80, threshold + mean * max(half, 0)))
        outcome.band = (level - reach, level + reach)
        return outcome
    }

    mutating func visit(_ codec: inout StateCodec) {
        codec.visit(&level)
        codec.visit(&scale)
        codec.visit(&threshold)
        codec.visit(&excess)
        codec.visit(&count)
        codec.visit(&judged)
        codec.visit(&beyond)
        codec.check(count >= 0 && judged >= 0 && beyond >= 0)
    }
}
