import TocsinModel

/// How an evaluation behaves beyond what PromQL prescribes.
public struct EvaluationOptions: Sendable {
    /// An instant selector looks back strictly less than this (Prometheus 3.x; 5 minutes).
    public var lookback: Milliseconds = 300_000
    /// The step of a subquery that names none.
    public var defaultStep: Milliseconds = 60_000
    /// Leaves out series whose samples do not yet reach back over the whole of a window, and reports them: a rate over a
    /// window that is not full reads too low or too high. False for queries and rule tests, which follow Prometheus.
    public var requireFullWindows = false
    /// When watching began. Only windows that reach back beyond it are reported as unfilled; a series that appeared later
    /// is left out until its own window is full, and holds up the judgement of no other.
    public var watchedSince: Milliseconds?
    /// The most samples one evaluation may load.
    public var maximumSamples = 50_000_000
    /// Asked now and then; true ends the evaluation. The caller closes over its own deadline.
    public var shouldStop: (@Sendable () -> Bool)?

    public init() {}
}

/// A window that could not be judged because its series are too young.
public struct UnfilledWindow: Sendable, Equatable {
    public let labels: Labels
    /// How much longer samples must come in.
    public let missing: Milliseconds
}

/// Evaluates expressions at one instant against a source of samples. The value of an expression depends on nothing else.
public struct Evaluator {
    let source: any SampleSource
    let options: EvaluationOptions
    /// The instant.
    let time: Milliseconds
    /// What `@ start()` and `@ end()` mean.
    let start: Milliseconds
    let end: Milliseconds
    /// Windows that were not full, when ``EvaluationOptions/requireFullWindows`` asks for them.
    public private(set) var unfilled: [UnfilledWindow] = []
    private var loaded = 0
    /// Set while a call is evaluated whose evidence is good in a window that is not full.
    var partialIsEvidence = false

    /// How many samples the evaluation has seen; none means that there is nothing to judge.
    public var sampleCount: Int { loaded }

    public init(
        source: any SampleSource, at time: Milliseconds, options: EvaluationOptions = EvaluationOptions(),
        start: Milliseconds? = nil, end: Milliseconds? = nil
    ) {
        self.source = source
        self.options = options
        self.time = time
        self.start = start ?? time
        self.end = end ?? time
    }

    /// The value of an expression at the evaluator's instant.
    public mutating func evaluate(_ expression: Expr) throws -> Value {
        if options.shouldStop?() == true { throw EvaluationFailure.cancelled }
        let value = try compute(expression)
        if case .vector(let samples) = value, samples.count > 1, expression.canLoseIdentity {
            guard Set(samples.map(\.labels)).count == samples.count else { throw EvaluationFailure.duplicateResult }
        }
        return value
    }

    private mutating func compute(_ expression: Expr) throws -> Value {
        switch expression {
        case .number(let value): return .scalar(value)
        case .string(let text): return .string(text)
        case .parenthesised(let inner): return try evaluate(inner)
        case .selector(let selector): return .vector(try instant(selector))
        case .range(let selector, let range): return .matrix(try windows(selector, range).map(\.series))
        case .subquery(let subquery): return .matrix(try series(of: subquery).series)
        case .negate(let inner): return negate(try evaluate(inner))
        case .binary(let binary): return try evaluate(binary)
        case .aggregate(let aggregate): return try evaluate(aggregate)
        case .call(let call): return try evaluate(call)
        }
    }

    private func negate(_ value: Value) -> Value {
        switch value {
        case .scalar(let number): .scalar(-number)
        case .vector(let samples):
            .vector(samples.map { Sample(labels: $0.labels.withoutName, at: $0.at, value: -$0.value) })
        default: value
        }
    }

    /// The scalar an argument yields.
    mutating func scalar(_ expression: Expr) throws -> Double {
        guard case .scalar(let value) = try evaluate(expression) else {
            throw EvaluationFailure.invalid("expected a scalar")
        }
        return value
    }

    mutating func vector(_ expression: Expr) throws -> [Sample] {
        guard case .vector(let samples) = try evaluate(expression) else {
            throw EvaluationFailure.invalid("expected an instant vector")
        }
        return samples
    }

    // MARK: Selecting

    private func reference(_ at: AtModifier?, _ offset: Milliseconds) -> Milliseconds {
        let base: Milliseconds
        switch at {
        case .time(let pinned): base = pinned
        case .start: base = start
        case .end: base = end
        case nil: base = time
        }
        return base &- offset
    }

    private mutating func load(_ count: Int) throws {
        loaded += count
        if loaded > options.maximumSamples { throw EvaluationFailure.tooManySamples(options.maximumSamples) }
    }

    private mutating func instant(_ selector: Selector) throws -> [Sample] {
        let at = reference(selector.at, selector.offset)
        var found = try source.latest(matching: selector.matchers, after: at &- options.lookback, at: at)
        try load(found.count)
        for index in found.indices { found[index].at = time }
        return found
    }

    /// The samples of a selector in `(t - range, t]`, stale markers taken out.
    private mutating func windows(
        _ selector: Selector, _ range: Milliseconds
    ) throws -> [(series: SampleSeries, start: Milliseconds, end: Milliseconds)] {
        let to = reference(selector.at, selector.offset)
        let from = to &- range
        var out: [(SampleSeries, Milliseconds, Milliseconds)] = []
        for var series in try source.series(matching: selector.matchers, from: from &+ 1, through: to) {
            try load(series.values.count)
            if options.requireFullWindows, !partialIsEvidence, let missing = Self.missing(series, from: from, range) {
                if series.bornAt <= (options.watchedSince ?? .max - 60_000) + 60_000 {
                    unfilled.append(UnfilledWindow(labels: series.labels, missing: missing))
                }
                continue
            }
            if series.values.contains(where: StaleMarker.isStale) { series.removeStale() }
            if !series.values.isEmpty { out.append((series, from, to)) }
        }
        return out
    }

    /// How far a series is from filling a window; nil when it fills at least 95 % of it.
    private static func missing(_ series: SampleSeries, from: Milliseconds, _ range: Milliseconds) -> Milliseconds? {
        let missing = series.bornAt - from - max(range / 20, 1_500)
        return missing > 0 ? missing : nil
    }

    private mutating func series(
        of subquery: Subquery
    ) throws -> (series: [SampleSeries], start: Milliseconds, end: Milliseconds) {
        let to = reference(subquery.at, subquery.offset)
        let from = to &- subquery.range
        let step = max(subquery.step ?? options.defaultStep, 1)
        if options.requireFullWindows, let since = options.watchedSince, since - from > max(subquery.range / 20, 1_500)
        {
            unfilled.append(UnfilledWindow(labels: .none, missing: since - from))
            return ([], from, to)
        }
        if subquery.range / step > 1_000_000 { throw EvaluationFailure.invalid("subquery has too many steps") }
        var table = SeriesTable()
        // Steps are multiples of the step counted from the epoch, and the left end is open.
        var instant = from - (from % step + step) % step + step
        while instant <= to {
            var inner = Evaluator(source: source, at: instant, options: options, start: start, end: end)
            inner.partialIsEvidence = partialIsEvidence
            for sample in try inner.vector(subquery.expression) { table.add(sample, at: instant) }
            unfilled.append(contentsOf: inner.unfilled)
            try load(inner.loaded)
            instant += step
        }
        return (table.sorted, from, to)
    }

    /// The windows of a range-vector argument.
    mutating func windows(of expression: Expr) throws -> [Window] {
        switch expression.unwrapped {
        case .range(let selector, let range):
            return try windows(selector, range).map { Self.window($0.series, $0.start, $0.end) }
        case .subquery(let subquery):
            let (all, from, to) = try series(of: subquery)
            return all.map { Self.window($0, from, to) }
        default:
            throw EvaluationFailure.invalid("expected a range vector")
        }
    }

    private static func window(_ series: SampleSeries, _ start: Milliseconds, _ end: Milliseconds) -> Window {
        Window(
            labels: series.labels, times: series.timestamps[...], values: series.values[...], start: start, end: end)
    }

    // MARK: Calling

    private mutating func evaluate(_ call: Call) throws -> Value {
        try call.function.apply(&self, call.arguments)
    }
}

extension Expr {
    /// True when it drops metric names, so that two of its elements could end with one identity.
    fileprivate var canLoseIdentity: Bool {
        switch self {
        case .call, .negate: true
        case .binary(let node): !node.operation.isSet
        default: false
        }
    }

    /// True for `increase(…)` and its like, alone or summed: more than nothing of it is real in any window.
    var isEvidence: Bool {
        switch unwrapped {
        case .call(let call): call.function.evidenceInPartialWindow
        case .aggregate(let node):
            [.sum, .max, .count, .group].contains(node.operation) && node.expression.isEvidence
        default: false
        }
    }
}

extension SampleSeries {
    fileprivate mutating func removeStale() {
        var times: [Milliseconds] = []
        var kept: [Double] = []
        for (time, value) in zip(timestamps, values) where !StaleMarker.isStale(value) {
            times.append(time)
            kept.append(value)
        }
        timestamps = times
        values = kept
    }
}

/// Collects samples into series, in ascending order of labels at the end.
struct SeriesTable {
    private var byLabels: [Labels: Int] = [:]
    private var all: [SampleSeries] = []

    mutating func add(_ sample: Sample, at time: Milliseconds) {
        if let index = byLabels[sample.labels] {
            all[index].timestamps.append(time)
            all[index].values.append(sample.value)
        } else {
            byLabels[sample.labels] = all.count
            all.append(
                SampleSeries(labels: sample.labels, timestamps: [time], values: [sample.value], bornAt: time))
        }
    }

    var sorted: [SampleSeries] { all.sorted { $0.labels < $1.labels } }
}
