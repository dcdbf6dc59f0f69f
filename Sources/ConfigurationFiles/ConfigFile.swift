import PromQL
import TocsinCore
import TocsinModel
import Yams

/// What `tocsin.yaml` says; everything has a default, so no file is needed.
package struct Config: Sendable {
    /// Drawn before the host's name on every screen.
    package var environment = ""
    /// The collection period in milliseconds.
    package var interval: Milliseconds = 1000
    /// How often rules are evaluated whose group states no interval.
    package var evaluationInterval: Milliseconds = 5000
    /// Rule files, in place of the default rules when not empty. Relative to the configuration file's folder.
    package var ruleFiles: [String] = []
    /// Evaluate the default rules beside the user's.
    package var defaultRules = true
    package var retention: Milliseconds = 3_600_000
    package var storeBytes = 64 << 20
    /// How long samples are kept on disk; 0 keeps none.
    package var history: Milliseconds = 15 * 86_400_000
    package var historyBytes = 1 << 30
    /// The most series of one source.
    package var seriesPerSource = 50_000
    /// The folder of the journal; nil for the usual place.
    package var stateFolder: String?
    /// A theme's name or file; nil for the terminal's.
    package var theme: String?
    package var services: [ServicesFile.Entry] = []
    package var api = APISection()
    /// Jobs that are scraped, and those that are probed.
    package var scraping: [ScrapeConfig] = []
    package var logs: [LogWatchSpec] = []
    /// Detectors beside the default ones.
    package var anomalies: [AnomalySpec] = []

    package init() {}

    private static let sections = [
        "environment", "collect", "rule_files", "default_rules", "services", "storage", "ui", "api", "global",
        "scrape_configs", "probes", "logs", "anomalies",
    ]

    /// Reads a file's text, or all of its faults.
    package static func read(_ text: String, file: String) throws(Faults) -> Config {
        let reader = YAMLReader(file: file)
        var config = Config()
        if let root = reader.root(text), !YAMLReader.isNull(root) {
            let fields = reader.fields(root, "the configuration", sections)
            if let node = fields["environment"] { config.environment = reader.text(node, "environment") ?? "" }
            if let node = fields["rule_files"] {
                config.ruleFiles = reader.items(node, "rule_files").compactMap { reader.text($0, "a rule file") }
            }
            if let node = fields["default_rules"] { config.defaultRules = flag(node, "default_rules", reader) }
            if let node = fields["services"] {
                config.services = ServicesFile.read(node, config.environment, reader)
            }
            if let node = fields["api"] { config.api = APISection.read(node, reader) }
            if let node = fields["collect"] { config.readCollect(node, reader) }
            config.readScraping(fields, reader)
            if let node = fields["logs"] { config.logs = LogReader(reader: reader).logs(node) }
            if let node = fields["anomalies"] { config.anomalies = AnomalyReader(reader: reader).specs(node) }
            if let node = fields["storage"] { config.readStorage(node, reader) }
            if let node = fields["ui"] {
                config.theme = reader.fields(node, "ui", ["theme"])["theme"].flatMap { reader.text($0, "theme") }
            }
        }
        if !reader.faults.isEmpty {
            throw Faults(reader.faults.sorted { ($0.line, $0.column) < ($1.line, $1.column) })
        }
        return config
    }

    private static func flag(_ node: Node, _ what: String, _ reader: YAMLReader) -> Bool {
        if let value = node.bool { return value }
        reader.fault(node, "\(what) must be true or false")
        return true
    }

    private mutating func readCollect(_ node: Node, _ reader: YAMLReader) {
        let fields = reader.fields(node, "collect", ["interval", "evaluation_interval"])
        if let node = fields["interval"], let interval = RuleFile.duration(node, "collect.interval", reader) {
            if (200...60_000).contains(interval) {
                self.interval = interval
            } else {
                reader.fault(node, "collect.interval must be between 200ms and 1m")
            }
        }
        if let node = fields["evaluation_interval"] { readEvaluation(node, "collect.evaluation_interval", reader) }
    }

    /// Prometheus' `global`, `scrape_configs`, and our `probes`.
    private mutating func readScraping(_ fields: [String: Node], _ reader: YAMLReader) {
        var scraping = ScrapeReader(reader: reader)
        if let node = fields["global"] {
            let global = reader.fields(node, "global", ["evaluation_interval"] + ScrapeReader.globalKeys)
            scraping.readTimes(global, node, &scraping.usual)
            scraping.usual.limits = scraping.limits(global, ScrapeLimits())
            scraping.usual.source = reader.source(of: node)
            if let node = global["evaluation_interval"] { readEvaluation(node, "global.evaluation_interval", reader) }
        }
        if let node = fields["scrape_configs"] { self.scraping += scraping.jobs(node) }
        if let node = fields["probes"] {
            self.scraping += ProbeReader(reader: reader, usual: scraping.usual).jobs(node, taken: self.scraping)
        }
    }

    private mutating func readEvaluation(_ node: Node, _ what: String, _ reader: YAMLReader) {
        guard let interval = RuleFile.duration(node, what, reader) else { return }
        if interval >= 1000 {
            evaluationInterval = interval
        } else {
            reader.fault(node, "\(what) must be at least 1s")
        }
    }

    private mutating func readStorage(_ node: Node, _ reader: YAMLReader) {
        let fields = reader.fields(
            node, "storage", ["retention", "memory", "path", "history", "history_size", "series_per_source"])
        if let node = fields["retention"], let retention = RuleFile.duration(node, "storage.retention", reader) {
            if retention >= 60_000 {
                self.retention = retention
            } else {
                reader.fault(node, "storage.retention must be at least 1m")
            }
        }
        if let size = fields["memory"].flatMap({ Self.size($0, "storage.memory", reader) }) { storeBytes = size }
        if let size = fields["history_size"].flatMap({ Self.size($0, "storage.history_size", reader) }) {
            historyBytes = size
        }
        if let node = fields["history"], let history = RuleFile.duration(node, "storage.history", reader) {
            self.history = history
        }
        if let node = fields["series_per_source"], let count = reader.integer(node, "storage.series_per_source") {
            if count > 0 {
                seriesPerSource = count
            } else {
                reader.fault(node, "storage.series_per_source must be greater than 0")
            }
        }
        if let node = fields["path"] { stateFolder = reader.text(node, "storage.path") }
    }

    private static func size(_ node: Node, _ what: String, _ reader: YAMLReader) -> Int? {
        guard let text = reader.text(node, what) else { return nil }
        if let bytes = bytes(text), bytes >= 1 << 20 { return bytes }
        reader.fault(node, "\(what) must be a size of at least 1MiB, such as 64MiB")
        return nil
    }

    /// `64MiB`, `2GiB`, or a number of bytes.
    static func bytes(_ text: String) -> Int? {
        let units: [(String, Int)] = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("B", 1)]
        for (unit, size) in units where text.hasSuffix(unit) {
            guard let count = Int(text.dropLast(unit.count).filter { $0 != " " }) else { return nil }
            let (bytes, overflow) = count.multipliedReportingOverflow(by: size)
            return overflow ? nil : bytes
        }
        return Int(text)
    }
}
