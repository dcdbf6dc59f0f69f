/// The range a feature has been seen in. It comes back to the level slowly and is pushed out by what lies beyond it.
struct Envelope: Sendable {
    var high = 0.0
    var low = 0.0
    private var level = 0.0
    private(set) var count: Int32 = 0

    /// How far a value lies outside, in the seen width; judged before it is learned.
    func excess(_ value: Double, quantum: Double, _ tuning: Tuning, _ rates: Rates) -> Double {
        guard count >= rates.envelopeStart else { return 0 }
        let outside = max(value - high, low - value)
        guard outside > 0 else { return 0 }
        let width = max(high - low, tuning.quantumFloor * quantum)
        return width > 0 ? min(1e9, tuning.envelopeGain * outside / width) : 0
    }

    /// The band outside of which a value would by itself be at one half of the novelty score; nil until it is judged.
    func band(quantum: Double, _ tuning: Tuning, _ rates: Rates) -> (low: Double, high: Double)? {
        guard count >= rates.envelopeStart else { return nil }
        let width = max(high - low, tuning.quantumFloor * quantum)
        let reach = 0.69314718055994531 * tuning.noveltyScale * width / tuning.envelopeGain
        return (low - reach, high + reach)
    }

    /// - Parameter deviation: the overall deviation of the series.
    mutating func learn(_ value: Double, deviation: Double, _ tuning: Tuning, _ rates: Rates) {
        if count < Int32.max { count += 1 }
        if count == 1 {
            (high, low, level) = (value, value, value)
            return
        }
        level += max(rates.level, 1 / Double(count)) * (value - level)
        high += rates.envelope * (level - high)
        low += rates.envelope * (level - low)
        let most = tuning.growth * max(high - low, deviation)
        if value > high { high = min(value, high + most) }
        if value < low { low = max(value, low - most) }
    }

    mutating func visit(_ codec: inout StateCodec) {
        codec.visit(&high)
        codec.visit(&low)
        codec.visit(&level)
        codec.visit(&count)
    }
}
