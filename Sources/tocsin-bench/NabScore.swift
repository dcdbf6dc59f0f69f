import Glibc

/// The score of the Numenta Anomaly Benchmark, after its published description (Lavin and Ahmad, 2015): each labelled
/// window is worth the earliest detection in it, by a sigmoid over the position; detections elsewhere cost; a detector
/// that says nothing has 0 and a perfect one 100.
struct NabScore {
    /// What detections are worth.
    struct Profile {
        let name: String
        let truePositive: Double
        let falsePositive: Double
        let falseNegative: Double

        static let all = [
            Profile(name: "standard", truePositive: 1, falsePositive: 0.11, falseNegative: 1),
            Profile(name: "reward low FP", truePositive: 1, falsePositive: 0.22, falseNegative: 1),
            Profile(name: "reward low FN", truePositive: 1, falsePositive: 0.11, falseNegative: 2),
        ]
    }

    /// One series: how many rows it has, and the labelled windows, ends included.
    struct Labelled {
        let rows: Int
        let windows: [ClosedRange<Int>]

        /// Rows at the beginning that are never scored.
        var probation: Int { min(Int((0.15 * Double(rows)).rounded(.down)), 750) }

        /// What a detection in each row is worth, and the window it belongs to.
        var worth: [(value: Double, window: Int?)] {
            var next = 0
            var previous: ClosedRange<Int>?
            return (0..<rows).map { row in
                while next < windows.count, row > windows[next].upperBound {
                    previous = windows[next]
                    next += 1
                }
                if next < windows.count, windows[next].contains(row) {
                    let position = -Double(windows[next].upperBound - row + 1) / Double(windows[next].count)
                    return (NabScore.sigmoid(position) / NabScore.sigmoid(-1), next)
                }
                guard let previous else { return (-1, nil) }
                return (NabScore.sigmoid(Double(row - previous.upperBound) / Double(previous.count - 1)), nil)
            }
        }
    }

    private static func sigmoid(_ position: Double) -> Double {
        position > 3 ? -1 : 2 / (1 + exp(5 * position)) - 1
    }

    /// The score at every threshold that makes a difference, from the highest down.
    let curve: [(threshold: Double, score: Double)]

    /// - Parameter scores: one for each row of each series.
    init(_ series: [Labelled], _ scores: [[Double]], _ profile: Profile) {
        var detections: [(score: Double, series: Int, row: Int)] = []
        for (number, one) in series.enumerated() {
            for row in one.probation..<one.rows where scores[number][row] > 1e-12 {
                detections.append((scores[number][row], number, row))
            }
        }
        detections.sort { $0.score > $1.score }
        let worth = series.map(\.worth)
        var best = series.map { $0.windows.map { _ in -profile.falseNegative } }
        let windows = series.reduce(0) { $0 + $1.windows.count }
        let perfect = Double(windows) * (profile.truePositive + profile.falseNegative)
        var total = 0.0
        var curve: [(Double, Double)] = []
        for (at, one) in detections.enumerated() {
            let (value, window) = worth[one.series][one.row]
            if let window {
                let gain = profile.truePositive * value - best[one.series][window]
                if gain > 0 {
                    best[one.series][window] += gain
                    total += gain
                }
            } else {
                total += profile.falsePositive * value
            }
            let isLast = at + 1 == detections.count || detections[at + 1].score < one.score
            if isLast { curve.append((one.score, 100 * total / perfect)) }
        }
        self.curve = curve
    }

    /// The best threshold with its score; a detector that is better silent has 0.
    var best: (threshold: Double, score: Double) {
        curve.max { $0.score < $1.score }.flatMap { $0.score > 0 ? $0 : nil } ?? (.infinity, 0)
    }

    /// The score at a threshold that was found elsewhere.
    func score(at threshold: Double) -> Double { curve.last { $0.threshold >= threshold }?.score ?? 0 }
}
