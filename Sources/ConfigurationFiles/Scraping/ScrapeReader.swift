import TocsinCore
import TocsinModel
import Yams

/// Reads `scrape_configs` in Prometheus' shape.
struct ScrapeReader {
    let reader: YAMLReader
    /// What jobs begin with, from `global`.
    var usual = ScrapeConfig(job: "")

    /// What `global` may say for all jobs.
    static let globalKeys = ["scrape_interval", "scrape_timeout"] + limitKeys
    private static let limitKeys = [
        "body_size_limit", "sample_limit", "target_limit", "label_limit", "label_name_length_limit",
        "label_value_length_limit",
    ]

    private static let keys = [
        "job_name", "scrape_interval", "scrape_timeout", "scheme", "metrics_path", "params", "honor_labels",
        "honor_timestamps", "track_timestamps_staleness", "enable_compression", "relabel_configs",
        "metric_relabel_configs",
    ]
    /// Keys of Prometheus that change nothing here: both text formats are always asked for, and histograms are classic.
    private static let without = [
        "scrape_protocols", "fallback_scrape_protocol", "scrape_classic_histograms", "always_scrape_classic_histograms",
        "keep_dropped_targets", "metric_name_validation_scheme", "native_histogram_bucket_limit",
        "native_histogram_min_bucket_factor",
    ]

    func jobs(_ node: Node) -> [ScrapeConfig] {
        var names: Set<String> = []
        return reader.items(node, "scrape_configs").compactMap { node in
            guard let job = job(node) else { return nil }
            if !names.insert(job.job).inserted {
                reader.fault(node, "found multiple scrape configs with job name \"\(job.job)\"")
            }
            return job
        }
    }

    private func job(_ node: Node) -> ScrapeConfig? {
        let known =
            Self.keys + Self.limitKeys + Self.without + HTTPClientReader.keys + DiscoveryReader.keys
            + DiscoveryReader.foreign
        let fields = reader.fields(node, "a scrape config", known)
        guard let name = fields["job_name"].flatMap({ reader.text($0, "job_name") }), !name.isEmpty else {
            reader.fault(node, "job_name is empty")
            return nil
        }
        var config = usual
        config.job = name
        config.source = reader.source(of: node) + usual.source
        readTimes(fields, node, &config)
        readShape(fields, &config)
        config.limits = limits(fields, usual.limits)
        config.http = HTTPClientReader(reader: reader).options(fields)
        config.discovery = DiscoveryReader(reader: reader).discovery(fields)
        let relabelling = RelabelReader(reader: reader)
        config.relabelling = relabelling.rules(fields["relabel_configs"], "relabel_configs")
        config.metricRelabelling = relabelling.rules(fields["metric_relabel_configs"], "metric_relabel_configs")
        return config
    }

    func readTimes(_ fields: [String: Node], _ node: Node, _ config: inout ScrapeConfig) {
        let interval = fields["scrape_interval"].flatMap { RuleFile.duration($0, "scrape_interval", reader) }
        let timeout = fields["scrape_timeout"].flatMap { RuleFile.duration($0, "scrape_timeout", reader) }
        if let interval {
            if interval >= 100 {
                config.interval = interval
            } else {
                reader.fault(fields["scrape_interval"], "scrape_interval must be at least 100ms")
            }
        }
        // A usual timeout longer than the interval is cut to it; one that was written is a mistake.
        config.timeout = timeout ?? min(config.timeout, config.interval)
        if config.timeout > config.interval {
            reader.fault(fields["scrape_timeout"], "scrape timeout greater than scrape interval for \(config.job)")
        }
    }

    private func readShape(_ fields: [String: Node], _ config: inout ScrapeConfig) {
        let client = HTTPClientReader(reader: reader)
        if let node = fields["scheme"], let scheme = reader.text(node, "scheme") {
            if !["http", "https"].contains(scheme) { reader.fault(node, "scheme must be http or https") }
            config.scheme = scheme
        }
        if let path = fields["metrics_path"].flatMap({ reader.text($0, "metrics_path") }) {
            config.path = path.hasPrefix("/") ? path : "/" + path
        }
        config.honorsLabels = client.flag(fields["honor_labels"], "honor_labels") ?? false
        config.honorsTimestamps = client.flag(fields["honor_timestamps"], "honor_timestamps") ?? true
        config.tracksTimestampStaleness =
            client.flag(fields["track_timestamps_staleness"], "track_timestamps_staleness") ?? false
        config.compresses = client.flag(fields["enable_compression"], "enable_compression") ?? true
        guard let node = fields["params"], !YAMLReader.isNull(node) else { return }
        guard case .mapping(let mapping) = node else {
            reader.fault(node, "params must be a mapping of names to lists")
            return
        }
        for (key, values) in mapping {
            guard let name = key.string else { continue }
            config.parameters.append(
                (name, reader.items(values, "params").compactMap { reader.text($0, "a parameter") }))
        }
        config.parameters.sort { $0.name < $1.name }
    }

    func limits(_ fields: [String: Node], _ usual: ScrapeLimits) -> ScrapeLimits {
        var limits = usual
        for (name, path) in [
            ("sample_limit", \ScrapeLimits.samples), ("target_limit", \.targets), ("label_limit", \.labels),
            ("label_name_length_limit", \.labelNameLength), ("label_value_length_limit", \.labelValueLength),
        ] {
            guard let node = fields[name], let number = reader.integer(node, name) else { continue }
            if number < 0 { reader.fault(node, "\(name) must not be negative") }
            limits[keyPath: path] = number
        }
        if let node = fields["body_size_limit"], let text = reader.text(node, "body_size_limit"), !text.isEmpty {
            if let bytes = Config.bytes(text) ?? Self.decimalBytes(text) {
                limits.bodyBytes = bytes
            } else {
                reader.fault(node, "body_size_limit must be a size such as 10MB")
            }
        }
        return limits
    }

    /// Prometheus reads `10MB` as 10·2²⁰ bytes too.
    private static func decimalBytes(_ text: String) -> Int? {
        for (unit, size) in [("KB", 1 << 10), ("MB", 1 << 20), ("GB", 1 << 30)] where text.hasSuffix(unit) {
            return Int(text.dropLast(2)).flatMap { $0.multipliedReportingOverflow(by: size).overflow ? nil : $0 * size }
        }
        return nil
    }
}
