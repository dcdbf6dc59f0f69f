/// After an output weaker ones are held back for a while: an anomaly is told once.
struct HoldOff: Sendable {
    private var record = 0.0
    /// Points since the last output.
    private var since: Int32 = 1 << 30

    /// The score that passes; 0 when it is held back.
    mutating func take(_ raw: Double, _ tuning: Tuning, _ rates: Rates) -> Double {
        if since < 1 << 30 { since += 1 }
        let needed = since <= rates.hold ? tuning.holdGain * record : 0
        guard raw > needed else { return 0 }
        (record, since) = (raw, 0)
        return raw
    }

    mutating func clear() { self = HoldOff() }

    mutating func visit(_ codec: inout StateCodec) {
        codec.visit(&record)
        codec.visit(&since)
        codec.check(since >= 0)
    }
}
