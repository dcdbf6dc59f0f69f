import TocsinCore
import TocsinModel
import Yams

/// Reads `probes`: jobs like those of `scrape_configs` whose targets are probed, each with one of blackbox_exporter's
/// modules.
struct ProbeReader {
    let reader: YAMLReader
    let usual: ScrapeConfig

    private static let probers = ["http", "tcp", "dns", "icmp"]
    private static let keys =
        ["job_name", "scrape_interval", "scrape_timeout", "prober", "timeout", "relabel_configs"] + probers
        + DiscoveryReader.keys

    func jobs(_ node: Node, taken: [ScrapeConfig]) -> [ScrapeConfig] {
        var names = Set(taken.map(\.job))
        return reader.items(node, "probes").compactMap { node in
            guard let job = job(node) else { return nil }
            if !names.insert(job.job).inserted {
                reader.fault(node, "found multiple jobs with job name \"\(job.job)\"")
            }
            return job
        }
    }

    private func job(_ node: Node) -> ScrapeConfig? {
        var fields = reader.fields(node, "a probe", Self.keys)
        guard let name = fields["job_name"].flatMap({ reader.text($0, "job_name") }), !name.isEmpty else {
            reader.fault(node, "job_name is empty")
            return nil
        }
        if fields["scrape_timeout"] == nil { fields["scrape_timeout"] = fields["timeout"] }
        var config = usual
        config.job = name
        config.source = reader.source(of: node) + usual.source
        ScrapeReader(reader: reader).readTimes(fields, node, &config)
        config.discovery = DiscoveryReader(reader: reader).discovery(fields)
        config.relabelling = RelabelReader(reader: reader).rules(fields["relabel_configs"], "relabel_configs")
        config.probe = module(node, fields)
        return config.probe == nil ? nil : config
    }

    private func module(_ node: Node, _ fields: [String: Node]) -> ProbeModule? {
        let word = fields["prober"].flatMap { reader.text($0, "prober") } ?? ""
        guard Self.probers.contains(word) else {
            reader.fault(fields["prober"] ?? node, "prober must be one of \(Self.probers.joined(separator: ", "))")
            return nil
        }
        for other in Self.probers where other != word {
            if let node = fields[other] { reader.fault(node, "\(other) has no meaning where the prober is \(word)") }
        }
        let own = fields[word]
        let parts = ProbeParts(reader: reader)
        var module: ProbeModule
        switch word {
        case "http": module = ProbeModule(.http(parts.http(own)))
        case "tcp": module = ProbeModule(.tcp(parts.tcp(own)))
        case "dns":
            guard let probe = parts.dns(own, node) else { return nil }
            module = ProbeModule(.dns(probe))
        default: module = ProbeModule(.icmp(parts.icmp(own)))
        }
        readFamily(own, &module)
        return module
    }

    private func readFamily(_ node: Node?, _ module: inout ProbeModule) {
        guard case .mapping(let mapping)? = node else { return }
        for (key, value) in mapping {
            switch key.string {
            case "preferred_ip_protocol":
                if let family = ProbeModule.AddressFamily(rawValue: value.string ?? "") {
                    module.prefers = family
                } else {
                    reader.fault(value, "preferred_ip_protocol must be ip4 or ip6")
                }
            case "ip_protocol_fallback": module.fallsBack = value.bool ?? true
            default: break
            }
        }
    }
}
