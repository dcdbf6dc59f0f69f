import Glibc

/// What goes wrong with a series, for the measured detectors to find.
enum Fault: String, CaseIterable {
    case spike, step, flatline, leak, periodicity, noise

    /// Points the fault lasts, of a series with so many points a day.
    func length(pointsPerDay: Double, _ random: inout SplitMix) -> Int {
        let days: ClosedRange<Double> =
            switch self {
            case .spike: 0...0
            case .step: 0.16...0.33
            case .flatline: 0.16...0.5
            case .leak: 0.5...1
            case .periodicity: 1...1
            case .noise: 0.25...0.5
            }
        return max(
            self == .spike ? Int.random(in: 1...3, using: &random) : 6,
            Int(Double.random(in: days, using: &random) * pointsPerDay))
    }

    /// Puts the fault into the values of a range. Sizes are parts of the series' usual range: what lies between its fifth
    /// and its ninety-fifth percentile.
    func inject(
        into values: inout [Double], _ range: Range<Int>, usual: Double, pointsPerDay: Int, _ random: inout SplitMix
    ) {
        let sign: Double = Bool.random(using: &random) ? 1 : -1
        let clean = values
        switch self {
        case .spike:
            let size = sign * Double.random(in: 0.5...2, using: &random) * usual
            for at in range { values[at] += size }
        case .step:
            let size = sign * Double.random(in: 0.3...1.2, using: &random) * usual
            for at in range { values[at] += size }
        case .flatline:
            for at in range { values[at] = clean[range.lowerBound] }
        case .leak:
            let size = sign * Double.random(in: 0.5...1.5, using: &random) * usual
            for at in range { values[at] += size * Double(at - range.lowerBound) / Double(range.count) }
        case .periodicity:
            // Half a day out of step: what comes is ordinary, and comes at the wrong time.
            for at in range {
                let other = at - pointsPerDay / 2
                values[at] = clean[other >= 0 ? other : at]
            }
        case .noise:
            let factor =
                Bool.random(using: &random)
                ? Double.random(in: 3...6, using: &random) : Double.random(in: 0.02...0.15, using: &random)
            for at in range {
                let near = clean[max(0, at - 6)...min(clean.count - 1, at + 6)]
                let mean = near.reduce(0, +) / Double(near.count)
                values[at] = mean + (clean[at] - mean) * factor
            }
        }
    }
}
