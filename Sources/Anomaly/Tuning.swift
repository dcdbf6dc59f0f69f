/// Every number of the detectors. One set serves all series; half-lives and windows are in points unless said otherwise.
///
/// The design and its first constants are those of the house's study; what was changed since, and what each change was
/// worth on the developer half of the Numenta Anomaly Benchmark, stands beside the constant.
public struct Tuning: Sendable, Equatable {
    // MARK: Novelty

    /// Points of the short window whose mean and deviation are features.
    public var window = 24.0
    /// Half-life with which a bound of an envelope comes back to the level.
    public var envelopeHalfLife = 20_000.0
    /// Half-life of a feature's level.
    public var levelHalfLife = 2_000.0
    /// Values a feature must have had before it is judged.
    public var envelopeStart = 20.0
    /// An excess of one part in so many of the seen width scores 1.
    public var envelopeGain = 10.0
    /// One value widens an envelope by at most so many of its widths, so that an outlier does not blind the series for
    /// weeks (2.4 points; equal from 0.5 to 2).
    public var growth = 1.0
    /// The least width, in mean absolute changes.
    public var quantumFloor = 1.0
    /// Half-life of the mean absolute change, in changes.
    public var quantumHalfLife = 2_000.0
    /// Half-life of the overall deviation that pattern distances are measured in.
    public var deviationHalfLife = 5_000.0
    /// Points of an aggregate, and aggregates of a pattern, of the fine scale.
    public var fineStride = 6.0
    public var fineLength = 12.0
    /// The same of the coarse scale.
    public var coarseStride = 12.0
    public var coarseLength = 8.0
    /// Aggregates that are remembered beyond two patterns.
    public var keep = 400.0
    /// Earlier patterns that are needed before a distance is taken.
    public var patternStart = 6.0
    /// Distances that are needed before one is judged.
    public var likelihoodStart = 12.0
    /// Half-life of mean and deviation of the distances.
    public var likelihoodHalfLife = 5_000.0
    /// The least deviation of the logarithm of the distances.
    public var likelihoodFloor = 0.03
    /// Decades of improbability at most.
    public var likelihoodCap = 20.0
    /// What one decade of one scale adds to the score.
    public var patternWeight = 0.125
    /// Points over which a weight of one is gained after the start.
    public var rampLength = 4_000.0
    /// The weight at the start.
    public var rampStart = 0.4
    /// Points after an output in which a weaker one is held back.
    public var hold = 100.0
    /// Within the hold-off a score passes that is so many times the last output.
    public var holdGain = 1.5

    // MARK: Spike

    /// Half-life of the level.
    public var spikeHalfLife = 20.0
    /// Half-life of the mean absolute residual.
    public var spikeScaleHalfLife = 1_000.0
    /// A residual counts at most as so many usual ones when it is learned.
    public var spikeCap = 8.0
    /// The least usual residual, in mean absolute changes.
    public var spikeFloor = 0.1
    /// The quantile of the residuals beyond which the tail is modelled.
    public var spikeQuantile = 0.99
    /// The least rate at which quantile and mean excess are learned.
    public var spikeRate = 0.02
    /// Points before a residual is judged.
    public var spikeStart = 20.0

    // MARK: Both

    /// So many missing steps are passed over; a longer gap begins the short-term parts anew.
    public var gapSteps = 3.0
    /// The score is `1 - exp(-raw / scale)`: one half is a raw score of 0.693.
    public var noveltyScale = 1.0
    /// One half is a tail of one in ten thousand: 4 / ln 2 decades.
    public var spikeScale = 5.770780163555854

    public init() {}

    /// What detectors run with.
    public static let standard = Tuning()

    /// Points until a series counts as learned.
    public static let learningPoints = 750

    /// The numbers by name: what makes a kept state another's, and what a benchmark shakes to see how much hangs on each.
    /// The quantile and the two scales of the scores are definitions and are not shaken.
    public static let fields: [(name: String, path: any WritableKeyPath<Tuning, Double> & Sendable, isShaken: Bool)] = [
        ("window", \.window, true), ("envelope_half_life", \.envelopeHalfLife, true),
        ("level_half_life", \.levelHalfLife, true), ("envelope_start", \.envelopeStart, true),
        ("envelope_gain", \.envelopeGain, true), ("growth", \.growth, true), ("quantum_floor", \.quantumFloor, true),
        ("quantum_half_life", \.quantumHalfLife, true), ("deviation_half_life", \.deviationHalfLife, true),
        ("fine_stride", \.fineStride, true), ("fine_length", \.fineLength, true),
        ("coarse_stride", \.coarseStride, true), ("coarse_length", \.coarseLength, true), ("keep", \.keep, true),
        ("pattern_start", \.patternStart, true), ("likelihood_start", \.likelihoodStart, true),
        ("likelihood_half_life", \.likelihoodHalfLife, true), ("likelihood_floor", \.likelihoodFloor, true),
        ("likelihood_cap", \.likelihoodCap, true), ("pattern_weight", \.patternWeight, true),
        ("ramp_length", \.rampLength, true), ("ramp_start", \.rampStart, true), ("hold", \.hold, true),
        ("hold_gain", \.holdGain, true), ("spike_half_life", \.spikeHalfLife, true),
        ("spike_scale_half_life", \.spikeScaleHalfLife, true), ("spike_cap", \.spikeCap, true),
        ("spike_floor", \.spikeFloor, true), ("spike_quantile", \.spikeQuantile, false),
        ("spike_rate", \.spikeRate, true), ("spike_start", \.spikeStart, true), ("gap_steps", \.gapSteps, true),
        ("novelty_scale", \.noveltyScale, false), ("spike_scale", \.spikeScale, false),
    ]

    /// A number that is another one when any of the constants is.
    public var fingerprint: UInt32 {
        var sum = FNV()
        for field in Self.fields { sum.add(self[keyPath: field.path].bitPattern) }
        return sum.value
    }
}

/// The hash of Fowler, Noll and Vo (FNV-1a), 32 bits wide: it finds a damaged state, it guards against nobody.
struct FNV {
    private(set) var value: UInt32 = 2_166_136_261

    mutating func add(_ byte: UInt8) { value = (value ^ UInt32(byte)) &* 16_777_619 }

    mutating func add(_ word: UInt64) {
        for shift in stride(from: 0, to: 64, by: 8) { add(UInt8(truncatingIfNeeded: word >> UInt64(shift))) }
    }
}
