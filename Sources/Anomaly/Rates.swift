import Glibc

/// What follows from a tuning, worked out once for all series.
struct Rates: Sendable {
    let envelope, level, quantum, deviation, spike, spikeScale: Double
    let window, envelopeStart, patternStart, likelihoodStart, spikeStart, hold: Int32
    let fine, coarse: Scale

    /// One scale of patterns.
    struct Scale: Sendable {
        let stride: Int32
        let length: Int
        /// Aggregates that are kept.
        let capacity: Int
        let likelihood: Double
    }

    init(_ tuning: Tuning) {
        envelope = Self.rate(tuning.envelopeHalfLife)
        level = Self.rate(tuning.levelHalfLife)
        quantum = Self.rate(tuning.quantumHalfLife)
        deviation = Self.rate(tuning.deviationHalfLife)
        spike = Self.rate(tuning.spikeHalfLife)
        spikeScale = Self.rate(tuning.spikeScaleHalfLife)
        window = min(Int32(ShortWindow.capacity), Self.whole(tuning.window, 2))
        envelopeStart = Self.whole(tuning.envelopeStart, 1)
        patternStart = Self.whole(tuning.patternStart, 1)
        likelihoodStart = Self.whole(tuning.likelihoodStart, 1)
        spikeStart = Self.whole(tuning.spikeStart, 1)
        hold = Self.whole(tuning.hold, 0)
        fine = Self.scale(tuning, tuning.fineStride, tuning.fineLength)
        coarse = Self.scale(tuning, tuning.coarseStride, tuning.coarseLength)
    }

    private static func scale(_ tuning: Tuning, _ stride: Double, _ length: Double) -> Scale {
        let (stride, length) = (whole(stride, 1), Int(whole(length, 2)))
        let capacity = min(PatternRing.capacity, Int(whole(tuning.keep, 8)) + 2 * length)
        return Scale(
            stride: stride, length: length, capacity: capacity,
            likelihood: rate(tuning.likelihoodHalfLife / Double(stride)))
    }

    /// The weight of a new value, so that one that is `halfLife` old counts half.
    private static func rate(_ halfLife: Double) -> Double { 1 - exp2(-1 / halfLife) }

    private static func whole(_ value: Double, _ least: Int32) -> Int32 {
        max(least, Int32(value.rounded(.toNearestOrAwayFromZero)))
    }
}
