import TocsinModel

/// What was written down up to a time, and memory from then on.
struct LayeredSource: SampleSource {
    let older: any SampleSource
    let newer: any SampleSource
    /// The first sample in memory.
    let boundary: Milliseconds

    func samples(matching matchers: [LabelMatcher], from: Milliseconds, through: Milliseconds) throws -> SampleBlock {
        let new = try newer.samples(matching: matchers, from: max(from, boundary), through: through)
        guard from < boundary else { return new }
        let old = try older.samples(matching: matchers, from: from, through: min(through, boundary - 1))
        if old.count == 0 { return new }
        var rows: [Labels: Int] = [:]
        for row in 0..<old.count { rows[old.labels[row]] = row }
        var out = SampleBlock()
        out.reserve(old.sampleCount + new.sampleCount)
        func add(_ row: Int?, _ next: Int?) {
            let (labels, born) = row.map { (old.labels[$0], old.bornAt[$0]) } ?? (new.labels[next!], new.bornAt[next!])
            out.add(labels, bornAt: born) { times, values in
                if let row {
                    times += old.times[old.range(of: row)]
                    values += old.values[old.range(of: row)]
                }
                if let next {
                    times += new.times[new.range(of: next)]
                    values += new.values[new.range(of: next)]
                }
            }
        }
        for next in 0..<new.count { add(rows.removeValue(forKey: new.labels[next]), next) }
        for row in rows.values.sorted() { add(row, nil) }
        return out
    }
}

/// A source whose samples are told at other times.
struct ShiftedSource: SampleSource {
    let base: any SampleSource
    let offset: Milliseconds

    func samples(matching matchers: [LabelMatcher], from: Milliseconds, through: Milliseconds) throws -> SampleBlock {
        let block = try base.samples(matching: matchers, from: from &- offset, through: through &- offset)
        var out = SampleBlock()
        out.reserve(block.sampleCount)
        for row in 0..<block.count {
            let samples = block.range(of: row)
            out.add(block.labels[row], bornAt: block.bornAt[row] &+ offset) { times, values in
                times += block.times[samples].map { $0 &+ offset }
                values += block.values[samples]
            }
        }
        return out
    }
}
