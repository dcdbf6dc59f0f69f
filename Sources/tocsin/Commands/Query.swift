import ArgumentParser
import HostMetrics
import PromQL
import TocsinAPI
import TocsinModel

/// `tocsin query EXPR`
struct Query: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Evaluate a PromQL expression.",
        discussion: """
            Without --data or --url it is asked of this machine's engine: of the running one where there is one, else of \
            the history it has written down.

            A time is a Unix time in seconds, an RFC 3339 time, now, or a duration before now such as -15m.
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case table, json, chart
    }

    @Argument(help: "The expression.") var expression: String
    @Option(parsing: .unconditional, help: "The instant to evaluate at.") var time: String?
    @Option(parsing: .unconditional, help: "The first instant of a range.") var start: String?
    @Option(parsing: .unconditional, help: "The last instant of a range; now when left out.") var end: String?
    @Option(help: "From one instant of the range to the next, such as 15s.") var step: String?
    @Option(help: "table, json (as Prometheus' API answers) or chart.") var format: Format = .table
    @Flag(help: "The same as --format json.") var json = false
    @Option(help: "A file of exposition or OpenMetrics with timestamps.") var data: String?
    @Option(help: "A Prometheus, such as http://127.0.0.1:9090.") var url: String?
    @OptionGroup var engine: EngineConsole.Options
    @Option(help: "Give up after so long.") var timeout = "2m"
    @Flag(help: "Print the expression in canonical form and evaluate nothing.") var formatExpr = false

    func validate() throws {
        if data != nil, url != nil { throw ValidationError("--data and --url exclude each other") }
        if time != nil, start != nil || end != nil { throw ValidationError("--time and --start exclude each other") }
        if start == nil, end != nil || step != nil { throw ValidationError("a range needs --start") }
    }

    func run() throws {
        do { try answer() } catch {
            // Whoever asked for JSON reads JSON, as Prometheus' API would have answered.
            if shape == .json { print(QueryJSON.error("\(error)")) }
            throw error
        }
    }

    private var shape: Format { json ? .json : format }

    private func answer() throws {
        let parsed: Expr
        do throws(PromQLError) { parsed = try Expr(parsing: expression) } catch {
            throw Failure(Self.explain(error, expression))
        }
        if formatExpr { return print(parsed) }
        guard let limit = DurationText.parse(timeout), limit > 0 else {
            throw Failure("--timeout must be a duration such as 30s, not \"\(timeout)\"")
        }
        let source = try source(limit)
        let times = QueryTimes(now: source.newest ?? LinuxClock().now().wall)
        let answer: QueryAnswer
        if let start {
            let first = try times.read(start, "--start")
            let last = try end.map { try times.read($0, "--end") } ?? times.now
            let step =
                try step.map { try times.duration($0, "--step") }
                ?? max(1_000, last.subtractingReportingOverflow(first).partialValue / 250)
            answer = try source.range(parsed, text: expression, from: first, through: last, step: step)
        } else {
            answer = try source.instant(
                parsed, text: expression, at: try time.map { try times.read($0, "--time") } ?? times.now)
        }
        switch shape {
        case .table: print(QueryTable.text(answer), terminator: "")
        case .json: print(QueryJSON.text(answer))
        case .chart: print(QueryChart.text(answer), terminator: "")
        }
    }

    private func source(_ limit: Milliseconds) throws -> any QuerySource {
        if let data { return try RecordedSource(exposition: data, timeout: limit) }
        if let url { return try AskedSource(prometheus: url, try engine.proof.credentials(), timeout: limit) }
        let wiring = try Wiring.reading(engine.config)
        if engine.at == nil, case .none = EngineChoice.find(wiring.config) {
            return try RecordedSource(historyOf: wiring, timeout: limit)
        }
        let service = try EngineConsole(engine).service
        return AskedSource(timeout: limit) { try await service.query($0, within: $1) }
    }

    /// The error with the line it is in and a caret below.
    private static func explain(_ error: PromQLError, _ text: String) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard error.line <= lines.count else { return "\(error)" }
        let line = lines[error.line - 1]
        // A long line is shown around the place.
        let from = max(0, error.column - 61)
        let shown = line.dropFirst(from).prefix(120)
        return "\(error)\n  \(shown)\n  " + String(repeating: " ", count: error.column - 1 - from) + "^"
    }
}
