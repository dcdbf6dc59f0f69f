import Exposition
import Glibc
import HostMetrics
import PromQL
import Storage
import TimeSeries
import TocsinModel

/// What a query is asked of.
protocol QuerySource {
    /// The newest sample, which is what "now" means for a recording; nil where now is now.
    var newest: Milliseconds? { get }
    func instant(_ expression: Expr, text: String, at time: Milliseconds) throws -> QueryAnswer
    func range(
        _ expression: Expr, text: String, from start: Milliseconds, through end: Milliseconds, step: Milliseconds
    ) throws -> QueryAnswer
}

/// An answer with the times it speaks of.
enum QueryAnswer {
    case instant(Value, at: Milliseconds)
    case range([SampleSeries], from: Milliseconds, through: Milliseconds, step: Milliseconds)
}

/// Samples that were written down: an exposition with timestamps, or an engine's history.
struct RecordedSource: QuerySource {
    private let store: any SampleSource
    let newest: Milliseconds?
    private let options: EvaluationOptions

    /// Reads a file of exposition or OpenMetrics. Samples without a timestamp are of now.
    init(exposition path: String, timeout: Milliseconds) throws {
        let page: ExpositionReader.Page
        do {
            page = try ExpositionReader.read(try Places.read(path))
        } catch let fault as ExpositionReader.Fault { throw Failure("\(path): \(fault)") }
        let now = LinuxClock().now().wall
        var bySeries: [Labels: [(time: Milliseconds, value: Double)]] = [:]
        var newest: Milliseconds?
        for line in page.lines {
            bySeries[line.labels, default: []].append((line.time ?? now, line.value))
            newest = max(newest ?? .min, line.time ?? now)
        }
        let store = SeriesStore(limits: .none, shards: 1)
        for (labels, samples) in bySeries.sorted(by: { $0.key < $1.key }) {
            // Of samples with one time the first stays, as it would when scraped.
            for (time, value) in samples.enumerated().sorted(by: { ($0.1.time, $0.0) < ($1.1.time, $1.0) }).map(\.1) {
                store.append(labels, value, at: time)
            }
        }
        self.store = store
        self.newest = newest
        options = Self.options(timeout)
    }

    /// What the engine of this machine has written down; now is now.
    init(historyOf wiring: Wiring, timeout: Milliseconds) throws {
        let folder = wiring.statePath
        do { store = try HistoryReader(folder: folder) } catch {
            throw Failure(
                "there is no history to ask in \(folder): open the dashboard once, or name a source with --data or --url"
                    + " (\(error))")
        }
        newest = nil
        options = Self.options(timeout)
    }

    private static func options(_ timeout: Milliseconds) -> EvaluationOptions {
        var options = EvaluationOptions()
        let end = LinuxClock().now().boot + timeout
        options.shouldStop = { LinuxClock().now().boot > end }
        return options
    }

    func instant(_ expression: Expr, text: String, at time: Milliseconds) throws -> QueryAnswer {
        var evaluator = Evaluator(source: store, at: time, options: options)
        return .instant(try evaluator.evaluate(expression), at: time)
    }

    func range(
        _ expression: Expr, text: String, from start: Milliseconds, through end: Milliseconds, step: Milliseconds
    ) throws -> QueryAnswer {
        .range(
            try RangeEvaluation.evaluate(
                expression, source: store, start: start, end: end, step: step, options: options),
            from: start, through: end, step: step)
    }
}
