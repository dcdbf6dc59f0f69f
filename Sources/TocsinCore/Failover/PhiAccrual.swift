import Glibc
import TocsinModel

/// The phi-accrual failure detector: suspicion as a number that grows with the silence, measured in the rhythm of the
/// heartbeats seen so far.
///
/// N. Hayashibara et al., "The φ accrual failure detector", SRDS 2004: φ(t) = −log10(1 − F(t)), F being the normal
/// distribution of the intervals between arrivals. The deviation has a floor, so that a very regular peer is not
/// suspected over a few milliseconds, and a ceiling, so that an irregular one is still told within three intervals.
package struct PhiAccrual: Sendable, Equatable {
    /// Milliseconds between heartbeats as they are sent.
    private let interval: Double
    private var intervals: [Double] = []
    private var next = 0
    private var sum = 0.0
    private var squares = 0.0
    package private(set) var lastArrival: Milliseconds?

    /// Above this a member counts as silent; 8 is what Akka and Cassandra use.
    package static let threshold = 8.0
    private static let window = 64

    package init(interval: Milliseconds) { self.interval = Double(interval) }

    /// A heartbeat arrived.
    package mutating func beat(at now: Milliseconds) {
        defer { lastArrival = max(now, lastArrival ?? now) }
        guard let lastArrival, now > lastArrival else { return }
        // A gap that was an outage says nothing about the rhythm.
        let gap = min(Double(now - lastArrival), 3 * interval)
        if intervals.count < Self.window {
            intervals.append(gap)
        } else {
            sum -= intervals[next]
            squares -= intervals[next] * intervals[next]
            intervals[next] = gap
            next = (next + 1) % Self.window
        }
        sum += gap
        squares += gap * gap
    }

    /// Time in which nobody listened does not count as silence.
    package mutating func forgive(_ gap: Milliseconds) { lastArrival = lastArrival.map { $0 + gap } }

    private var mean: Double {
        let seen = intervals.count < 3 ? interval : sum / Double(intervals.count)
        return min(max(seen, interval), interval * 1.1)
    }

    private var deviation: Double {
        let floor = 0.1 * interval
        guard intervals.count >= 3 else { return floor }
        let count = Double(intervals.count)
        let variance = max(0, squares / count - (sum / count) * (sum / count))
        return min(max(variance.squareRoot(), floor), 0.3 * interval)
    }

    /// The suspicion now; 0 before the first heartbeat. At most 300.
    package func phi(at now: Milliseconds) -> Double {
        guard let lastArrival, now > lastArrival else { return 0 }
        let late = (Double(now - lastArrival) - mean) / deviation
        let chance = 0.5 * erfc(late / 2.0.squareRoot())
        return chance < 1e-300 ? 300 : max(0, -log10(chance))
    }

    /// When the suspicion will cross the threshold if nothing more arrives.
    package var suspectedAt: Milliseconds? {
        // φ = 8 is 5.612 deviations of the normal distribution.
        lastArrival.map { $0 + Milliseconds((mean + 5.613 * deviation).rounded(.up)) }
    }
}
