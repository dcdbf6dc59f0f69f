import Glibc

/// The patterns of one scale: means of a few points each, and how far the newest run of them lies from the nearest earlier
/// one. It is the left matrix profile (Yeh et al., 2016), bounded in memory and not normalised: in metrics the level
/// matters.
struct PatternRing: Sendable {
    static var capacity: Int { 424 }

    private var sum = 0.0
    private var likelihood = Likelihood()
    /// Decades of improbability, held until the next aggregate.
    private(set) var decades = 0.0
    private var filled: Int32 = 0
    private var used: Int32 = 0
    /// Aggregates since the last gap: a pattern must not span one.
    private var fresh: Int32 = 0
    /// Where the nearest earlier pattern begins in the ring; -1 without one.
    private var nearest: Int32 = -1
    /// Oldest first.
    private var ring = InlineArray<424, Float>(repeating: 0)

    /// Takes a value; at every full aggregate the newest pattern is judged, before it is learned.
    ///
    /// - Parameter deviation: the overall deviation, which distances are measured in.
    mutating func take(_ value: Double, deviation: Double, _ scale: Rates.Scale, _ tuning: Tuning, _ rates: Rates) {
        sum += value
        filled += 1
        guard filled >= scale.stride else { return }
        append(Float(sum / Double(filled)), scale.capacity)
        sum = 0
        filled = 0
        if fresh < Int32.max { fresh += 1 }
        decades = 0
        nearest = -1
        let length = scale.length
        // Starts of the patterns that do not overlap the newest.
        let starts = Int(used) - 2 * length + 1
        guard fresh >= length, starts >= length + Int(rates.patternStart), deviation > 0 else { return }
        let found = ring.span.withUnsafeBufferPointer { buffer in
            Self.nearest(
                buffer.baseAddress!, starts: starts, to: buffer.baseAddress! + (Int(used) - length), length: length)
        }
        nearest = Int32(found.place)
        let distance = (Double(found.distance) / Double(length)).squareRoot() / deviation
        decades = likelihood.judge(log1p(distance), scale, tuning, rates)
    }

    private mutating func append(_ aggregate: Float, _ capacity: Int) {
        if used < capacity {
            ring[Int(used)] = aggregate
            used += 1
            return
        }
        var span = ring.mutableSpan
        span.withUnsafeMutableBufferPointer { buffer in
            let base = buffer.baseAddress!
            memmove(base, base + 1, MemoryLayout<Float>.stride * (capacity - 1))
            base[capacity - 1] = aggregate
        }
    }

    /// The smallest squared distance of a pattern to those that begin at 0 ..< starts; the first of equals. Sums run in
    /// the order of the pattern, so that the result does not depend on how many are worked out side by side.
    private static func nearest(
        _ ring: UnsafePointer<Float>, starts: Int, to newest: UnsafePointer<Float>, length: Int
    ) -> (distance: Float, place: Int) {
        typealias Lane = SIMD8<Float>
        var (best, place, start) = (Float.greatestFiniteMagnitude, 0, 0)
        while start + 32 <= starts {
            var (a, b, c, d) = (Lane(), Lane(), Lane(), Lane())
            for step in 0..<length {
                let value = Lane(repeating: newest[step])
                let row = UnsafeRawPointer(ring + start + step)
                let (e, f) = (row.loadUnaligned(as: Lane.self) - value, (row + 32).loadUnaligned(as: Lane.self) - value)
                let (g, h) = (
                    (row + 64).loadUnaligned(as: Lane.self) - value, (row + 96).loadUnaligned(as: Lane.self) - value
                )
                a += e * e
                b += f * f
                c += g * g
                d += h * h
            }
            let least = min(min(a.min(), b.min()), min(c.min(), d.min()))
            if least < best {
                best = least
                for (number, lane) in [a, b, c, d].enumerated() {
                    guard let at = lane.indices.first(where: { lane[$0] == least }) else { continue }
                    place = start + number * 8 + at
                    break
                }
            }
            start += 32
        }
        while start < starts {
            var sum: Float = 0
            for step in 0..<length {
                let distance = ring[start + step] - newest[step]
                sum += distance * distance
            }
            if sum < best { (best, place) = (sum, start) }
            start += 1
        }
        return (best, place)
    }

    /// Tells what was to be expected of the newest aggregate, the last one of the nearest earlier pattern give or take the
    /// usual distance, and how far the two patterns lie from each other.
    func explain(_ outcome: inout NoveltyChannel.Outcome, _ scale: Rates.Scale, deviation: Double) {
        guard nearest >= 0 else { return }
        let (last, usual) = (Double(ring[Int(nearest) + scale.length - 1]), expm1(likelihood.mean) * deviation)
        outcome.band = (last - usual, last + usual)
        var sum = 0.0
        for at in 0..<scale.length {
            let distance = Double(ring[Int(nearest) + at] - ring[Int(used) - scale.length + at])
            sum += distance * distance
        }
        outcome.size = (sum / Double(scale.length)).squareRoot()
    }

    /// How many points ago the newest pattern began, and the nearest earlier one.
    func ages(_ scale: Rates.Scale) -> (newest: Int32, earlier: Int32)? {
        guard nearest >= 0 else { return nil }
        return (Int32(scale.length) * scale.stride + filled, (used - nearest) * scale.stride + filled)
    }

    /// After a gap what spans it is meaningless; what was remembered before it is not.
    mutating func interrupt() {
        sum = 0
        filled = 0
        fresh = 0
        decades = 0
        nearest = -1
    }

    /// Brings everything remembered to another level. The newest pattern begins anew: half of it would be at each.
    mutating func move(to level: Double) {
        guard used > 0 else { return }
        var mean = 0.0
        for at in 0..<Int(used) { mean += Double(ring[at]) }
        let step = Float(level - mean / Double(used))
        for at in 0..<Int(used) where (ring[at] + step).isFinite { ring[at] += step }
        interrupt()
    }

    mutating func visit(_ codec: inout StateCodec) {
        codec.visit(&sum)
        likelihood.visit(&codec)
        codec.visit(&decades)
        codec.visit(&filled)
        codec.visit(&used)
        codec.visit(&fresh)
        codec.visit(&nearest)
        guard used >= 0, used <= Int32(Self.capacity), nearest >= -1,
            nearest < Int32(Self.capacity) - 40 || nearest < used
        else { return codec.check(false) }
        for at in 0..<Int(used) { codec.visit(&ring[at]) }
    }
}

/// How improbable a distance is, given those before it: the upper tail of a Gaussian over their logarithms.
struct Likelihood: Sendable {
    private(set) var mean = 0.0
    private var variance = 0.0
    private var judged: Int32 = 0

    /// Decades of improbability, before the distance is learned.
    mutating func judge(_ distance: Double, _ scale: Rates.Scale, _ tuning: Tuning, _ rates: Rates) -> Double {
        let deviation = max(variance.squareRoot(), tuning.likelihoodFloor)
        let beyond = distance - mean
        var decades = 0.0
        if judged >= rates.likelihoodStart, beyond > 0 {
            decades = min(tuning.likelihoodCap, Self.decades(beyond / deviation))
        }
        if judged < Int32.max { judged += 1 }
        let weight = max(scale.likelihood, 1 / Double(judged))
        mean += weight * beyond
        variance = (1 - weight) * (variance + weight * beyond * beyond)
        return decades
    }

    /// The upper tail of the Gaussian in decades. Far out the asymptote takes over, where the tail is no number any more.
    private static func decades(_ z: Double) -> Double {
        if z > 25 { return 0.5 * z * z * 0.43429448190325182 + log10(z * 2.5066282746310002) }
        return -log10(0.5 * erfc(z * 0.70710678118654752))
    }

    mutating func visit(_ codec: inout StateCodec) {
        codec.visit(&mean)
        codec.visit(&variance)
        codec.visit(&judged)
        codec.check(variance >= 0 && judged >= 0)
    }
}
