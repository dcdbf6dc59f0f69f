import Anomaly
import TocsinCore
import TocsinModel

/// What a detector found, as an operator reads it.
enum AnomalyWords {
    /// - Parameter points: how many the series has had.
    static func sentence(
        _ assessment: Assessment, value: Double, points: Int, step: Milliseconds, channel: AnomalySpec.Channel
    ) -> String {
        let learned = Words.duration(Milliseconds(points) * step)
        let band = assessment.expected
        let (low, high) = (number(band?.low), number(band?.high))
        let reason: AnomalyReason? = channel == .spike ? .spike : assessment.reason
        switch reason {
        case .above: return "\(number(value)), the highest in \(learned) was \(high)"
        case .below: return "\(number(value)), the lowest in \(learned) was \(low)"
        case .jump:
            return "jumped to \(number(value)); from the point before, \(low) to \(high) was usual in \(learned)"
        case .sustained:
            let window = Words.duration(Milliseconds(Tuning.standard.window) * step)
            return
                "the mean of the last \(window) is \(number(assessment.observed)); in \(learned) it was \(low) to \(high)"
        case .variability:
            let window = Words.duration(Milliseconds(Tuning.standard.window) * step)
            return
                "it varies as never before: the deviation of the last \(window) is \(number(assessment.observed)); in \(learned) it was \(low) to \(high)"
        case .pattern:
            let earlier = assessment.nearest.map { Words.duration(Milliseconds(($0.newest - $0.earlier) * 1000)) }
            return "its course is like none in \(learned)" + (earlier.map { ", the nearest was \($0) before" } ?? "")
        case .spike:
            let near = assessment.spikeBand
            return
                "\(number(value)), where \(number(near?.low)) to \(number(near?.high)) was to be expected from the last points"
        case nil: return "\(number(value))"
        }
    }

    private static func number(_ value: Double?) -> String { value.map { AlertWords.number($0) } ?? "–" }
}
