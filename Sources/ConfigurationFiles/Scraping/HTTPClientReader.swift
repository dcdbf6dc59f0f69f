import TocsinCore
import Yams

/// Reads what Prometheus calls `http_config`: the keys that say how a client speaks HTTP.
struct HTTPClientReader {
    let reader: YAMLReader

    static let keys = [
        "basic_auth", "authorization", "bearer_token", "bearer_token_file", "tls_config", "follow_redirects",
        "enable_http2", "proxy_url", "http_headers", "oauth2", "proxy_from_environment", "no_proxy",
    ]

    func options(_ fields: [String: Node]) -> HTTPClientOptions {
        var options = HTTPClientOptions()
        options.followsRedirects = flag(fields["follow_redirects"], "follow_redirects") ?? true
        if let node = fields["proxy_url"], let text = reader.text(node, "proxy_url"), !text.isEmpty {
            if !text.hasPrefix("http://") { reader.fault(node, "proxy_url must begin with http://") }
            options.proxy = text
        }
        for name in ["oauth2", "proxy_from_environment", "no_proxy"] {
            if let node = fields[name], !YAMLReader.isNull(node), node.bool != false {
                reader.fault(node, "\(name) is not supported; authorization with credentials_file is")
            }
        }
        if let node = fields["tls_config"] { options.tls = tls(node) }
        options.headers = fields["http_headers"].map(headers) ?? []
        options.proof = proof(fields)
        return options
    }

    func flag(_ node: Node?, _ what: String) -> Bool? {
        guard let node, !YAMLReader.isNull(node) else { return nil }
        if let value = node.bool { return value }
        reader.fault(node, "\(what) must be true or false")
        return nil
    }

    private func proof(_ fields: [String: Node]) -> HTTPClientOptions.Proof {
        let ways = ["basic_auth", "authorization", "bearer_token", "bearer_token_file"].filter { fields[$0] != nil }
        if ways.count > 1 {
            reader.fault(
                fields[ways[1]], "at most one of basic_auth, authorization, bearer_token and bearer_token_file")
            return .none
        }
        switch ways.first {
        case "basic_auth": return basic(fields["basic_auth"])
        case "authorization": return authorization(fields["authorization"])
        case "bearer_token": return secret(fields, "bearer_token").map { .authorization(scheme: "Bearer", $0) } ?? .none
        case "bearer_token_file":
            return secret(fields, "bearer_token").map { .authorization(scheme: "Bearer", $0) } ?? .none
        default: return .none
        }
    }

    private func basic(_ node: Node?) -> HTTPClientOptions.Proof {
        guard let node else { return .none }
        let fields = reader.fields(
            node, "basic_auth", ["username", "username_file", "password", "password_file"])
        return .basic(
            user: secret(fields, "username") ?? .text(""), password: secret(fields, "password") ?? .text(""))
    }

    private func authorization(_ node: Node?) -> HTTPClientOptions.Proof {
        guard let node else { return .none }
        let fields = reader.fields(node, "authorization", ["type", "credentials", "credentials_file"])
        let scheme = fields["type"].flatMap { reader.text($0, "type") }.map { $0.isEmpty ? "Bearer" : $0 } ?? "Bearer"
        if scheme.lowercased() == "basic" {
            reader.fault(fields["type"], "authorization type cannot be set to \"basic\", use \"basic_auth\" instead")
        }
        guard let credentials = secret(fields, "credentials") else { return .none }
        return .authorization(scheme: scheme, credentials)
    }

    /// A secret written out below a name, or a file below that name with `_file`.
    private func secret(_ fields: [String: Node], _ name: String) -> Secret? {
        if let node = fields[name], let file = fields[name + "_file"] {
            reader.fault(file, "at most one of \(name) and \(name)_file must be configured")
            return reader.text(node, name).map { .text($0) }
        }
        if let node = fields[name] { return reader.text(node, name).map { .text($0) } }
        guard let node = fields[name + "_file"], let path = reader.text(node, name + "_file") else { return nil }
        return .file(path: reader.resolved(path))
    }

    func tls(_ node: Node) -> HTTPClientOptions.TLS {
        let fields = reader.fields(
            node, "tls_config",
            [
                "ca", "ca_file", "cert", "cert_file", "key", "key_file", "server_name", "insecure_skip_verify",
                "min_version", "max_version",
            ])
        var tls = HTTPClientOptions.TLS()
        tls.authority = secret(fields, "ca")
        tls.certificate = secret(fields, "cert")
        tls.key = secret(fields, "key")
        if (tls.certificate == nil) != (tls.key == nil) {
            reader.fault(
                node,
                "exactly one of key or key_file must be configured when a client certificate is, and so the other way round"
            )
        }
        tls.serverName = fields["server_name"].flatMap { reader.text($0, "server_name") }
        tls.skipsVerification = flag(fields["insecure_skip_verify"], "insecure_skip_verify") ?? false
        tls.least = version(fields["min_version"], "min_version")
        tls.most = version(fields["max_version"], "max_version")
        return tls
    }

    private func version(_ node: Node?, _ what: String) -> HTTPClientOptions.TLS.Version? {
        guard let node, let word = reader.text(node, what) else { return nil }
        if let version = HTTPClientOptions.TLS.Version(rawValue: word) { return version }
        reader.fault(node, "unknown TLS version: \(word); there are TLS10, TLS11, TLS12 and TLS13")
        return nil
    }

    private func headers(_ node: Node) -> [(name: String, value: Secret)] {
        guard case .mapping(let mapping) = node else {
            reader.fault(node, "http_headers must be a mapping")
            return []
        }
        var out: [(name: String, value: Secret)] = []
        for (key, value) in mapping {
            guard let name = key.string else { continue }
            let fields = reader.fields(value, "a header", ["values", "secrets", "files"])
            for word in ["values", "secrets"] {
                for item in fields[word].map({ reader.items($0, word) }) ?? [] {
                    if let text = reader.text(item, word) { out.append((name, .text(text))) }
                }
            }
            for item in fields["files"].map({ reader.items($0, "files") }) ?? [] {
                if let path = reader.text(item, "files") { out.append((name, .file(path: reader.resolved(path)))) }
            }
        }
        return out
    }
}

extension YAMLReader {
    /// The text of a part of the file, with aliases and merge keys carried out; equal for parts that mean the same.
    func source(of node: Node) -> String { (try? Yams.serialize(node: node, sortKeys: true)) ?? "" }

    /// A path as the file means it: relative to its own folder.
    func resolved(_ path: String) -> String {
        guard !path.isEmpty, !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return path }
        return String(file[...slash]) + path
    }
}
