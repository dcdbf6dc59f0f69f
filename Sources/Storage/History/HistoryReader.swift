import TimeSeries
import TocsinModel

/// What an engine has written down, read beside it without disturbing it: sealed chunks and the head log.
package struct HistoryReader: SampleSource {
    private let chunks: ChunkStore
    private let head: SeriesStore

    package init(folder: String) throws {
        // The log first: what is sealed meanwhile is then in both and not in neither.
        let logged = HeadLogFiles.chunks(in: folder)
        head = SeriesStore(limits: .none, shards: 1)
        head.restore(logged)
        chunks = try ChunkStore(folder + "/series.db", readOnly: true)
    }

    /// Samples as they came as far back as they are kept; before that a sample each five minutes, the mean of what was
    /// thinned out there. So a long range shows the course of things, and a rate over it only where there are samples.
    package func samples(
        matching matchers: [LabelMatcher], from: Milliseconds, through: Milliseconds
    ) throws -> SampleBlock {
        var parts = Parts()
        let thin = try thinned(matchers, from, through)
        for (labels, samples) in thin { parts.add(labels, samples.map(\.time), samples.map(\.value)) }
        for block in [
            try chunks.samples(matching: matchers, from: from, through: through),
            try head.samples(matching: matchers, from: from, through: through),
        ] {
            for row in 0..<block.count {
                let samples = block.range(of: row)
                parts.add(block.labels[row], block.times[samples], block.values[samples])
            }
        }
        return parts.block
    }

    /// Means of the time before the first sample that is kept whole, for each series.
    private func thinned(
        _ matchers: [LabelMatcher], _ from: Milliseconds, _ through: Milliseconds
    ) throws -> [Labels: [(time: Milliseconds, value: Double)]] {
        let oldest = try chunks.oldest() ?? .max
        guard from < oldest else { return [:] }
        let last = min(through, oldest - 1)
        var out: [Labels: [(time: Milliseconds, value: Double)]] = [:]
        for (labels, points) in try chunks.rollups(
            matching: matchers, step: Rollup.fine, from: from, through: last)
        {
            out[labels] = points.map { ($0.start + Rollup.fine - 1, $0.mean) }
        }
        for (labels, points) in try chunks.rollups(
            matching: matchers, step: Rollup.coarse, from: from, through: last)
        {
            let fine = out[labels] ?? []
            // Whole hours before anything finer.
            let begin = fine.first.map { $0.time + 1 - Rollup.fine } ?? oldest
            // An hour's mean stands at each of its five minutes, so that no look back misses it.
            let hours = points.filter { $0.start + Rollup.coarse <= begin }.flatMap { point in
                stride(from: point.start, to: point.start + Rollup.coarse, by: Int(Rollup.fine)).map {
                    (time: $0 + Rollup.fine - 1, value: point.mean)
                }
            }
            out[labels] = hours + fine
        }
        return out.mapValues { samples in samples.filter { $0.time >= from && $0.time <= last } }
    }

    /// Gathers the pieces of each series, the older first; what an older piece has already is left out.
    private struct Parts {
        private var series: [Labels: Int] = [:]
        private var rows: [(labels: Labels, times: [Milliseconds], values: [Double])] = []

        mutating func add(
            _ labels: Labels, _ times: some Collection<Milliseconds>, _ values: some Collection<Double>
        ) {
            let row = series[labels] ?? rows.count
            if row == rows.count {
                series[labels] = row
                rows.append((labels, [], []))
            }
            let last = rows[row].times.last ?? .min
            for (time, value) in zip(times, values) where time > last {
                rows[row].times.append(time)
                rows[row].values.append(value)
            }
        }

        var block: SampleBlock {
            var block = SampleBlock()
            for row in rows.sorted(by: { $0.labels < $1.labels }) {
                block.add(row.labels, bornAt: row.times.first ?? 0) { times, values in
                    times += row.times
                    values += row.values
                }
            }
            return block
        }
    }

    /// The thinned-out history.
    package func rollups(
        matching matchers: [LabelMatcher], step: Milliseconds, from: Milliseconds, through: Milliseconds
    ) throws -> [(labels: Labels, points: [RollupPoint])] {
        try chunks.rollups(matching: matchers, step: step, from: from, through: through)
    }
}
