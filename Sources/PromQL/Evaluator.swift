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

/// What a part of an expression yields over all steps.
enum Computed {
    case scalars([Double])
    case string(String)
    case frame(Frame)
}

/// Evaluates expressions against a source of samples, at one instant or at many at once: each selector is fetched once
/// and stepped through once. The value of an expression depends on nothing else.
public struct Evaluator {
    let source: any SampleSource
    let options: EvaluationOptions
    let steps: Steps
    /// What `@ start()` and `@ end()` mean.
    let start: Milliseconds
    let end: Milliseconds
    /// Windows that were not full, when ``EvaluationOptions/requireFullWindows`` asks for them.
    public internal(set) var unfilled: [UnfilledWindow] = []
    /// How many samples the evaluation has seen; none means that there is nothing to judge.
    public internal(set) var sampleCount = 0
    /// Set while a call is evaluated whose evidence is good in a window that is not full.
    var partialIsEvidence = false

    /// An evaluation at one instant.
    public init(
        source: any SampleSource, at time: Milliseconds, options: EvaluationOptions = EvaluationOptions(),
        start: Milliseconds? = nil, end: Milliseconds? = nil
    ) {
        self.init(
            source: source, steps: Steps(at: time), options: options, start: start ?? time, end: end ?? time)
    }

    init(
        source: any SampleSource, steps: Steps, options: EvaluationOptions, start: Milliseconds, end: Milliseconds
    ) {
        self.source = source
        self.options = options
        self.steps = steps
        self.start = start
        self.end = end
    }

    /// The value of an expression at the evaluator's instant.
    public mutating func evaluate(_ expression: Expr) throws -> Value {
        switch expression.unwrapped {
        case .range, .subquery:
            var rows = try ranges(of: expression)
            rows.block.removeStale()
            return .matrix((0..<rows.block.count).map { rows.block.series($0) })
        default: break
        }
        switch try compute(expression) {
        case .scalars(let values): return .scalar(values[0])
        case .string(let text): return .string(text)
        case .frame(let frame): return .vector(frame.samples(at: 0, steps[0]))
        }
    }

    func checkDeadline() throws {
        if options.shouldStop?() == true { throw EvaluationFailure.cancelled }
    }

    /// The value of an expression at every step.
    mutating func compute(_ expression: Expr) throws -> Computed {
        try checkDeadline()
        if steps.count > 1, expression.isStepInvariant { return try computeOnce(expression) }
        switch expression {
        case .number(let value): return .scalars([value])
        case .string(let text): return .string(text)
        case .parenthesised(let inner): return try compute(inner)
        case .selector(let selector): return .frame(try instant(selector))
        case .range, .subquery: throw EvaluationFailure.invalid("a range vector has no value at a step")
        case .negate(let inner): return try negate(inner)
        case .binary(let binary): return try compute(binary)
        case .aggregate(let aggregate): return .frame(try compute(aggregate))
        case .call(let call): return try call.function.apply(&self, call.arguments)
        }
    }

    private mutating func computeOnce(_ expression: Expr) throws -> Computed {
        var once = Evaluator(
            source: source, steps: Steps(at: steps.start), options: options, start: start, end: end)
        once.partialIsEvidence = partialIsEvidence
        let value = try once.compute(expression)
        try take(once)
        switch value {
        case .scalars(let values): return .scalars(Array(repeating: values[0], count: steps.count))
        case .string: return value
        case .frame(let frame): return .frame(frame.spread(over: steps.count))
        }
    }

    /// Takes over what an evaluation within this one has counted and found.
    mutating func take(_ inner: Evaluator) throws {
        unfilled += inner.unfilled
        try load(inner.sampleCount)
    }

    mutating func load(_ count: Int) throws {
        sampleCount += count
        if sampleCount > options.maximumSamples { throw EvaluationFailure.tooManySamples(options.maximumSamples) }
    }

    private mutating func negate(_ expression: Expr) throws -> Computed {
        switch try compute(expression) {
        case .scalars(let values): .scalars(values.map { -$0 })
        case .frame(let frame): .frame(try frame.mapValues { -$0 }.withoutNames())
        case .string: throw EvaluationFailure.invalid("a string has no negative")
        }
    }

    /// A scalar argument at every step.
    mutating func scalars(_ expression: Expr) throws -> [Double] {
        guard case .scalars(let values) = try compute(expression) else {
            throw EvaluationFailure.invalid("expected a scalar")
        }
        return values
    }

    /// An instant vector argument.
    mutating func frame(_ expression: Expr) throws -> Frame {
        guard case .frame(let frame) = try compute(expression) else {
            throw EvaluationFailure.invalid("expected an instant vector")
        }
        return frame
    }

    /// A string argument.
    func text(_ expression: Expr) throws -> String {
        guard case .string(let text) = expression.unwrapped else {
            throw EvaluationFailure.invalid("expected a string")
        }
        return text
    }
}

extension Expr {
    /// True when the value is the same at every step: it holds no selector that is not pinned with `@`, and no function of
    /// the time.
    var isStepInvariant: Bool {
        switch self {
        case .number, .string: true
        case .selector(let selector), .range(let selector, _): selector.at != nil
        case .subquery(let subquery): subquery.at != nil
        case .call(let call): !call.function.dependsOnTime && call.arguments.allSatisfy(\.isStepInvariant)
        default: children.allSatisfy(\.isStepInvariant)
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
