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

    package func samples(
        matching matchers: [LabelMatcher], from: Milliseconds, through: Milliseconds
    ) throws -> SampleBlock {
        let sealed = try chunks.samples(matching: matchers, from: from, through: through)
        let newest = try head.samples(matching: matchers, from: from, through: through)
        var rows: [Labels: Int] = [:]
        for row in 0..<newest.count { rows[newest.labels[row]] = row }
        var out = SampleBlock()
        for row in 0..<sealed.count {
            let samples = sealed.range(of: row)
            let labels = sealed.labels[row]
            out.add(labels, bornAt: sealed.bornAt[row]) { times, values in
                times += sealed.times[samples]
                values += sealed.values[samples]
                guard let other = rows.removeValue(forKey: labels) else { return }
                let last = times.last ?? .min
                for at in newest.range(of: other) where newest.times[at] > last {
                    times.append(newest.times[at])
                    values.append(newest.values[at])
                }
            }
        }
        for row in rows.values.sorted() {
            let samples = newest.range(of: row)
            out.add(newest.labels[row], bornAt: newest.bornAt[row]) { times, values in
                times += newest.times[samples]
                values += newest.values[samples]
            }
        }
        return out
    }

    /// The thinned-out history.
    package func rollups(
        matching matchers: [LabelMatcher], step: Milliseconds, from: Milliseconds, through: Milliseconds
    ) throws -> [(labels: Labels, points: [RollupPoint])] {
        try chunks.rollups(matching: matchers, step: step, from: from, through: through)
    }
}
