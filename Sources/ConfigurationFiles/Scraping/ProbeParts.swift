import LinearRegex
import TocsinCore
import TocsinModel
import Yams

/// Reads the part of a probe that belongs to one prober, by blackbox_exporter's names.
struct ProbeParts {
    let reader: YAMLReader

    /// Read by the caller, because every prober has them.
    private static let family = ["preferred_ip_protocol", "ip_protocol_fallback"]

    private func fields(_ node: Node?, _ what: String, _ keys: [String]) -> [String: Node] {
        node.map { reader.fields($0, what, keys + Self.family) } ?? [:]
    }

    func http(_ node: Node?) -> HTTPProbe {
        let keys = [
            "valid_status_codes", "valid_http_versions", "method", "headers", "body", "fail_if_ssl", "fail_if_not_ssl",
            "fail_if_body_matches_regexp", "fail_if_body_not_matches_regexp", "fail_if_header_matches",
            "fail_if_header_not_matches", "body_size_limit", "no_follow_redirects",
        ]
        let fields = fields(node, "http", keys + HTTPClientReader.keys)
        let client = HTTPClientReader(reader: reader)
        var probe = HTTPProbe()
        probe.validStatusCodes = items(fields["valid_status_codes"], "valid_status_codes")
            .compactMap { reader.integer($0, "a status code") }
        probe.validVersions = items(fields["valid_http_versions"], "valid_http_versions")
            .compactMap { reader.text($0, "a version") }
        probe.method = fields["method"].flatMap { reader.text($0, "method") } ?? "GET"
        probe.headers = (fields["headers"].map { reader.texts($0, "headers") } ?? []).map { ($0.name, $0.text) }
        probe.body = fields["body"].flatMap { reader.text($0, "body") } ?? ""
        probe.failsIfTLS = client.flag(fields["fail_if_ssl"], "fail_if_ssl") ?? false
        probe.failsIfNotTLS = client.flag(fields["fail_if_not_ssl"], "fail_if_not_ssl") ?? false
        probe.failsIfBodyMatches = patterns(fields, "fail_if_body_matches_regexp")
        probe.failsUnlessBodyMatches = patterns(fields, "fail_if_body_not_matches_regexp")
        probe.failsIfHeaderMatches = headerPatterns(fields, "fail_if_header_matches")
        probe.failsUnlessHeaderMatches = headerPatterns(fields, "fail_if_header_not_matches")
        probe.client = client.options(fields)
        if client.flag(fields["no_follow_redirects"], "no_follow_redirects") == true {
            probe.client.followsRedirects = false
        }
        if let size = fields["body_size_limit"].flatMap({ reader.text($0, "body_size_limit") }).flatMap(Config.bytes) {
            probe.bodyLimit = size
        }
        return probe
    }

    func tcp(_ node: Node?) -> TCPProbe {
        let fields = fields(node, "tcp", ["query_response", "tls", "tls_config"])
        let client = HTTPClientReader(reader: reader)
        var probe = TCPProbe()
        probe.usesTLS = client.flag(fields["tls"], "tls") ?? false
        if let node = fields["tls_config"] { probe.tls = client.tls(node) }
        probe.exchanges = items(fields["query_response"], "query_response").map { item in
            let fields = reader.fields(item, "a step of query_response", ["expect", "send", "starttls"])
            var exchange = TCPProbe.Exchange()
            if let node = fields["expect"], let text = reader.text(node, "expect"), !text.isEmpty {
                // blackbox_exporter looks anywhere in the line.
                exchange.expect = Patterns.compile("(?s:.*?)(?:\(text))(?s:.*)", node, reader)
            }
            exchange.send = fields["send"].flatMap { reader.text($0, "send") } ?? ""
            exchange.startsTLS = client.flag(fields["starttls"], "starttls") ?? false
            return exchange
        }
        return probe
    }

    func dns(_ node: Node?, _ parent: Node) -> DNSProbe? {
        let fields = fields(
            node, "dns",
            [
                "query_name", "query_type", "transport_protocol", "valid_rcodes", "recursion_desired",
                "validate_answer_rrs", "validate_authority_rrs", "validate_additional_rrs",
            ])
        guard let name = fields["query_name"].flatMap({ reader.text($0, "query_name") }), !name.isEmpty else {
            reader.fault(node ?? parent, "query name must be set for DNS module")
            return nil
        }
        var probe = DNSProbe(name: name)
        if let node = fields["query_type"], let word = reader.text(node, "query_type") {
            if let type = DNSTypes.number(word) {
                probe.type = type
            } else {
                reader.fault(node, "query type \"\(word)\" is not known")
            }
        }
        switch fields["transport_protocol"].flatMap({ reader.text($0, "transport_protocol") }) ?? "udp" {
        case "udp": probe.overTCP = false
        case "tcp": probe.overTCP = true
        default: reader.fault(fields["transport_protocol"], "transport_protocol must be udp or tcp")
        }
        if let value = fields["recursion_desired"]?.bool { probe.recursionDesired = value }
        let codes = items(fields["valid_rcodes"], "valid_rcodes").compactMap { reader.text($0, "a code") }
        if !codes.isEmpty { probe.validCodes = codes.map { $0.uppercased() } }
        probe.answer = validation(fields["validate_answer_rrs"])
        probe.authority = validation(fields["validate_authority_rrs"])
        probe.additional = validation(fields["validate_additional_rrs"])
        return probe
    }

    func icmp(_ node: Node?) -> ICMPProbe {
        let fields = fields(node, "icmp", ["payload_size", "dont_fragment", "ttl"])
        var probe = ICMPProbe()
        if let size = fields["payload_size"].flatMap({ reader.integer($0, "payload_size") }), size > 0 {
            if size > 65_000 { reader.fault(fields["payload_size"], "payload_size must be at most 65000") }
            probe.payloadBytes = min(size, 65_000)
        }
        probe.dontFragment = fields["dont_fragment"]?.bool ?? false
        if let ttl = fields["ttl"].flatMap({ reader.integer($0, "ttl") }) {
            if !(0...255).contains(ttl) { reader.fault(fields["ttl"], "\"ttl\" cannot exceed 255") }
            probe.ttl = max(0, min(ttl, 255))
        }
        return probe
    }

    private func items(_ node: Node?, _ what: String) -> [Node] { node.map { reader.items($0, what) } ?? [] }

    /// Patterns that may match anywhere in a text.
    private func patterns(_ fields: [String: Node], _ name: String) -> [LinearRegex] {
        items(fields[name], name).compactMap { item in
            reader.text(item, name).flatMap { Patterns.compile("(?s:.*)(?:\($0))(?s:.*)", item, reader) }
        }
    }

    private func headerPatterns(_ fields: [String: Node], _ name: String) -> [HTTPProbe.HeaderPattern] {
        items(fields[name], name).compactMap { item in
            let fields = reader.fields(item, name, ["header", "regexp", "allow_missing"])
            guard let header = fields["header"].flatMap({ reader.text($0, "header") }), !header.isEmpty else {
                reader.fault(item, "header name must be set for HTTP header matchers")
                return nil
            }
            guard let node = fields["regexp"], let text = reader.text(node, "regexp"),
                let regex = Patterns.compile("(?s:.*)(?:\(text))(?s:.*)", node, reader)
            else {
                reader.fault(item, "regexp must be set for HTTP header matchers")
                return nil
            }
            return HTTPProbe.HeaderPattern(
                header: header, regex: regex, allowMissing: fields["allow_missing"]?.bool ?? false)
        }
    }

    private func validation(_ node: Node?) -> DNSProbe.Validation {
        guard let node else { return DNSProbe.Validation() }
        let fields = reader.fields(
            node, "a validation",
            [
                "fail_if_matches_regexp", "fail_if_all_match_regexp", "fail_if_not_matches_regexp",
                "fail_if_none_matches_regexp",
            ])
        var out = DNSProbe.Validation()
        out.failsIfMatches = patterns(fields, "fail_if_matches_regexp")
        out.failsIfAllMatch = patterns(fields, "fail_if_all_match_regexp")
        out.failsUnlessMatches = patterns(fields, "fail_if_not_matches_regexp")
        out.failsIfNoneMatches = patterns(fields, "fail_if_none_matches_regexp")
        return out
    }
}
