import TocsinCore
import TocsinModel

/// `http_sd_configs`: a web server that lists target groups as JSON.
struct HTTPFinder: Finder {
    let url: String
    let refresh: Milliseconds
    let options: HTTPClientOptions
    let parse: ScrapeManager.GroupParser

    private static let mostBytes = 64 << 20

    init(
        url: String, refresh: Milliseconds, _ options: HTTPClientOptions, parse: @escaping ScrapeManager.GroupParser
    ) {
        self.url = url
        self.refresh = refresh
        self.options = options
        self.parse = parse
    }

    func follow(_ tell: @Sendable (Result<[TargetGroup], FinderFailure>) async -> Void) async {
        var client: WebClient?
        while !Task.isCancelled {
            do {
                let asked = try client ?? WebClient(options, host: WebClient.host(of: url))
                client = asked
                await tell(.success(try await groups(asked)))
            } catch is CancellationError {
                return
            } catch { await tell(.failure(FinderFailure("\(url): \(WebWords.of(error))"))) }
            // A cancelled sleep ends the loop by its condition.
            try? await Task.sleep(for: .milliseconds(refresh))
        }
    }

    private func groups(_ client: WebClient) async throws -> [TargetGroup] {
        let answer = try await client.get(
            url,
            headers: [
                ("accept", "application/json"), ("user-agent", "Tocsin"),
                ("x-prometheus-refresh-interval-seconds", GoNumber.format(Double(refresh) / 1000)),
            ], compressed: true, milliseconds: min(refresh, 30_000), most: Self.mostBytes)
        guard answer.status == 200 else {
            throw Unusable("server returned HTTP status \(answer.status) \(answer.reason)")
        }
        guard answer.type.lowercased().hasPrefix("application/json") else {
            throw Unusable("unsupported content type \"\(answer.type)\"; application/json is expected")
        }
        return try parse(String(decoding: answer.body, as: UTF8.self), url).map { group in
            var group = group
            group.labels = group.labels.setting("__meta_url", url)
            return group
        }
    }
}
