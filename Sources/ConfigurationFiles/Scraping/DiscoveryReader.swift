import TocsinCore
import TocsinModel
import Yams

/// Reads the ways to find targets.
struct DiscoveryReader {
    let reader: YAMLReader

    static let keys = ["static_configs", "file_sd_configs", "http_sd_configs", "dns_sd_configs"]
    /// Ways of Prometheus that need a client of their own each.
    static let foreign = [
        "azure_sd_configs", "consul_sd_configs", "digitalocean_sd_configs", "docker_sd_configs",
        "dockerswarm_sd_configs", "ec2_sd_configs", "eureka_sd_configs", "gce_sd_configs", "hetzner_sd_configs",
        "ionos_sd_configs", "kubernetes_sd_configs", "kuma_sd_configs", "lightsail_sd_configs", "linode_sd_configs",
        "marathon_sd_configs", "nerve_sd_configs", "nomad_sd_configs", "openstack_sd_configs",
        "ovhcloud_sd_configs", "puppetdb_sd_configs", "scaleway_sd_configs", "serverset_sd_configs",
        "triton_sd_configs", "uyuni_sd_configs", "vultr_sd_configs",
    ]

    func discovery(_ fields: [String: Node]) -> [Discovery] {
        for name in Self.foreign {
            if let node = fields[name] {
                reader.fault(
                    node, "\(name) is not supported; file_sd_configs and http_sd_configs can carry its targets")
            }
        }
        var all: [Discovery] = []
        if let node = fields["static_configs"] {
            all.append(.fixed(TargetGroupFile.read(node, source: "static", reader)))
        }
        all += items(fields["file_sd_configs"], "file_sd_configs").compactMap(files)
        all += items(fields["http_sd_configs"], "http_sd_configs").compactMap(http)
        all += items(fields["dns_sd_configs"], "dns_sd_configs").compactMap(dns)
        return all
    }

    private func items(_ node: Node?, _ what: String) -> [Node] { node.map { reader.items($0, what) } ?? [] }

    private func refresh(_ node: Node?, _ usual: Milliseconds) -> Milliseconds {
        guard let node, let value = RuleFile.duration(node, "refresh_interval", reader) else { return usual }
        if value >= 1000 { return value }
        reader.fault(node, "refresh_interval must be at least 1s")
        return usual
    }

    private func files(_ node: Node) -> Discovery? {
        let fields = reader.fields(node, "file_sd_configs", ["files", "refresh_interval"])
        let patterns = items(fields["files"], "files").compactMap { item -> String? in
            guard let path = reader.text(item, "a file") else { return nil }
            guard [".json", ".yml", ".yaml"].contains(where: { path.hasSuffix($0) }),
                !(path.split(separator: "/").dropLast().contains { $0.contains("*") })
            else {
                reader.fault(item, "path name \"\(path)\" is not valid for file discovery: *.json, *.yml or *.yaml")
                return nil
            }
            return reader.resolved(path)
        }
        if patterns.isEmpty { reader.fault(node, "file service discovery config must contain at least one path name") }
        return .files(patterns: patterns, refresh: refresh(fields["refresh_interval"], 300_000))
    }

    private func http(_ node: Node) -> Discovery? {
        let client = HTTPClientReader(reader: reader)
        let fields = reader.fields(node, "http_sd_configs", ["url", "refresh_interval"] + HTTPClientReader.keys)
        guard let url = fields["url"].flatMap({ reader.text($0, "url") }), !url.isEmpty else {
            reader.fault(node, "URL is missing")
            return nil
        }
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
            reader.fault(fields["url"], "URL scheme must be 'http' or 'https'")
            return nil
        }
        return .http(url: url, refresh: refresh(fields["refresh_interval"], 60_000), client.options(fields))
    }

    private func dns(_ node: Node) -> Discovery? {
        let fields = reader.fields(node, "dns_sd_configs", ["names", "type", "port", "refresh_interval"])
        let names = items(fields["names"], "names").compactMap { reader.text($0, "a name") }
        if names.isEmpty { reader.fault(node, "DNS-SD config must contain at least one SRV record name") }
        let word = fields["type"].flatMap { reader.text($0, "type") }?.uppercased() ?? "SRV"
        guard let type = DNSRecordType(rawValue: word) else {
            reader.fault(fields["type"], "invalid DNS-SD records type \(word); there are SRV, A, AAAA, MX and NS")
            return nil
        }
        let port = fields["port"].flatMap { reader.integer($0, "port") } ?? 0
        if port == 0, type != .srv {
            reader.fault(node, "a port is required in DNS-SD configs for all record types except SRV")
        }
        return .dns(names: names, type: type, port: port, refresh: refresh(fields["refresh_interval"], 30_000))
    }
}
