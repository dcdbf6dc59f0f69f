import Glibc

/// The threshold of one channel of one series, which follows a wished rate of alarms: each alarm raises it by half, and it
/// comes down again in the time the budget allows one alarm. It never falls below its floor, so that a quiet series is
/// not made to alarm.
public struct AlarmBudget: Sendable, Equatable {
    /// The least threshold, as a score: one half.
    public static let floor = 0.5
    /// How much an alarm raises the bar, on the scale of raw scores.
    private static let rise = 1.5
    /// However many alarms there were, the bar stays where the strongest scores of a channel still pass.
    private static let highest = 0.999_999
    /// Points with less than half of what an alarm began with, until it is over.
    private static let calmPoints = 5

    /// How far the bar stands above the floor, in steps of one alarm.
    public private(set) var height = 0.0
    /// What the alarm under way began with; 0 without one.
    public private(set) var opened = 0.0
    private var calm = 0

    public init() {}

    /// The score above which a value is an alarm now.
    public var threshold: Double {
        let raw = -log(1 - Self.floor) * pow(Self.rise, height)
        return min(Self.highest, 1 - exp(-raw))
    }

    /// Whether an alarm is under way.
    public var isActive: Bool { opened > 0 }

    /// Takes a score; whether it begins an alarm.
    ///
    /// - Parameters:
    ///   - weeks: the share of a week since the last one.
    ///   - perWeek: how many false alarms a week are wished for at most.
    public mutating func take(_ score: Double, after weeks: Double, perWeek: Double) -> Bool {
        height = max(0, height - max(0, weeks) * perWeek)
        guard opened == 0 else {
            calm = score < opened / 2 ? calm + 1 : 0
            if calm >= Self.calmPoints { end() }
            return false
        }
        guard score > threshold else { return false }
        opened = score
        height += 1
        return true
    }

    /// The alarm under way is over: there is nothing to judge any more.
    public mutating func end() { (opened, calm) = (0, 0) }

    /// Somebody said that the last alarm was none: the bar goes up once more.
    public mutating func refuse() {
        height += 2
        end()
    }

    /// Height, opening score and calm points, for keeping.
    public var numbers: [Double] { [height, opened, Double(calm)] }

    /// Takes back what ``numbers`` gave; anything else leaves a fresh one.
    public init(_ numbers: some Collection<Double>) {
        let all = Array(numbers)
        guard all.count == 3, all.allSatisfy({ $0.isFinite && $0 >= 0 && $0 < 1e6 }) else { return }
        (height, opened, calm) = (all[0], min(1, all[1]), Int(all[2]))
    }
}
