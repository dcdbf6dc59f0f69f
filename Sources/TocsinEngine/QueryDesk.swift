import BlockingWork
import PromQL
import TimeSeries
import TocsinModel

/// Answers questions about series on a thread of its own, so that a slow one delays other questions and nothing else.
struct QueryDesk: Sendable {
    let store: SeriesStore
    /// What was written down, for questions that reach further back than memory.
    let archive: (@Sendable () throws -> any SampleSource)?
    let thread: SerialThread

    /// - Parameters:
    ///   - offset: what must be added to the engine's time to get wall time.
    func answer(
        _ request: QueryRequest, _ bounds: QueryBounds, now: Milliseconds, offset: Milliseconds
    ) async throws -> QueryResult {
        let end = ContinuousClock.now + .milliseconds(bounds.timeout)
        let result = await thread.run { () -> Result<QueryResult, QueryFault> in
            // It may have waited in the queue for longer than it may take.
            if ContinuousClock.now > end { return .failure(Self.late) }
            do {
                return .success(
                    try Question(desk: self, bounds: bounds, now: now, offset: offset, end: end).answer(request))
            } catch let fault as QueryFault { return .failure(fault) } catch { return .failure(Self.fault(error)) }
        }
        return try result.get()
    }

    /// The store, or what was written down where the store does not reach back far enough, both on the engine's time line.
    func source(from earliest: Milliseconds) -> any SampleSource {
        let oldest = store.statistics.oldest ?? .max
        // Without a history that can be read, memory is what there is.
        guard earliest < oldest, let archive, let older = try? archive() else { return store }
        return LayeredSource(older: older, newer: store, boundary: oldest)
    }

    /// The newest samples of a host's own series with what they mean, without the labels that a scraper adds.
    func exposition(
        of host: String, _ families: [String: MetricFamily], at now: Milliseconds
    ) async throws -> [MetricReading] {
        let matchers = [LabelMatcher("instance", .equal, host), LabelMatcher("job", .equal, "node")]
        return await thread.run { [store] in
            var values: [String: [(labels: Labels, value: Double)]] = [:]
            // Nothing is measured more rarely than this.
            for sample in (try? store.latest(matching: matchers, after: now - 90_000, at: now)) ?? [] {
                let labels = sample.labels.dropping(["__name__", "instance", "job"])
                values[sample.labels.metricName, default: []].append((labels, sample.value))
            }
            return values.sorted { $0.key < $1.key }.compactMap { name, values in
                families[name].map { MetricReading(family: $0, values: values.sorted { $0.labels < $1.labels }) }
            }
        }
    }

    static let late = QueryFault(.timeout, "query timed out in query execution")

    private static func fault(_ error: any Error) -> QueryFault {
        switch error {
        case let error as PromQLError: QueryFault(.badData, "\(error)")
        case EvaluationFailure.cancelled: late
        case let error as EvaluationFailure: QueryFault(.execution, "\(error)")
        default: QueryFault(.internal, "\(error)")
        }
    }
}

/// One question while it is answered. The store speaks of the engine's time, the question of wall time.
private struct Question {
    let desk: QueryDesk
    let bounds: QueryBounds
    let now: Milliseconds
    let offset: Milliseconds
    let end: ContinuousClock.Instant

    func answer(_ request: QueryRequest) throws -> QueryResult {
        switch request {
        case .instant(let text, let time): return try instant(text, time ?? now)
        case .range(let text, let start, let end, let step): return try range(text, start, end, step)
        case .series(let selectors, let from, let through):
            if selectors.isEmpty { throw QueryFault(.badData, "no match[] parameter provided") }
            return .series(bound(try labelSets(selectors, from, through).sorted()))
        case .labelNames(let selectors, let from, let through):
            let names = Set(try labelSets(selectors, from, through).flatMap { $0.pairs.map(\.name) })
            return .names(bound(names.sorted()))
        case .labelValues(let name, let selectors, let from, let through):
            let values = Set(try labelSets(selectors, from, through).compactMap { $0[name] })
            return .names(bound(values.sorted()))
        case .exposition, .metadata: throw QueryFault(.internal, "this is no question about series")
        case .format(let text): return .text("\(try Expr(parsing: text))")
        }
    }

    private func bound<Element>(_ all: [Element]) -> [Element] {
        bounds.limit > 0 ? Array(all.prefix(bounds.limit)) : all
    }

    private var options: EvaluationOptions {
        var options = EvaluationOptions()
        options.maximumSamples = bounds.samples
        options.shouldStop = { [end] in ContinuousClock.now > end }
        return options
    }

    private func instant(_ text: String, _ time: Milliseconds) throws -> QueryResult {
        let expression = try Expr(parsing: text)
        var evaluator = Evaluator(source: try source(of: expression, time, time), at: time, options: options)
        switch try evaluator.evaluate(expression) {
        case .scalar(let value): return .scalar(value, at: time)
        case .string(let text): return .string(text, at: time)
        case .vector(let samples):
            return .vector(bound(expression.ordersItself ? samples : samples.sorted { $0.labels < $1.labels }))
        case .matrix(let series): return .matrix(bound(series))
        }
    }

    private func range(
        _ text: String, _ start: Milliseconds, _ end: Milliseconds, _ step: Milliseconds
    ) throws -> QueryResult {
        let expression = try Expr(parsing: text)
        let series = try RangeEvaluation.evaluate(
            expression, source: try source(of: expression, start, end), start: start, end: end, step: step,
            options: options)
        return .matrix(bound(series))
    }

    private func source(of expression: Expr, _ start: Milliseconds, _ end: Milliseconds) throws -> any SampleSource {
        source(from: expression.earliest(from: start, through: end, lookback: options.lookback))
    }

    /// The same on the time line of the question.
    private func source(from earliest: Milliseconds) -> any SampleSource {
        let source = desk.source(from: earliest &- offset)
        return offset == 0 ? source : ShiftedSource(base: source, offset: offset)
    }

    private func labelSets(
        _ selectors: [String], _ from: Milliseconds, _ through: Milliseconds
    ) throws -> Set<Labels> {
        var found: Set<Labels> = []
        for matchers in selectors.isEmpty ? [[]] : try selectors.map(Self.matchers) {
            let older = source(from: from)
            if let older = older as? SeriesStore {
                found.formUnion(try older.labelSets(matching: matchers, from: from, through: through))
            } else {
                found.formUnion(try older.samples(matching: matchers, from: from, through: through).labels)
            }
        }
        return found
    }

    private static func matchers(_ text: String) throws -> [LabelMatcher] {
        guard case .selector(let selector) = try Expr(parsing: text), selector.offset == 0, selector.at == nil else {
            throw QueryFault(.badData, "\"\(text)\" is no series selector")
        }
        return selector.matchers
    }
}
