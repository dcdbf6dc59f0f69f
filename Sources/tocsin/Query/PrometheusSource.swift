import Adapters
import FoundationEssentials
import PromQL
import TocsinModel

/// A Prometheus, asked over its HTTP API.
struct PrometheusSource: QuerySource {
    private let host: String
    private let port: String
    private let prefix: String
    private let timeout: Milliseconds
    var newest: Milliseconds? { nil }

    init(_ url: String, timeout: Milliseconds) throws {
        guard let parts = URL(string: url), let host = parts.host(), parts.scheme == "http" else {
            let reason =
                url.hasPrefix("https:") ? "https is not supported yet" : "write it as http://HOST:PORT"
            throw Failure("--url: \"\(url)\" cannot be asked: \(reason)")
        }
        self.host = host
        port = String(parts.port ?? 80)
        prefix = parts.path.hasSuffix("/") ? String(parts.path.dropLast()) : parts.path
        self.timeout = timeout
    }

    func instant(_ expression: Expr, text: String, at time: Milliseconds) throws -> QueryAnswer {
        let answer = try ask("query", ["query": text, "time": Self.seconds(time)])
        return .instant(try answer.value(), at: time)
    }

    func range(
        _ expression: Expr, text: String, from start: Milliseconds, through end: Milliseconds, step: Milliseconds
    ) throws -> QueryAnswer {
        let answer = try ask(
            "query_range",
            [
                "query": text, "start": Self.seconds(start), "end": Self.seconds(end), "step": Self.seconds(step),
            ])
        guard case .matrix(let series) = try answer.value() else { throw Failure("it answered with no range") }
        return .range(series, from: start, through: end, step: step)
    }

    private static func seconds(_ time: Milliseconds) -> String { GoNumber.plain(Double(time) / 1000) }

    private func ask(_ route: String, _ parameters: [String: String]) throws -> Answer {
        let query = parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\(Self.escape($0.value))" }
            .joined(separator: "&")
        let reply: PlainHTTP.Answer
        do throws(Socket.Failure) {
            reply = try PlainHTTP.request(
                "GET", "\(prefix)/api/v1/\(route)?\(query)", host: host, port: port, within: timeout, most: 256 << 20)
        } catch { throw Failure("\(host):\(port) gave no answer: \(Self.words(error))") }
        guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(reply.body.utf8)) else {
            throw Failure("\(host):\(port) answered with status \(reply.status) and no JSON of Prometheus")
        }
        if answer.status != "success" { throw Failure(answer.error ?? "it answered with an error and no reason") }
        return answer
    }

    private static func words(_ failure: Socket.Failure) -> String {
        switch failure {
        case .refused: "nobody listens there"
        case .late: "it took too long"
        case .noRoute(let reason), .other(let reason): reason
        }
    }

    private static func escape(_ text: String) -> String {
        text.utf8.map { byte in
            let plain = (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
            return plain
                ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }
}

/// The envelope of Prometheus' API.
private struct Answer: Decodable {
    let status: String
    let error: String?
    let data: Body?

    struct Body: Decodable {
        let resultType: String
        let scalar: Point?
        let rows: [Row]

        enum CodingKeys: CodingKey { case resultType, result }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            resultType = try container.decode(String.self, forKey: .resultType)
            let isPoint = resultType == "scalar" || resultType == "string"
            scalar = isPoint ? try container.decode(Point.self, forKey: .result) : nil
            rows = isPoint ? [] : try container.decode([Row].self, forKey: .result)
        }
    }

    struct Row: Decodable {
        let metric: [String: String]
        let value: Point?
        let values: [Point]?
    }

    /// `[seconds, "text"]`
    struct Point: Decodable {
        let time: Double
        let text: String

        init(from decoder: any Decoder) throws {
            var container = try decoder.unkeyedContainer()
            time = try container.decode(Double.self)
            text = try container.decode(String.self)
        }

        var milliseconds: Milliseconds { Milliseconds((time * 1000).rounded()) }
        var number: Double { Double(text) ?? (text == "+Inf" ? .infinity : text == "-Inf" ? -.infinity : .nan) }
    }

    func value() throws -> Value {
        guard let data else { throw Failure("the answer holds no data") }
        switch data.resultType {
        case "scalar": return .scalar(data.scalar?.number ?? .nan)
        case "string": return .string(data.scalar?.text ?? "")
        case "vector":
            return .vector(
                data.rows.compactMap { row in
                    row.value.map { Sample(labels: row.labels, at: $0.milliseconds, value: $0.number) }
                })
        case "matrix":
            return .matrix(
                data.rows.map { row in
                    let points = row.values ?? []
                    return SampleSeries(
                        labels: row.labels, timestamps: points.map(\.milliseconds), values: points.map(\.number),
                        bornAt: points.first?.milliseconds ?? 0)
                })
        default: throw Failure("the answer is of the unknown type \"\(data.resultType)\"")
        }
    }
}

extension Answer.Row {
    fileprivate var labels: Labels { Labels(metric.map { ($0.key, $0.value) }) }
}
