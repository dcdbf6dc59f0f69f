/// Whether the series does something that it has not been seen doing: four envelopes, on the value, its short mean, its
/// change and its short deviation, and two scales of patterns.
struct NoveltyChannel: Sendable {
    private var previous = 0.0
    private var hasPrevious: Int32 = 0
    private var window = ShortWindow()
    private var mean = 0.0
    private var variance = 0.0
    private var meanChange = 0.0
    private var changes: Int32 = 0
    private var envelopes = InlineArray<4, Envelope>(repeating: Envelope())
    private var fine = PatternRing()
    private var coarse = PatternRing()

    /// The mean absolute change that is not zero; nil while nothing has changed.
    var quantum: Double? { changes > 0 ? meanChange : nil }

    /// What one value is worth, and what speaks for it, in normalised units.
    struct Outcome {
        enum Cause { case value(above: Bool), mean, change, deviation, pattern }

        var raw = 0.0
        var cause: Cause?
        var band: (low: Double, high: Double)?
        /// The feature that speaks, as it is now; nil for a pattern.
        var observed: Double?
        /// How far that lies from the middle of what was seen; of a change and a deviation, how large it is; of a pattern,
        /// its mean distance to the nearest earlier one.
        var size = 0.0
        /// Where the value alone would be no news.
        var seen: (low: Double, high: Double)?
        /// How many points ago the newest pattern began, and the nearest earlier one.
        var ages: (newest: Int32, earlier: Int32)?
    }

    /// Judges a value and learns it.
    ///
    /// - Parameter points: how many there are with this one.
    mutating func take(_ value: Double, points: Int32, _ tuning: Tuning, _ rates: Rates) -> Outcome {
        let before = previous
        var features: InlineArray<4, Double?> = [value, nil, nil, nil]
        if hasPrevious != 0 { features[2] = change(value - previous, rates) }
        (previous, hasPrevious) = (value, 1)
        if let full = window.take(value, size: rates.window) {
            (features[1], features[3]) = (full.mean, full.deviation)
        }
        let deviation = deviate(value, points, rates)
        var (base, speaking) = (0.0, 0)
        var outcome = Outcome(band: (envelopes[0].low, envelopes[0].high))
        outcome.seen = envelopes[0].band(quantum: meanChange, tuning, rates)
        // A value that is news by itself is the plainest reason there is, whatever else is out with it.
        var isPlain = false
        for number in features.indices {
            guard let feature = features[number] else { continue }
            let excess = envelopes[number].excess(feature, quantum: meanChange, tuning, rates)
            let speaks = excess > base && !isPlain
            base = max(base, excess)
            if speaks {
                speaking = number
                isPlain = number == 0 && outcome.seen.map { value < $0.low || value > $0.high } ?? false
                let (low, high) = (envelopes[number].low, envelopes[number].high)
                outcome.band = (low, high)
                outcome.observed = feature
                outcome.size = number < 2 ? abs(feature - (low + high) / 2) : abs(feature)
                outcome.cause = Self.cause(number, isAbove: feature > high)
            }
            envelopes[number].learn(feature, deviation: deviation, tuning, rates)
        }
        if speaking == 2, let band = outcome.band {
            outcome.band = (before + band.low, before + band.high)
            outcome.observed = value
        }
        fine.take(value, deviation: deviation, rates.fine, tuning, rates)
        coarse.take(value, deviation: deviation, rates.coarse, tuning, rates)
        let pattern = tuning.patternWeight * (fine.decades + coarse.decades)
        // The scale that finds its pattern the stranger one speaks.
        let isCoarse = coarse.decades > fine.decades || fine.ages(rates.fine) == nil
        outcome.ages = isCoarse ? coarse.ages(rates.coarse) : fine.ages(rates.fine)
        if pattern > base, !isPlain {
            outcome.cause = .pattern
            outcome.observed = nil
            if isCoarse {
                coarse.explain(&outcome, rates.coarse, deviation: deviation)
            } else {
                fine.explain(&outcome, rates.fine, deviation: deviation)
            }
        }
        outcome.raw = (base + pattern) * min(1, Double(points) / tuning.rampLength + tuning.rampStart)
        return outcome
    }

    private static func cause(_ feature: Int, isAbove: Bool) -> Outcome.Cause {
        switch feature {
        case 0: .value(above: isAbove)
        case 1: .mean
        case 2: .change
        default: .deviation
        }
    }

    private mutating func change(_ change: Double, _ rates: Rates) -> Double {
        guard change != 0 else { return change }
        if changes < Int32.max { changes += 1 }
        meanChange += max(rates.quantum, 1 / Double(changes)) * (abs(change) - meanChange)
        return change
    }

    private mutating func deviate(_ value: Double, _ points: Int32, _ rates: Rates) -> Double {
        let weight = max(rates.deviation, 1 / Double(points))
        let distance = value - mean
        mean += weight * distance
        variance = (1 - weight) * (variance + weight * distance * distance)
        return variance.squareRoot()
    }

    mutating func interrupt() {
        window.clear()
        hasPrevious = 0
        fine.interrupt()
        coarse.interrupt()
    }

    /// An operator's “this is normal now”: what has been seen begins anew at the present level, and the remembered
    /// patterns are brought to it, so that the same course at another level is no news.
    mutating func acceptPresent() {
        let present = window.recent(6) ?? previous
        envelopes = InlineArray(repeating: Envelope())
        window.clear()
        fine.move(to: present)
        coarse.move(to: present)
    }

    mutating func visit(_ codec: inout StateCodec) {
        codec.visit(&previous)
        codec.visit(&hasPrevious)
        window.visit(&codec)
        codec.visit(&mean)
        codec.visit(&variance)
        codec.visit(&meanChange)
        codec.visit(&changes)
        for number in envelopes.indices { envelopes[number].visit(&codec) }
        fine.visit(&codec)
        coarse.visit(&codec)
        codec.check(variance >= 0 && changes >= 0)
    }
}
