import Exposition
import Synchronization
import TocsinCore
import TocsinModel

/// Where the pages of a job come from: fetched, or written by a probe.
protocol PageSource: Sendable {
    /// One page of a target.
    ///
    /// - Throws: whatever kept it from coming; ``WebWords`` puts it into a sentence.
    func page(of target: ScrapeTarget) async throws -> (bytes: [UInt8], format: ExpositionReader.Format)
}

/// The page of an exporter, over HTTP.
final class ExporterPages: PageSource {
    private let config: ScrapeConfig
    /// By host where the certificate bears another name, else one for all.
    private let clients = Mutex<[String: WebClient]>([:])

    /// More than any exporter has; a page that does not end must not fill the memory.
    private static let mostBytes = 256 << 20
    private static let accepted =
        "application/openmetrics-text;version=1.0.0;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"

    init(_ config: ScrapeConfig) { self.config = config }

    func page(of target: ScrapeTarget) async throws -> (bytes: [UInt8], format: ExpositionReader.Format) {
        let client = try client(for: target)
        let seconds = Double(target.timeout) / 1000
        let answer = try await client.get(
            target.url,
            headers: [
                ("accept", Self.accepted), ("user-agent", "Tocsin"),
                ("x-prometheus-scrape-timeout-seconds", GoNumber.format(seconds)),
            ], compressed: config.compresses, milliseconds: target.timeout,
            most: config.limits.bodyBytes > 0 ? config.limits.bodyBytes : Self.mostBytes)
        guard answer.status == 200 else {
            throw Unusable("server returned HTTP status \(answer.status) \(answer.reason)")
        }
        return (answer.body, answer.type.hasPrefix("application/openmetrics-text") ? .openMetrics : .prometheus)
    }

    private func client(for target: ScrapeTarget) throws -> WebClient {
        let host = config.http.tls.serverName == nil ? "" : WebClient.host(of: target.url)
        if let known = clients.withLock({ $0[host] }) { return known }
        let made = try WebClient(config.http, host: host)
        clients.withLock { $0[host] = made }
        return made
    }
}
