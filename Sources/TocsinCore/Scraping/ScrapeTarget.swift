import PromQL
import TocsinModel

/// Something to scrape: where, how often, and what its series are labelled with.
package struct ScrapeTarget: Sendable, Equatable {
    /// What tells targets of a job apart: labels and address.
    package struct Identity: Sendable, Hashable, Comparable {
        package let labels: Labels
        package let url: String

        package static func < (a: Identity, b: Identity) -> Bool { (a.labels, a.url) < (b.labels, b.url) }
    }

    /// The labels of its series: those without two underscores in front.
    package var labels: Labels
    /// What discovery said, before relabelling.
    package var discovered: Labels
    package var scheme: String
    package var address: String
    package var path: String
    package var parameters: [(name: String, values: [String])]
    package var interval: Milliseconds
    package var timeout: Milliseconds

    package var identity: Identity { Identity(labels: labels, url: url) }

    package static func == (a: ScrapeTarget, b: ScrapeTarget) -> Bool {
        a.identity == b.identity && a.interval == b.interval && a.timeout == b.timeout
    }

    /// The whole address of the page.
    package var url: String {
        let query = parameters.flatMap { name, values in values.map { (name, $0) } }
            .map { "\(Self.escaped($0))=\(Self.escaped($1))" }.joined(separator: "&")
        return "\(scheme)://\(address)\(path)" + (query.isEmpty ? "" : (path.contains("?") ? "&" : "?") + query)
    }

    private static func escaped(_ text: String) -> String {
        text.utf8.reduce(into: "") { out, byte in
            let isPlain =
                (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || "-_.~".utf8.contains(byte)
            let hex = String(byte, radix: 16, uppercase: true)
            out += isPlain ? String(UnicodeScalar(byte)) : byte == 0x20 ? "+" : "%" + (byte < 16 ? "0" : "") + hex
        }
    }

    /// What became of something discovered.
    package enum Outcome: Sendable, Equatable {
        case target(ScrapeTarget)
        /// Relabelling dropped it.
        case dropped(Labels)
        /// It cannot be scraped, with the reason.
        case faulty(Labels, String)
    }

    /// Makes a target of what was discovered, as Prometheus does: the job's own labels first, then relabelling, then what
    /// begins with two underscores goes.
    package static func make(_ found: Labels, in group: Labels, of config: ScrapeConfig) -> Outcome {
        var all = group.merging(found)
        for (name, value) in [
            ("job", config.job), ("__scrape_interval__", DurationText.format(config.interval)),
            ("__scrape_timeout__", DurationText.format(config.timeout)), ("__metrics_path__", config.path),
            ("__scheme__", config.scheme),
        ] where all[name] == nil { all = all.setting(name, value) }
        for (name, values) in config.parameters {
            if let first = values.first { all = all.setting("__param_" + name, first) }
        }
        guard let relabelled = RelabelRule.apply(config.relabelling, to: all) else { return .dropped(all) }
        guard let address = relabelled["__address__"] else { return .faulty(all, "no address") }
        if address.contains("/"), config.probe == nil {
            return .faulty(all, "\"\(address)\" is not a valid hostname")
        }
        guard let interval = relabelled["__scrape_interval__"].flatMap(DurationText.parse), interval > 0 else {
            return .faulty(all, "error parsing scrape interval")
        }
        guard let timeout = relabelled["__scrape_timeout__"].flatMap(DurationText.parse), timeout > 0 else {
            return .faulty(all, "error parsing scrape timeout")
        }
        if timeout > interval {
            return .faulty(all, "scrape timeout cannot be greater than scrape interval")
        }
        var parameters = config.parameters
        for (name, value) in relabelled.pairs where name.hasPrefix("__param_") {
            let name = String(name.dropFirst(8))
            if let at = parameters.firstIndex(where: { $0.name == name }) {
                parameters[at].values = [value] + parameters[at].values.dropFirst()
            } else {
                parameters.append((name, [value]))
            }
        }
        let labels = Labels(relabelled.pairs.filter { !$0.name.hasPrefix("__") }.map { ($0.name, $0.value) })
        return .target(
            ScrapeTarget(
                labels: labels["instance"] == nil ? labels.setting("instance", address) : labels, discovered: all,
                scheme: relabelled["__scheme__"] ?? config.scheme, address: address,
                path: relabelled["__metrics_path__"] ?? config.path,
                parameters: parameters.sorted { $0.name < $1.name }, interval: interval, timeout: timeout))
    }
}

extension ScrapeTarget {
    /// The labels of a series of this target, or nil when a rule drops it.
    ///
    /// A label that both the page and the target have stays the target's, and the page's becomes `exported_` that; with
    /// `honor_labels` the page's stays.
    ///
    /// - Parameter empty: labels that the page writes with an empty value: with `honor_labels` they take the target's
    ///   away.
    package func labelling(_ exposed: Labels, empty: [String] = [], _ config: ScrapeConfig) -> Labels? {
        RelabelRule.apply(config.metricRelabelling, to: joined(exposed, empty, honors: config.honorsLabels))
    }

    /// The labels of one of our own series about this target, such as `up`.
    package func reporting(_ name: String) -> Labels { labels.setting("__name__", name) }

    private func joined(_ exposed: Labels, _ empty: [String], honors: Bool) -> Labels {
        if honors { return (empty.isEmpty ? labels : labels.dropping(Set(empty))).merging(exposed) }
        var out = exposed.merging(labels)
        for (name, value) in exposed.pairs where labels[name] != nil && name != "__name__" {
            var renamed = "exported_" + name
            while out[renamed] != nil || empty.contains(renamed) { renamed = "exported_" + renamed }
            out = out.setting(renamed, value)
        }
        return out
    }
}
