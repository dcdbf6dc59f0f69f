import TocsinModel

extension FunctionTable {
    static let histogramFunctions: [Function] = [
        Function("histogram_quantile", [.scalar, .instantVector]) { evaluator, arguments in
            let quantiles = try evaluator.scalars(arguments[0])
            let frame = try evaluator.frame(arguments[1])
            var out = Frame(steps: frame.steps)
            for histogram in ClassicHistogram.all(in: frame) {
                out.labels.append(histogram.labels)
                for step in 0..<frame.steps { out.values.append(histogram.quantile(quantiles[step], frame, step)) }
            }
            return .frame(try out.merged())
        }
    ]
}

/// The buckets of one classic histogram: the rows of a frame that differ in `le` alone.
private struct ClassicHistogram {
    var labels: Labels
    /// Upper bound and row.
    var buckets: [(bound: Double, row: Int)] = []

    static func all(in frame: Frame) -> [ClassicHistogram] {
        let le = LabelNames(["le"])
        var places: [Labels: Int] = [:]
        var all: [ClassicHistogram] = []
        for row in 0..<frame.rows {
            guard let text = frame.labels[row]["le"], let bound = Double(text) else { continue }
            let key = frame.labels[row].dropping(le)
            let place = places[key] ?? all.count
            if place == all.count {
                places[key] = place
                all.append(ClassicHistogram(labels: key.withoutName))
            }
            all[place].buckets.append((bound, row))
        }
        for at in all.indices { all[at].buckets.sort { ($0.bound, $0.row) < ($1.bound, $1.row) } }
        return all
    }

    /// The quantile by linear interpolation within the bucket that holds the rank, as Prometheus has it: the lowest
    /// bucket begins at 0 unless its bound is not positive, and the highest yields the bound below it.
    func quantile(_ q: Double, _ frame: Frame, _ step: Int) -> Double {
        let present = presentBuckets(frame, step)
        guard !present.isEmpty else { return Frame.absent }
        if q.isNaN { return .nan }
        if q < 0 { return -.infinity }
        if q > 1 { return .infinity }
        guard present[present.count - 1].bound == .infinity else { return .nan }
        let buckets = Self.monotonic(present)
        let observations = buckets[buckets.count - 1].count
        guard buckets.count >= 2, observations != 0 else { return .nan }
        var rank = q * observations
        let place = buckets.dropLast().firstIndex { $0.count >= rank } ?? buckets.count - 1
        if place == buckets.count - 1 { return buckets[place - 1].bound }
        if place == 0, buckets[0].bound <= 0 { return buckets[0].bound }
        var begin = 0.0
        var count = buckets[place].count
        if place > 0 {
            begin = buckets[place - 1].bound
            count -= buckets[place - 1].count
            rank -= buckets[place - 1].count
        }
        return begin + (buckets[place].bound - begin) * (rank / count)
    }

    /// The buckets that have an element at the step; those of equal bounds made one.
    private func presentBuckets(_ frame: Frame, _ step: Int) -> [(bound: Double, count: Double)] {
        var out: [(bound: Double, count: Double)] = []
        for (bound, row) in buckets {
            let value = frame.values[row * frame.steps + step]
            if Frame.isAbsent(value) { continue }
            if let last = out.last, last.bound == bound {
                out[out.count - 1].count += value
            } else {
                out.append((bound, value))
            }
        }
        return out
    }

    /// Counts must not fall from one bucket to the next; where they do, by scrapes that were torn or by rounding, the
    /// lower count is raised.
    private static func monotonic(_ buckets: [(bound: Double, count: Double)]) -> [(bound: Double, count: Double)] {
        var out = buckets
        var before = out[0].count
        for at in out.indices.dropFirst() {
            if out[at].count < before || isAlmost(out[at].count, before) { out[at].count = before }
            before = out[at].count
        }
        return out
    }

    /// Equal but for rounding errors of some 1e-12.
    private static func isAlmost(_ a: Double, _ b: Double) -> Bool {
        if a == b { return true }
        let sum = a.magnitude + b.magnitude
        let least = Double.leastNormalMagnitude
        if a == 0 || b == 0 || sum < least { return (a - b).magnitude < 1e-12 * least }
        return (a - b).magnitude / min(sum, .greatestFiniteMagnitude) < 1e-12
    }
}
