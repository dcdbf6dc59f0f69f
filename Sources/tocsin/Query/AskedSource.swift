import PromQL
import TocsinAPI
import TocsinModel

/// Somebody who answers PromQL: a running engine, or a Prometheus.
struct AskedSource: QuerySource {
    private let ask: @Sendable (QueryRequest, QueryBounds) async throws -> QueryResult
    private let bounds: QueryBounds
    var newest: Milliseconds? { nil }

    init(timeout: Milliseconds, _ ask: @escaping @Sendable (QueryRequest, QueryBounds) async throws -> QueryResult) {
        self.ask = ask
        bounds = QueryBounds(timeout: timeout)
    }

    /// A Prometheus, asked over its HTTP API.
    init(prometheus url: String, _ credentials: Credentials, timeout: Milliseconds) throws {
        let endpoint: Endpoint
        do throws(Endpoint.Malformed) {
            endpoint = try Endpoint(url, defaultPort: url.hasPrefix("https:") ? 443 : 80)
        } catch { throw Failure("--url: \(error)") }
        guard case .http = endpoint else { throw Failure("--url: write it as http://HOST:PORT or https://HOST:PORT") }
        let client = PrometheusClient(try HTTPTransport(endpoint, credentials))
        self.init(timeout: timeout) { try await client.query($0, within: $1) }
    }

    func instant(_ expression: Expr, text: String, at time: Milliseconds) throws -> QueryAnswer {
        switch try answer(.instant(text, at: time)) {
        case .scalar(let value, _): return .instant(.scalar(value), at: time)
        case .string(let text, _): return .instant(.string(text), at: time)
        case .vector(let samples): return .instant(.vector(samples), at: time)
        case .matrix(let series): return .instant(.matrix(series), at: time)
        default: throw Failure("it answered with something that is no value")
        }
    }

    func range(
        _ expression: Expr, text: String, from start: Milliseconds, through end: Milliseconds, step: Milliseconds
    ) throws -> QueryAnswer {
        let result = try answer(.range(text, from: start, through: end, step: step))
        guard case .matrix(let series) = result else { throw Failure("it answered with no range") }
        return .range(series, from: start, through: end, step: step)
    }

    private func answer(_ request: QueryRequest) throws -> QueryResult {
        let (ask, bounds) = (ask, bounds)
        do { return try Bridge.wait { try await ask(request, bounds) }.get() } catch { throw Failure("\(error)") }
    }
}
