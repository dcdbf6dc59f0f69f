import TocsinModel

/// The instants of an evaluation: `start`, `start + step`, … `count` of them.
struct Steps: Sendable, Equatable {
    let start: Milliseconds
    /// Not 0 when there is more than one.
    let step: Milliseconds
    let count: Int

    /// A single instant.
    init(at time: Milliseconds) { self.init(start: time, step: 1, count: 1) }

    init(start: Milliseconds, step: Milliseconds, count: Int) {
        self.start = start
        self.step = step
        self.count = count
    }

    subscript(index: Int) -> Milliseconds { start &+ Milliseconds(index) &* step }
    var end: Milliseconds { self[count - 1] }
}

/// An instant vector at every step: a row for each series, a column for each step, row after row in one array.
///
/// Where a series has no element at a step the cell holds ``absent``. Selectors never let a stale marker through and no
/// arithmetic yields its bit pattern, so it cannot be mistaken for a value.
struct Frame: Sendable {
    var labels: [Labels]
    var values: [Double]
    let steps: Int

    static let absent = StaleMarker.value

    @inline(__always)
    static func isAbsent(_ value: Double) -> Bool { StaleMarker.isStale(value) }

    init(steps: Int) {
        labels = []
        values = []
        self.steps = steps
    }

    init(labels: [Labels], values: [Double], steps: Int) {
        self.labels = labels
        self.values = values
        self.steps = steps
    }

    /// So many rows without any element.
    init(absentRows labels: [Labels], steps: Int) {
        self.init(labels: labels, values: Array(repeating: Self.absent, count: labels.count * steps), steps: steps)
    }

    var rows: Int { labels.count }

    /// Where the cells of a row are.
    @inline(__always)
    func cells(_ row: Int) -> Range<Int> { row * steps..<(row + 1) * steps }

    mutating func add(_ labels: Labels, _ cells: ArraySlice<Double>) {
        self.labels.append(labels)
        values.append(contentsOf: cells)
    }

    /// The same rows with every value replaced; absent cells stay so.
    func mapValues(_ transform: (Double) -> Double) -> Frame {
        var out = self
        for at in out.values.indices where !Self.isAbsent(out.values[at]) {
            out.values[at] = transform(out.values[at])
        }
        return out
    }

    /// The same, for transformations that also depend on the step.
    func mapValues(_ transform: (Double, Int) -> Double) -> Frame {
        var out = self
        var step = 0
        for at in out.values.indices {
            if !Self.isAbsent(out.values[at]) { out.values[at] = transform(out.values[at], step) }
            step = step + 1 == steps ? 0 : step + 1
        }
        return out
    }

    /// The same values without the metric name. Rows that thereby become one are merged.
    func withoutNames() throws -> Frame {
        var out = self
        for row in 0..<rows { out.labels[row] = labels[row].withoutName }
        return try out.merged()
    }

    /// Rows of equal labels made one. Two elements at one step are a failure.
    func merged() throws -> Frame {
        if rows < 2 { return self }
        var first: [Labels: Int] = Dictionary(minimumCapacity: rows)
        var hasTwins = false
        for row in 0..<rows where first.updateValue(row, forKey: labels[row]) != nil {
            hasTwins = true
            break
        }
        return hasTwins ? try merging() : self
    }

    private func merging() throws -> Frame {
        var places: [Labels: Int] = [:]
        var out = Frame(steps: steps)
        for row in 0..<rows {
            guard let place = places[labels[row]] else {
                places[labels[row]] = out.rows
                out.add(labels[row], values[cells(row)])
                continue
            }
            for (step, at) in cells(row).enumerated() where !Self.isAbsent(values[at]) {
                guard Self.isAbsent(out.values[place * steps + step]) else {
                    throw EvaluationFailure.duplicateResult
                }
                out.values[place * steps + step] = values[at]
            }
        }
        return out
    }

    /// One row repeated over more steps: what does not change with the step is evaluated once.
    func spread(over steps: Int) -> Frame {
        if steps == self.steps { return self }
        var out = Frame(steps: steps)
        out.labels = labels
        out.values.reserveCapacity(rows * steps)
        for value in values { out.values.append(contentsOf: repeatElement(value, count: steps)) }
        return out
    }

    /// The instant vector at a step.
    func samples(at step: Int, _ time: Milliseconds) -> [Sample] {
        var out: [Sample] = []
        out.reserveCapacity(rows)
        for row in 0..<rows {
            let value = values[row * steps + step]
            if !Self.isAbsent(value) { out.append(Sample(labels: labels[row], at: time, value: value)) }
        }
        return out
    }
}
