import TocsinModel

/// Asks over Prometheus' HTTP API: an engine of ours, or a Prometheus.
public struct PrometheusClient: Sendable {
    private let transport: HTTPTransport

    public init(_ transport: HTTPTransport) { self.transport = transport }

    public func query(_ request: QueryRequest, within bounds: QueryBounds) async throws -> QueryResult {
        var parameters = Parameters()
        let path = Self.encode(request, &parameters)
        if bounds.limit > 0 { parameters.add("limit", "\(bounds.limit)") }
        parameters.add("timeout", "\(bounds.timeout)ms")
        let isLong = parameters.text.utf8.count > 4_000
        let answer = try await transport.send(
            isLong ? "POST" : "GET", path, isLong ? Parameters() : parameters,
            body: isLong ? Array(parameters.text.utf8.dropFirst()) : nil, type: "application/x-www-form-urlencoded",
            within: .milliseconds(bounds.timeout + 2_000), most: 1 << 30)
        guard let envelope = try? JSONCoding.value(Envelope.self, answer.body) else {
            throw Unreachable("it answered with status \(answer.status) and no JSON of Prometheus")
        }
        guard envelope.status == "success", let data = envelope.data else {
            throw QueryFault(
                envelope.errorType.flatMap { QueryFault.Kind(rawValue: $0) } ?? .internal,
                envelope.error ?? "it answered with an error and no reason")
        }
        return try data.result(of: request)
    }

    private static func encode(_ request: QueryRequest, _ parameters: inout Parameters) -> String {
        func span(_ selectors: [String], _ from: Milliseconds, _ through: Milliseconds) {
            for selector in selectors { parameters.add("match[]", selector) }
            parameters.add("start", PrometheusJSON.seconds(from))
            parameters.add("end", PrometheusJSON.seconds(through))
        }
        switch request {
        case .instant(let text, let time):
            parameters.add("query", text)
            if let time { parameters.add("time", PrometheusJSON.seconds(time)) }
            return "/api/v1/query"
        case .range(let text, let from, let through, let step):
            parameters.add("query", text)
            parameters.add("start", PrometheusJSON.seconds(from))
            parameters.add("end", PrometheusJSON.seconds(through))
            parameters.add("step", PrometheusJSON.seconds(step))
            return "/api/v1/query_range"
        case .series(let selectors, let from, let through):
            span(selectors, from, through)
            return "/api/v1/series"
        case .labelNames(let selectors, let from, let through):
            span(selectors, from, through)
            return "/api/v1/labels"
        case .labelValues(let name, let selectors, let from, let through):
            span(selectors, from, through)
            return "/api/v1/label/\(PercentCoding.encode(name))/values"
        case .format(let text):
            parameters.add("query", text)
            return "/api/v1/format_query"
        case .exposition, .metadata: return "/api/v1/metadata"
        }
    }
}

/// The envelope of Prometheus' API.
private struct Envelope: Decodable {
    let status: String
    let errorType: String?
    let error: String?
    let data: Body?
}

/// What is in the envelope: which of its shapes it has, the question tells.
private struct Body: Decodable {
    private let type: String?
    private let point: Point?
    private let rows: [Row]
    private let names: [String]
    private let sets: [[String: String]]
    private let text: String?

    private enum Key: CodingKey { case resultType, result }

    init(from decoder: any Decoder) throws {
        var rows: [Row] = []
        var point: Point?
        var names: [String] = []
        var sets: [[String: String]] = []
        var text: String?
        var type: String?
        if let container = try? decoder.container(keyedBy: Key.self),
            let kind = try? container.decode(String.self, forKey: .resultType)
        {
            type = kind
            if kind == "scalar" || kind == "string" {
                point = try container.decode(Point.self, forKey: .result)
            } else {
                rows = try container.decode([Row].self, forKey: .result)
            }
        } else {
            let single = try decoder.singleValueContainer()
            if let list = try? single.decode([String].self) {
                names = list
            } else if let list = try? single.decode([[String: String]].self) {
                sets = list
            } else {
                text = try? single.decode(String.self)
            }
        }
        (self.type, self.point, self.rows, self.names, self.sets, self.text) = (type, point, rows, names, sets, text)
    }

    struct Row: Decodable {
        let metric: [String: String]
        let value: Point?
        let values: [Point]?

        var labels: Labels { Labels(metric.map { ($0.key, $0.value) }) }
    }

    /// `[seconds, "text"]`
    struct Point: Decodable {
        let time: Milliseconds
        let text: String

        init(from decoder: any Decoder) throws {
            var container = try decoder.unkeyedContainer()
            time = Milliseconds((try container.decode(Double.self) * 1000).rounded())
            text = try container.decode(String.self)
        }

        var number: Double { Double(text) ?? (text == "+Inf" ? .infinity : text == "-Inf" ? -.infinity : .nan) }
    }

    func result(of request: QueryRequest) throws -> QueryResult {
        switch request {
        case .instant, .range: break
        case .series: return .series(sets.map { Labels($0.map { ($0.key, $0.value) }) })
        case .labelNames, .labelValues: return .names(names)
        case .format: return .text(text ?? "")
        case .exposition, .metadata: return .names([])
        }
        switch type {
        case "scalar": return .scalar(point?.number ?? .nan, at: point?.time ?? 0)
        case "string": return .string(point?.text ?? "", at: point?.time ?? 0)
        case "vector":
            return .vector(
                rows.compactMap { row in row.value.map { Sample(labels: row.labels, at: $0.time, value: $0.number) } })
        case "matrix":
            return .matrix(
                rows.map { row in
                    let points = row.values ?? []
                    return SampleSeries(
                        labels: row.labels, timestamps: points.map(\.time), values: points.map(\.number),
                        bornAt: points.first?.time ?? 0)
                })
        default: throw Unreachable("the answer is of the unknown type \"\(type ?? "none")\"")
        }
    }
}
