import TocsinModel

/// A secret as it was configured: written out, or in a file that is read at each use. It never appears in a description.
package enum Secret: Sendable, Equatable, CustomStringConvertible {
    case text(String)
    case file(path: String)

    package var description: String { "<secret>" }
}

/// How a client speaks HTTP: Prometheus' `http_config`.
package struct HTTPClientOptions: Sendable, Equatable {
    /// What proves who asks.
    package enum Proof: Sendable, Equatable {
        case none
        case basic(user: Secret, password: Secret)
        /// The `Authorization` header, such as `Bearer` and a token.
        case authorization(scheme: String, Secret)
    }

    /// Prometheus' `tls_config`. PEM texts or files.
    package struct TLS: Sendable, Equatable {
        package var authority: Secret?
        package var certificate: Secret?
        package var key: Secret?
        package var serverName: String?
        package var skipsVerification = false
        /// `TLS10` to `TLS13`; nil for what the library thinks right.
        package var least: Version?
        package var most: Version?

        package enum Version: String, Sendable, CaseIterable { case TLS10, TLS11, TLS12, TLS13 }

        package init() {}
    }

    package var proof: Proof = .none
    package var tls = TLS()
    package var followsRedirects = true
    package var proxy: String?
    package var headers: [(name: String, value: Secret)] = []

    package init() {}

    package static func == (a: HTTPClientOptions, b: HTTPClientOptions) -> Bool {
        a.proof == b.proof && a.tls == b.tls && a.followsRedirects == b.followsRedirects && a.proxy == b.proxy
            && a.headers.elementsEqual(b.headers) { $0 == $1 }
    }
}

/// Bounds of one scrape; 0 stands for none. A page beyond one of them counts as failed.
package struct ScrapeLimits: Sendable, Equatable {
    package var bodyBytes = 0
    package var samples = 0
    package var targets = 0
    package var labels = 0
    package var labelNameLength = 0
    package var labelValueLength = 0

    package init() {}
}

/// Where the targets of a job come from.
package enum Discovery: Sendable, Equatable {
    /// Written in the configuration.
    case fixed([TargetGroup])
    /// Files of target groups as JSON or YAML, watched for changes.
    case files(patterns: [String], refresh: Milliseconds)
    /// A JSON list of target groups from a web server.
    case http(url: String, refresh: Milliseconds, HTTPClientOptions)
    /// Names looked up in the DNS.
    case dns(names: [String], type: DNSRecordType, port: Int, refresh: Milliseconds)
}

/// The record types that can name targets.
package enum DNSRecordType: String, Sendable, CaseIterable {
    case a = "A"
    case aaaa = "AAAA"
    case srv = "SRV"
    case mx = "MX"
    case ns = "NS"
}

/// Targets that share labels.
package struct TargetGroup: Sendable, Equatable {
    /// Each with at least `__address__`.
    package var targets: [Labels]
    package var labels: Labels
    /// Where it comes from, unique among the groups of a job.
    package var source: String

    package init(targets: [Labels], labels: Labels = .none, source: String) {
        self.targets = targets
        self.labels = labels
        self.source = source
    }
}

/// One job of `scrape_configs`, or of `probes` when it has a module.
package struct ScrapeConfig: Sendable {
    package var job: String
    package var interval: Milliseconds = 60_000
    package var timeout: Milliseconds = 10_000
    package var scheme = "http"
    package var path = "/metrics"
    package var parameters: [(name: String, values: [String])] = []
    package var honorsLabels = false
    package var honorsTimestamps = true
    package var tracksTimestampStaleness = false
    package var compresses = true
    package var http = HTTPClientOptions()
    package var limits = ScrapeLimits()
    package var discovery: [Discovery] = []
    package var relabelling: [RelabelRule] = []
    package var metricRelabelling: [RelabelRule] = []
    /// The text it was made of, by which a changed job is known.
    package var source = ""
    /// How targets are probed instead of scraped.
    package var probe: ProbeModule?

    package init(job: String) { self.job = job }
}
