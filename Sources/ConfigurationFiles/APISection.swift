import TocsinModel
import Yams

/// What `api:` says: where the engine listens and who may do what.
package struct APISection: Sendable {
    /// Somebody and what they are granted.
    package struct Grant: Sendable, Equatable {
        package enum Kind: String, Sendable, CaseIterable { case user, group, certificate }

        package var kind: Kind
        package var name: String
        package var access: Access
    }

    /// A dangerous thing that was accepted by its name.
    package enum Risk: String, Sendable, CaseIterable {
        /// TCP without TLS.
        case unencrypted
        /// Whoever reaches the TCP port may look.
        case unauthenticated
    }

    /// The Unix socket; nil for the usual place.
    package var socket: String?
    /// The group that may connect; without one only the owner may.
    package var socketGroup: String?
    package var listen: (host: String, port: Int)?
    package var certificateFile: String?
    package var keyFile: String?
    package var clientAuthorityFile: String?
    /// Names by which TCP clients may call the server.
    package var hosts: [String] = []
    package var risks: Set<Risk> = []
    package var readOnly = false
    package var grants: [Grant] = []

    package init() {}

    private static let keys = [
        "socket", "socket_group", "listen", "tls", "hosts", "risks", "read_only", "access",
    ]

    static func read(_ node: Node, _ reader: YAMLReader) -> APISection {
        var section = APISection()
        let fields = reader.fields(node, "api", keys)
        section.socket = fields["socket"].flatMap { reader.text($0, "api.socket") }
        section.socketGroup = fields["socket_group"].flatMap { reader.text($0, "api.socket_group") }
        section.hosts = (fields["hosts"].map { reader.items($0, "api.hosts") } ?? [])
            .compactMap { reader.text($0, "a host")?.lowercased() }
        section.readOnly = fields["read_only"]?.bool ?? false
        section.readRisks(fields["risks"], reader)
        if let node = fields["tls"] { section.readTLS(node, reader) }
        if let node = fields["listen"] { section.readListen(node, reader) }
        for node in fields["access"].map({ reader.items($0, "api.access") }) ?? [] {
            if let grant = Self.grant(node, reader) { section.grants.append(grant) }
        }
        return section
    }

    private mutating func readRisks(_ node: Node?, _ reader: YAMLReader) {
        for node in node.map({ reader.items($0, "api.risks") }) ?? [] {
            guard let word = reader.text(node, "a risk") else { continue }
            if let risk = Risk(rawValue: word) {
                risks.insert(risk)
            } else {
                let known = Risk.allCases.map(\.rawValue).joined(separator: ", ")
                reader.fault(node, "\"\(word)\" is no risk that can be accepted; there are \(known)")
            }
        }
    }

    private mutating func readTLS(_ node: Node, _ reader: YAMLReader) {
        let fields = reader.fields(node, "api.tls", ["cert_file", "key_file", "client_ca_file"])
        certificateFile = fields["cert_file"].flatMap { reader.text($0, "api.tls.cert_file") }
        keyFile = fields["key_file"].flatMap { reader.text($0, "api.tls.key_file") }
        clientAuthorityFile = fields["client_ca_file"].flatMap { reader.text($0, "api.tls.client_ca_file") }
        if certificateFile == nil || keyFile == nil {
            reader.fault(node, "api.tls needs cert_file and key_file")
        }
    }

    private mutating func readListen(_ node: Node, _ reader: YAMLReader) {
        guard let text = reader.text(node, "api.listen") else { return }
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port)
        else {
            reader.fault(node, "api.listen is HOST:PORT, such as 0.0.0.0:9096")
            return
        }
        let host = text[..<colon].filter { $0 != "[" && $0 != "]" }
        listen = (host.isEmpty ? "0.0.0.0" : String(host), port)
        if certificateFile == nil, !risks.contains(.unencrypted) {
            reader.fault(
                node,
                "api.listen without api.tls would send everything over the network unencrypted, tokens included; give "
                    + "api.tls, or accept the risk by its name: api.risks: [unencrypted]")
        }
    }

    private static func grant(_ node: Node, _ reader: YAMLReader) -> Grant? {
        let fields = reader.fields(
            node, "an entry of api.access", Grant.Kind.allCases.map(\.rawValue) + ["role", "services"])
        let named = Grant.Kind.allCases.compactMap { kind in
            fields[kind.rawValue].flatMap { reader.text($0, kind.rawValue) }.map { (kind, $0) }
        }
        guard named.count == 1, let (kind, name) = named.first, !name.isEmpty else {
            reader.fault(node, "an entry of api.access names one of user, group, certificate")
            return nil
        }
        guard let word = fields["role"].flatMap({ reader.text($0, "role") }), let role = AccessRole(rawValue: word)
        else {
            reader.fault(fields["role"] ?? node, "an entry of api.access needs role: viewer, operator or admin")
            return nil
        }
        var services = Access.Services.only([])
        if let node = fields["services"] {
            if case .scalar(let scalar) = node, scalar.string == "*" {
                services = .all
            } else {
                services = .only(reader.items(node, "services").compactMap { reader.text($0, "a service") })
            }
        }
        return Grant(kind: kind, name: name, access: Access(role, services: services))
    }
}
