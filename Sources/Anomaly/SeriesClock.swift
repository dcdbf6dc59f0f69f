/// The stamps of one series: which are taken, where a gap is, and when a point was.
struct SeriesClock: Sendable {
    private(set) var last = 0.0
    private(set) var step = 0.0
    private(set) var first = 0.0
    /// Points that were taken.
    private(set) var points: Int32 = 0
    private var samples = InlineArray<8, Float>(repeating: 0)
    private var sampled: Int32 = 0
    private var late: Int32 = 0
    /// Seconds since the first at every 128th point, as a ring.
    private var times = InlineArray<44, Int32>(repeating: 0)

    private static var block: Int32 { 128 }
    /// So many late stamps in a row mean that the clock was set back for good.
    private static var latest: Int32 { 120 }

    enum Outcome { case late, next, afterGap }

    /// Takes a stamp in seconds. The step is the upper median of the first eight differences.
    mutating func take(_ time: Double, gapSteps: Double) -> Outcome {
        var outcome = Outcome.next
        if points > 0 {
            let distance = time - last
            if distance <= 0 {
                late += 1
                if late < Self.latest { return .late }
                outcome = .afterGap
            } else {
                measure(distance)
                if sampled >= 8, distance > (gapSteps + 1.5) * step { outcome = .afterGap }
            }
        } else {
            first = time
        }
        late = 0
        last = time
        if points % Self.block == 0 {
            let slot = Int(points / Self.block) % times.count
            times[slot] = Int32(max(-2_147_483_000, min(2_147_483_000, time - first)))
        }
        // A series of two thousand million points goes on as one that has just as many.
        if points < Int32.max - 1 { points += 1 }
        return outcome
    }

    private mutating func measure(_ distance: Double) {
        guard sampled < 8 else { return }
        samples[Int(sampled)] = Float(distance)
        sampled += 1
        var sorted = samples
        for at in 1..<max(1, Int(sampled)) {
            var place = at
            while place > 0, sorted[place - 1] > sorted[place] {
                sorted.swapAt(place - 1, place)
                place -= 1
            }
        }
        step = Double(sorted[Int(sampled) / 2])
    }

    /// When a point was, counted from the first; even distances are assumed between two remembered times.
    func time(ofPoint number: Int32) -> Double {
        let number = max(0, number)
        return first + Double(times[Int(number / Self.block) % times.count]) + Double(number % Self.block) * step
    }

    mutating func shift(by seconds: Double) {
        last += seconds
        first += seconds
    }

    mutating func visit(_ codec: inout StateCodec) {
        codec.visit(&last)
        codec.visit(&step)
        codec.visit(&first)
        codec.visit(&points)
        for at in samples.indices { codec.visit(&samples[at]) }
        codec.visit(&sampled)
        codec.visit(&late)
        for at in times.indices { codec.visit(&times[at]) }
        codec.check(sampled >= 0 && sampled <= 8 && points >= 0)
    }
}
