import Anomaly
import TocsinCore
import TocsinModel

/// One series under a detector: where its memory is, its thresholds, and what was said last.
struct WatchedSeries {
    var place: Int
    /// The time of the last point.
    var lastFed: Milliseconds
    var lastValue: Double?
    /// When the memory was last kept.
    var keptAt: Milliseconds = .min
    var assessment = Assessment()
    /// Nothing is learned: a linked alert fires.
    var isHeld = false
    /// There have been no values for some steps.
    var isSilent = false
    /// Where the last alarms began, newest first.
    private(set) var marks: [AnomaliesPage.Mark] = []
    /// Where what is said of it is written.
    var trail = AnomalyTrail()
    /// The reason that was written last.
    var reason: AnomalyReason?
    private var budgets: [AnomalySpec.Channel: AlarmBudget] = [:]

    init(place: Int, lastFed: Milliseconds) {
        self.place = place
        self.lastFed = lastFed
    }

    func budget(_ channel: AnomalySpec.Channel) -> AlarmBudget { budgets[channel] ?? AlarmBudget() }

    /// The channel's score of the last point; 0 while it learns, and for a change that is too small to matter.
    func score(_ channel: AnomalySpec.Channel, _ spec: AnomalySpec) -> Double {
        guard assessment.learning >= 1 else { return 0 }
        switch channel {
        case .novelty: return assessment.noveltySize >= spec.floor ? assessment.novelty : 0
        case .spike: return assessment.spikeSize >= spec.floor ? assessment.spike : 0
        }
    }

    /// The band in which the last value was expected, at least as wide as what matters.
    func band(_ spec: AnomalySpec) -> Assessment.Band? {
        guard let band = assessment.valueBand, band.low.isFinite, band.high.isFinite else { return nil }
        let middle = (band.low + band.high) / 2
        return Assessment.Band(low: min(band.low, middle - spec.floor), high: max(band.high, middle + spec.floor))
    }

    /// The last value's band, and whether it lay outside.
    struct Standing {
        var low: Double
        var high: Double
        var isOut: Bool
    }

    /// Nil until enough is learned.
    func standing(_ spec: AnomalySpec) -> Standing? {
        guard !isSilent, assessment.learning >= 1, let value = lastValue, let band = band(spec) else { return nil }
        return Standing(low: band.low, high: band.high, isOut: value < band.low || value > band.high || isActive)
    }

    /// Lets the thresholds follow, and notes where an alarm begins.
    mutating func settle(_ spec: AnomalySpec, after milliseconds: Milliseconds, points: Int, _ now: Milliseconds) {
        let weeks = Double(milliseconds) / (7 * 86_400_000)
        for channel in spec.channels {
            var budget = budget(channel)
            let score = score(channel, spec)
            let begins = budget.take(score, after: weeks, perWeek: spec.budget)
            budgets[channel] = budget
            guard begins, let value = lastValue else { continue }
            let sentence = AnomalyWords.sentence(
                assessment, value: value, points: points, step: spec.step, channel: channel)
            let mark = AnomaliesPage.Mark(
                at: now, channel: channel.rawValue, score: score, sentence: sentence, likeness: likeness)
            // Both channels at once are one alarm, told by the stronger.
            if let other = marks.first, other.at == now {
                if mark.score > other.score { marks[0] = mark }
            } else {
                marks = [mark] + marks.prefix(Self.remembered - 1)
            }
        }
    }

    /// How many alarms are remembered in words; the series of alarms remembers them all.
    private static let remembered = 4

    /// The earlier stretch that is most like the newest one, on the engine's time line.
    private var likeness: AnomaliesPage.Likeness? {
        assessment.nearest.map {
            AnomaliesPage.Likeness(
                earlier: Milliseconds(($0.earlier * 1000).rounded()),
                newest: Milliseconds(($0.newest * 1000).rounded()))
        }
    }

    /// The series as a line on the screen.
    func row(_ labels: Labels, _ spec: AnomalySpec) -> AnomaliesPage.Row {
        let band = assessment.learning >= 1 ? band(spec) : nil
        let channels = spec.channels.map { channel in
            let budget = budget(channel)
            return AnomaliesPage.Channel(
                name: channel.rawValue, score: score(channel, spec), threshold: budget.threshold,
                isActive: budget.isActive)
        }
        var row = AnomaliesPage.Row(
            name: WatchedName(detector: spec.name, labels: labels), step: spec.step, value: lastValue ?? 0,
            low: band?.low, high: band?.high, learning: assessment.learning, channels: channels,
            marks: marks, likeness: likeness, isHeld: isHeld)
        row.budget = spec.budget
        row.silentSince = isSilent ? lastFed : nil
        return row
    }

    /// Whether any channel's alarm is under way.
    var isActive: Bool { budgets.values.contains { $0.isActive } }

    /// “That was no anomaly”: raises the bar of the channel that spoke last; of all when none has.
    mutating func refuse() {
        var spoke = Set(budgets.filter { $0.value.isActive }.keys)
        if spoke.isEmpty, let channel = marks.first.flatMap({ AnomalySpec.Channel(rawValue: $0.channel) }) {
            spoke = [channel]
        }
        for channel in spoke.isEmpty ? Set(budgets.keys) : spoke { budgets[channel]?.refuse() }
    }

    /// Ends the alarms under way; the bars stay.
    mutating func fallSilent() {
        isSilent = true
        for channel in budgets.keys { budgets[channel]?.end() }
    }

    mutating func calm() { for channel in budgets.keys { budgets[channel] = AlarmBudget() } }

    /// What is kept beside the detector's memory.
    var numbers: [Double] { AnomalySpec.Channel.allCases.flatMap { budget($0).numbers } }

    mutating func restore(_ numbers: [Double]) {
        for (at, channel) in AnomalySpec.Channel.allCases.enumerated() where numbers.count >= at * 3 + 3 {
            budgets[channel] = AlarmBudget(numbers[(at * 3)..<(at * 3 + 3)])
        }
    }
}
