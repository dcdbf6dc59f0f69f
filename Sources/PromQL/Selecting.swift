import TocsinModel

/// A range of samples handed to a function, with the bounds of the window. Valid only during the call.
struct Window {
    let times: UnsafeBufferPointer<Milliseconds>
    let values: UnsafeBufferPointer<Double>
    /// The open left and the closed right end.
    let start: Milliseconds
    let end: Milliseconds

    var count: Int { values.count }
    var first: Double { values[0] }
    var last: Double { values[values.count - 1] }
    var firstTime: Milliseconds { times[0] }
    var lastTime: Milliseconds { times[times.count - 1] }
}

/// The samples under a range vector, and the window at each step.
struct RangeRows {
    var block: SampleBlock
    /// The right ends of the windows; one that serves all steps when the selector is pinned.
    let ends: [Milliseconds]
    let range: Milliseconds

    /// One number for each series and step; what the function leaves nil has no element.
    func reduce(
        keepsNames: Bool, steps: Int, _ function: (Window, Int) -> Double?
    ) throws -> Frame {
        var out = Frame(steps: steps)
        out.labels.reserveCapacity(block.count)
        out.values.reserveCapacity(block.count * steps)
        block.times.withUnsafeBufferPointer { times in
            block.values.withUnsafeBufferPointer { values in
                for row in 0..<block.count {
                    if slide(over: block.range(of: row), times, values, steps, &out.values, function) {
                        out.labels.append(block.labels[row])
                    } else {
                        out.values.removeLast(steps)
                    }
                }
            }
        }
        return keepsNames ? out : try out.withoutNames()
    }

    /// Appends one cell for each step; false when none has a value.
    @inline(__always)
    private func slide(
        over samples: Range<Int>, _ times: UnsafeBufferPointer<Milliseconds>, _ values: UnsafeBufferPointer<Double>,
        _ steps: Int, _ out: inout [Double], _ function: (Window, Int) -> Double?
    ) -> Bool {
        var low = samples.lowerBound
        var high = low
        var any = false
        for step in 0..<steps {
            let end = ends[ends.count == 1 ? 0 : step]
            let start = end &- range
            while high < samples.upperBound, times[high] <= end { high += 1 }
            while low < high, times[low] <= start { low += 1 }
            guard low < high else {
                out.append(Frame.absent)
                continue
            }
            let window = Window(
                times: UnsafeBufferPointer(rebasing: times[low..<high]),
                values: UnsafeBufferPointer(rebasing: values[low..<high]), start: start, end: end)
            if let value = function(window, step) {
                out.append(value)
                any = true
            } else {
                out.append(Frame.absent)
            }
        }
        return any
    }
}

extension Evaluator {
    /// The times a selector looks at: one for each step, or a single one when it is pinned with `@`.
    private func references(_ at: AtModifier?, _ offset: Milliseconds) -> [Milliseconds] {
        switch at {
        case .time(let pinned): [pinned &- offset]
        case .start: [start &- offset]
        case .end: [end &- offset]
        case nil: (0..<steps.count).map { steps[$0] &- offset }
        }
    }

    /// An instant selector: the newest sample of each series within the lookback, at every step.
    mutating func instant(_ selector: Selector) throws -> Frame {
        let times = references(selector.at, selector.offset)
        if times.count == 1 {
            let found = try source.latest(
                matching: selector.matchers, after: times[0] &- options.lookback, at: times[0])
            try load(found.count)
            let frame = Frame(labels: found.map(\.labels), values: found.map(\.value), steps: 1)
            return frame.spread(over: steps.count)
        }
        return try sampled(selector, times) { _, value in value }
    }

    /// The times of the samples that an instant selector finds, in seconds: what `timestamp()` shows.
    mutating func sampleTimes(_ selector: Selector) throws -> Frame {
        let times = references(selector.at, selector.offset)
        return try sampled(selector, times) { time, _ in Double(time) / 1000 }.spread(over: steps.count)
    }

    private mutating func sampled(
        _ selector: Selector, _ times: [Milliseconds], _ cell: (Milliseconds, Double) -> Double
    ) throws -> Frame {
        let lookback = options.lookback
        let block = try source.samples(
            matching: selector.matchers, from: times[0] &- lookback &+ 1, through: times[times.count - 1])
        try load(block.sampleCount)
        var out = Frame(steps: times.count)
        out.labels.reserveCapacity(block.count)
        out.values.reserveCapacity(block.count * times.count)
        for row in 0..<block.count {
            let samples = block.range(of: row)
            var next = samples.lowerBound
            var any = false
            for time in times {
                while next < samples.upperBound, block.times[next] <= time { next += 1 }
                let at = next - 1
                if at >= samples.lowerBound, block.times[at] > time &- lookback, !StaleMarker.isStale(block.values[at])
                {
                    out.values.append(cell(block.times[at], block.values[at]))
                    any = true
                } else {
                    out.values.append(Frame.absent)
                }
            }
            if any { out.labels.append(block.labels[row]) } else { out.values.removeLast(times.count) }
        }
        return out
    }

    /// The samples under a range-vector argument.
    mutating func ranges(of expression: Expr) throws -> RangeRows {
        switch expression.unwrapped {
        case .range(let selector, let range): return try ranges(selector, range)
        case .subquery(let subquery): return try ranges(subquery)
        default: throw EvaluationFailure.invalid("expected a range vector")
        }
    }

    private mutating func ranges(_ selector: Selector, _ range: Milliseconds) throws -> RangeRows {
        let ends = references(selector.at, selector.offset)
        var block = try source.samples(
            matching: selector.matchers, from: ends[0] &- range &+ 1, through: ends[ends.count - 1])
        try load(block.sampleCount)
        if options.requireFullWindows, !partialIsEvidence { dropUnfilled(&block, from: ends[0] &- range, range) }
        block.removeStale()
        return RangeRows(block: block, ends: ends, range: range)
    }

    /// Leaves out the series that do not reach back over the window, and says so where it holds up a judgement.
    private mutating func dropUnfilled(_ block: inout SampleBlock, from: Milliseconds, _ range: Milliseconds) {
        guard block.bornAt.contains(where: { Self.missing($0, from, range) != nil }) else { return }
        var kept = SampleBlock()
        for row in 0..<block.count {
            let born = block.bornAt[row]
            if let missing = Self.missing(born, from, range) {
                if born <= (options.watchedSince ?? .max - 60_000) + 60_000 {
                    unfilled.append(UnfilledWindow(labels: block.labels[row], missing: missing))
                }
                continue
            }
            let samples = block.range(of: row)
            kept.add(block.labels[row], bornAt: born) { times, values in
                times += block.times[samples]
                values += block.values[samples]
            }
        }
        block = kept
    }

    /// How far a series is from filling a window; nil when it fills at least 95 % of it.
    private static func missing(_ born: Milliseconds, _ from: Milliseconds, _ range: Milliseconds) -> Milliseconds? {
        let (missing, overflow) = born.subtractingReportingOverflow(from &+ max(range / 20, 1_500))
        return !overflow && missing > 0 ? missing : nil
    }

    /// A subquery evaluates its expression once over all steps that any window needs, on multiples of its own step.
    private mutating func ranges(_ subquery: Subquery) throws -> RangeRows {
        let ends = references(subquery.at, subquery.offset)
        let step = max(subquery.step ?? options.defaultStep, 1)
        let from = ends[0] &- subquery.range
        let empty = RangeRows(block: SampleBlock(), ends: ends, range: subquery.range)
        if options.requireFullWindows, let since = options.watchedSince, since - from > max(subquery.range / 20, 1_500)
        {
            unfilled.append(UnfilledWindow(labels: .none, missing: since - from))
            return empty
        }
        // Steps are multiples of the step counted from the epoch, and the left end is open.
        let first = from &- ((from % step) &+ step) % step &+ step
        let last = ends[ends.count - 1]
        guard first <= last else { return empty }
        let count = (last &- first) / step &+ 1
        if count > 1_000_000 || count < 1 { throw EvaluationFailure.invalid("subquery has too many steps") }
        var inner = Evaluator(
            source: source, steps: Steps(start: first, step: step, count: Int(count)), options: options, start: start,
            end: end)
        inner.partialIsEvidence = partialIsEvidence
        let computed = try inner.compute(subquery.expression)
        guard case .frame(let frame) = computed else { throw EvaluationFailure.invalid("expected an instant vector") }
        try take(inner)
        return RangeRows(block: Self.block(frame, inner.steps), ends: ends, range: subquery.range)
    }

    private static func block(_ frame: Frame, _ steps: Steps) -> SampleBlock {
        var block = SampleBlock()
        block.reserve(frame.values.count)
        for row in 0..<frame.rows {
            block.add(frame.labels[row], bornAt: steps.start) { times, values in
                for (step, at) in frame.cells(row).enumerated() where !Frame.isAbsent(frame.values[at]) {
                    times.append(steps[step])
                    values.append(frame.values[at])
                }
            }
        }
        return block
    }
}
