import FoundationEssentials
import LinearRegex
import NIOHTTP1
import TocsinCore
import TocsinModel

/// `prober: http`: one request, redirects followed, and everything that is asked of the answer.
struct HTTPProber: Sendable {
    let probe: HTTPProbe
    let module: ProbeModule

    private static let mostRedirects = 10

    init(_ probe: HTTPProbe, _ module: ProbeModule) {
        self.probe = probe
        self.module = module
    }

    func probe(_ target: String, _ notes: ProbeNotes) async throws {
        var url = try WebAddress(target)
        var phases: [String: Double] = [:]
        var redirects = 0
        while true {
            let clock = ContinuousClock()
            let start = clock.now
            let address = try await ProbeAddress.find(url.host, url.port, module, redirects == 0 ? notes : ProbeNotes())
            phases["resolve", default: 0] += start.duration(to: clock.now) / .seconds(1)
            let exchange = HTTPExchange(
                url: url, method: probe.method, headers: try headers(), body: probe.body, options: probe.client,
                bodyLimit: probe.bodyLimit)
            let answer = try await exchange.run(at: address, notes)
            for (phase, seconds) in answer.seconds { phases[phase, default: 0] += seconds }
            let code = Int(answer.head.status.code)
            if (301...303).contains(code) || code == 307 || code == 308, probe.client.followsRedirects,
                redirects < Self.mostRedirects, let location = answer.head.headers.first(name: "location")
            {
                redirects += 1
                url = try url.following(location)
                continue
            }
            note(answer, redirects, phases, notes)
            return
        }
    }

    private func headers() throws -> [(name: String, value: String)] {
        var headers = probe.headers
        switch probe.client.proof {
        case .none: break
        case .basic(let user, let password):
            let text = Data("\(try user.read()):\(try password.read())".utf8).base64EncodedString()
            headers.append(("authorization", "Basic \(text)"))
        case .authorization(let scheme, let credentials):
            headers.append(("authorization", "\(scheme) \(try credentials.read())"))
        }
        for (name, value) in probe.client.headers { headers.append((name, try value.read())) }
        return headers
    }

    private func note(
        _ answer: HTTPExchange.Answer, _ redirects: Int, _ phases: [String: Double], _ notes: ProbeNotes
    ) {
        let body = String(decoding: answer.body, as: UTF8.self)
        let failsByPattern = failsByPattern(answer.head.headers, body)
        let success = isSuccess(answer) && !failsByPattern
        let (head, length) = (answer.head, answer.body.count)
        let isSecure = answer.isSecure
        notes.note { report in
            for (phase, seconds) in phases {
                report.set(
                    "http_duration_seconds", "Duration of http request by phase, summed over all redirects", seconds,
                    ["phase": phase])
            }
            report.set("http_redirects", "The number of redirects", Double(redirects))
            report.set("http_status_code", "Response HTTP status code", Double(head.status.code))
            let declared = head.headers.first(name: "content-length").flatMap(Double.init) ?? -1
            report.set("http_content_length", "Length of http content response", declared)
            report.set(
                "http_uncompressed_body_length", "Length of uncompressed response body", Double(length))
            report.set(
                "http_version", "Returns the version of HTTP of the probe response",
                Double(head.version.major) + Double(head.version.minor) / 10)
            report.set("http_ssl", "Indicates if SSL was used for the final redirect", isSecure)
            report.set("failed_due_to_regex", "Indicates if probe failed due to regex", failsByPattern)
            report.isSuccess = success
        }
    }

    private func isSuccess(_ answer: HTTPExchange.Answer) -> Bool {
        let code = Int(answer.head.status.code)
        let codes = probe.validStatusCodes
        guard codes.isEmpty ? (200..<300).contains(code) : codes.contains(code) else { return false }
        let version = "HTTP/\(answer.head.version.major).\(answer.head.version.minor)"
        if !probe.validVersions.isEmpty, !probe.validVersions.contains(version) { return false }
        if answer.isSecure && probe.failsIfTLS || !answer.isSecure && probe.failsIfNotTLS { return false }
        return !answer.isCut
    }

    private func failsByPattern(_ headers: HTTPHeaders, _ body: String) -> Bool {
        if probe.failsIfBodyMatches.contains(where: { $0.matches(body) }) { return true }
        if probe.failsUnlessBodyMatches.contains(where: { !$0.matches(body) }) { return true }
        for pattern in probe.failsIfHeaderMatches {
            let values = headers[pattern.header]
            if values.isEmpty ? !pattern.allowMissing : values.contains(where: { pattern.regex.matches($0) }) {
                return true
            }
        }
        for pattern in probe.failsUnlessHeaderMatches {
            let values = headers[pattern.header]
            if values.isEmpty ? !pattern.allowMissing : !values.contains(where: { pattern.regex.matches($0) }) {
                return true
            }
        }
        return false
    }
}
