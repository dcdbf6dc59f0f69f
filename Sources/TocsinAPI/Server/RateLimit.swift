import Synchronization

/// Token buckets by caller: each may ask so often a second, and so many times at once.
final class RateLimit: Sendable {
    private struct Bucket {
        var tokens: Double
        var at: ContinuousClock.Instant
    }

    private let buckets = Mutex<[String: Bucket]>([:])
    private let perSecond: Double
    private let burst: Double

    init(perSecond: Double, burst: Double) {
        self.perSecond = perSecond
        self.burst = burst
    }

    /// Takes one; false when the caller has none left.
    func take(_ caller: String, now: ContinuousClock.Instant = .now) -> Bool {
        buckets.withLock { all in
            // Callers that come and go must not fill the memory; a full bucket is as good as none.
            if all.count > 4_096 { all = all.filter { now - $0.value.at < .seconds(60) } }
            if all.count > 16_384 { all = [:] }
            var bucket = all[caller] ?? Bucket(tokens: burst, at: now)
            bucket.tokens = min(burst, bucket.tokens + perSecond * (bucket.at.duration(to: now) / .seconds(1)))
            bucket.at = now
            defer { all[caller] = bucket }
            guard bucket.tokens >= 1 else { return false }
            bucket.tokens -= 1
            return true
        }
    }
}
