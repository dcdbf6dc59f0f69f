import Adapters
import FoundationEssentials
import Glibc
import TestKit
import TocsinModel

/// A real Prometheus on loopback with data of our own, stopped with the object.
final class PrometheusServer {
    static let program = "/usr/bin/prometheus"
    static let isInstalled = FileManager.default.fileExists(atPath: program)

    let port: Int
    private let fixture = Fixture()
    private let process: Pty

    /// Turns an OpenMetrics page into blocks and serves them.
    convenience init?(openMetrics: String) {
        self.init(configuration: "global: {}\n", openMetrics: openMetrics)
    }

    /// Runs with a configuration.
    convenience init?(configuration: String) { self.init(configuration: configuration, openMetrics: nil) }

    private init?(configuration: String, openMetrics: String?) {
        port = freePort()
        fixture.write("prometheus.yml", configuration)
        let data = fixture.path + "/data"
        if let openMetrics, !Self.makeBlocks(of: openMetrics, in: data, fixture) { return nil }
        let server = Pty(
            "/bin/sh",
            [
                "-c",
                """
                exec \(Self.program) --config.file=\(fixture.path)/prometheus.yml --storage.tsdb.path=\(data) \
                --web.listen-address=127.0.0.1:\(port) --storage.tsdb.retention.time=100y --log.level=error >/dev/null 2>&1
                """,
            ], environment: ["PATH": "/usr/bin:/bin"])
        guard let server else { return nil }
        process = server
        for _ in 0..<300 {
            if (try? ask("/-/ready"))?.status == 200 { return }
            usleep(100_000)
        }
        return nil
    }

    deinit { process.signal(SIGTERM) }

    private static func makeBlocks(of page: String, in data: String, _ fixture: Fixture) -> Bool {
        fixture.write("data.om", page)
        let make = Pty(
            "/usr/bin/promtool", ["tsdb", "create-blocks-from", "openmetrics", fixture.path + "/data.om", data],
            environment: ["PATH": "/usr/bin:/bin"])
        return make?.exit(within: 120)?.code == 0
    }

    func ask(_ path: String) throws(Socket.Failure) -> PlainHTTP.Answer {
        try PlainHTTP.request("GET", path, host: "127.0.0.1", port: "\(port)", within: 20_000, most: 64 << 20)
    }

    /// The series of an answer, or the error in its words.
    enum Reply {
        case rows([Labels: [(time: Milliseconds, value: Double)]])
        case failure(String)
    }

    func query(_ expression: String, at time: Milliseconds) throws -> Reply {
        try reply("/api/v1/query?query=\(Self.escape(expression))&time=\(Double(time) / 1000)")
    }

    func range(_ expression: String, _ start: Milliseconds, _ end: Milliseconds, _ step: Milliseconds) throws -> Reply {
        try reply(
            "/api/v1/query_range?query=\(Self.escape(expression))&start=\(Double(start) / 1000)"
                + "&end=\(Double(end) / 1000)&step=\(Double(step) / 1000)")
    }

    private static func escape(_ text: String) -> String {
        text.utf8.map { byte in
            let plain = (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
            return plain
                ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }

    private struct Envelope: Decodable {
        let status: String
        let error: String?
        let data: Body?
    }

    private struct Body: Decodable {
        let resultType: String
        let rows: [Row]
        let scalar: Point?

        enum CodingKeys: CodingKey { case resultType, result }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            resultType = try container.decode(String.self, forKey: .resultType)
            let isScalar = resultType == "scalar"
            scalar = isScalar ? try container.decode(Point.self, forKey: .result) : nil
            rows = isScalar ? [] : try container.decode([Row].self, forKey: .result)
        }
    }

    private struct Row: Decodable {
        let metric: [String: String]
        let value: Point?
        let values: [Point]?
    }

    private struct Point: Decodable {
        let time: Milliseconds
        let value: Double

        init(from decoder: any Decoder) throws {
            var container = try decoder.unkeyedContainer()
            time = Milliseconds((try container.decode(Double.self) * 1000).rounded())
            let text = try container.decode(String.self)
            value = text == "+Inf" ? .infinity : text == "-Inf" ? -.infinity : Double(text) ?? .nan
        }
    }

    private func reply(_ path: String) throws -> Reply { try Self.reply(to: try ask(path).body) }

    /// Reads an answer of the query API.
    static func reply(to body: String) throws -> Reply {
        let envelope = try JSONDecoder().decode(Envelope.self, from: Data(body.utf8))
        guard let body = envelope.data, envelope.status == "success" else { return .failure(envelope.error ?? "?") }
        if let scalar = body.scalar { return .rows([.none: [(scalar.time, scalar.value)]]) }
        var rows: [Labels: [(time: Milliseconds, value: Double)]] = [:]
        for row in body.rows {
            let points = row.values ?? row.value.map { [$0] } ?? []
            rows[Labels(row.metric.map { ($0.key, $0.value) })] = points.map { ($0.time, $0.value) }
        }
        return .rows(rows)
    }
}
