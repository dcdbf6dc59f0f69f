/// Why a value is an anomaly.
public enum AnomalyReason: String, Sendable, Codable, CaseIterable {
    /// Above, or below, everything seen so far.
    case above = "above_seen_range"
    case below = "below_seen_range"
    /// A change from one point to the next as it has not been seen.
    case jump
    /// The mean of the short window is one that has not been seen.
    case sustained = "sustained_level"
    /// The short window varies as it has not been seen.
    case variability
    /// No earlier stretch looks like the newest.
    case pattern = "unusual_pattern"
    /// Far from the level of the last few points.
    case spike
}

/// Two stretches of one series that are alike, by when they began, in the seconds of the stamps. They are equally long.
public struct Likeness: Sendable, Equatable {
    public var earlier: Double
    public var newest: Double

    public init(earlier: Double, newest: Double) {
        self.earlier = earlier
        self.newest = newest
    }
}

/// What the detectors say of one value.
public struct Assessment: Sendable, Equatable {
    /// A band of values in the series' own unit. Where the reason is ``AnomalyReason/variability`` it is one of
    /// deviations.
    public struct Band: Sendable, Equatable {
        public var low: Double
        public var high: Double

        public init(low: Double, high: Double) {
            self.low = low
            self.high = high
        }
    }

    /// False for a value that was not taken: no number, or a stamp not later than the last.
    public var isTaken = false
    /// The novelty channel, 0…1; one half is worth a look.
    public var novelty = 0.0
    /// The spike channel, 0…1; one half is a tail of one in ten thousand.
    public var spike = 0.0
    /// Both before they were mapped to 0…1, and the novelty before the hold-off.
    public var rawNovelty = 0.0
    public var rawSpike = 0.0
    public var unheldNovelty = 0.0
    /// Why; nil when nothing speaks for an anomaly.
    public var reason: AnomalyReason?
    /// The feature that speaks for an anomaly, as it is now, in the series' own unit: the value, the mean or the deviation
    /// of the short window; nil for a pattern.
    public var observed: Double?
    /// How far what speaks lies from what was expected, for each channel, in the series' own unit: whether it matters to
    /// anybody is not for the detectors to say.
    public var noveltySize = 0.0
    public var spikeSize = 0.0
    /// What was expected of the feature that speaks for an anomaly; of the value where none does.
    public var expected: Band?
    /// The band outside of which the spike channel would be at one half; nil until it judges.
    public var spikeBand: Band?
    /// The band outside of which the value alone would be at one half of the novelty channel; nil until it judges.
    public var seenBand: Band?
    /// The earlier stretch that is most like the newest one, whatever the reason; nil until there are enough to compare.
    public var nearest: Likeness?
    /// The share of learning that is done, 0…1.
    public var learning = 0.0
    public init() {}

    /// The band of values that neither channel takes for news: what is drawn behind a curve.
    public var valueBand: Band? {
        guard let near = spikeBand, let seen = seenBand else { return spikeBand ?? seenBand }
        let both = Band(low: max(near.low, seen.low), high: min(near.high, seen.high))
        // After a jump out of what was seen they do not meet: the last few values say what comes next.
        return both.low <= both.high ? both : near
    }

    /// Something was held back, because it was told a short while ago.
    public var isHeld: Bool { unheldNovelty > 0 && rawNovelty == 0 }
}
