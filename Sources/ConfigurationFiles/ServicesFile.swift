import PromQL
import TocsinCore
import TocsinModel
import Yams

/// Reads the `services:` of the configuration.
package enum ServicesFile {
    /// One configured service, with what its driver needs.
    package struct Entry: Sendable {
        package var spec: ServiceSpec
        package var exec: ExecService
    }

    private static let keys = [
        "name", "kind", "interval", "timeout", "members", "check", "role", "writes", "client", "witnesses", "limits",
        "steps",
    ]

    private static let unnamed = "a service without a name"

    static func read(_ node: Node, _ environment: String, _ reader: YAMLReader) -> [Entry] {
        var names: Set<String> = []
        return reader.items(node, "services").compactMap { node in
            guard let entry = service(node, environment, reader) else { return nil }
            if !names.insert(entry.spec.name).inserted, entry.spec.name != unnamed {
                reader.fault(node, "the service \"\(entry.spec.name)\" is there twice")
            }
            return entry
        }
    }

    private static func service(_ node: Node, _ environment: String, _ reader: YAMLReader) -> Entry? {
        let fields = reader.fields(node, "a service", keys)
        if fields["name"] == nil { reader.fault(node, "a service needs a name") }
        // Without one the rest is read all the same, so that every fault is listed.
        let name = fields["name"].flatMap { identifier($0, "name of a service", reader) } ?? unnamed
        if let kind = fields["kind"], let text = reader.text(kind, "kind"), text != "exec" {
            reader.fault(kind, "there is no kind of service \"\(text)\"; there is exec")
        } else if fields["kind"] == nil {
            reader.fault(node, "the service \"\(name)\" needs a kind: exec")
        }
        let parts = ExecReader(reader: reader, service: name)
        let interval = fields["interval"].flatMap { duration($0, "interval", 100...60_000, reader) } ?? 1_000
        let timeout = fields["timeout"].flatMap { duration($0, "timeout", 50...60_000, reader) } ?? min(800, interval)
        var exec = ExecService()
        exec.service = name
        exec.environment = environment
        let check = fields["check"].flatMap { parts.check($0, interval, timeout) }
        let role = fields["role"].flatMap { parts.role($0) }
        let hasRole = fields["role"] != nil
        exec.writes = fields["writes"].flatMap { parts.argv($0, "writes") }
        let members = self.members(fields["members"], node, name, reader) { member, fields in
            exec.checks[member] =
                fields["check"].flatMap { parts.check($0, interval, timeout) } ?? check
                ?? ExecService.Check(.tcp, timeout: timeout, interval: interval)
            exec.roles[member] = fields["role"].flatMap { parts.role($0) } ?? role
            if fields["role"] == nil, !hasRole {
                reader.fault(
                    node, "\(name): nothing asks \(member) what it is: give role: {argv: [...]} or role: {http: /path}")
            }
        }
        exec.witnesses = (fields["witnesses"].map { reader.items($0, "witnesses") } ?? []).compactMap(parts.witness)
        exec.steps = fields["steps"].map { parts.steps($0) } ?? [:]
        let client = fields["client"].flatMap { parts.client($0, interval, timeout) }
        exec.client = client?.check
        let spec = ServiceSpec(
            name: name, environment: environment, kind: "exec", members: members,
            witnesses: exec.witnesses.map(\.name), client: client?.address, interval: interval, timeout: timeout,
            asksForWrites: exec.writes != nil, limits: limits(fields["limits"], reader), planner: ExecPlanner(exec))
        return Entry(spec: spec, exec: exec)
    }

    private static func members(
        _ list: Node?, _ node: Node, _ service: String, _ reader: YAMLReader,
        _ take: (String, [String: Node]) -> Void
    ) -> [ServiceSpec.Member] {
        var members: [ServiceSpec.Member] = []
        for item in list.map({ reader.items($0, "members") }) ?? [] {
            let fields = reader.fields(item, "a member", ["name", "address", "site", "check", "role"])
            guard let name = fields["name"].flatMap({ identifier($0, "name of a member", reader) }) else {
                if fields["name"] == nil { reader.fault(item, "a member needs a name") }
                continue
            }
            if members.contains(where: { $0.name == name }) {
                reader.fault(item, "the member \"\(name)\" is there twice")
            }
            let address = fields["address"].flatMap { self.address($0, reader) }
            if fields["address"] == nil { reader.fault(item, "the member \"\(name)\" needs an address: host:port") }
            let site = fields["site"].flatMap { reader.text($0, "site") } ?? ""
            members.append(ServiceSpec.Member(name: name, address: address ?? "", site: site))
            take(name, fields)
        }
        if members.isEmpty { reader.fault(list ?? node, "the service \"\(service)\" needs members") }
        return members
    }

    private static func limits(_ node: Node?, _ reader: YAMLReader) -> ServiceSpec.Limits {
        var limits = ServiceSpec.Limits()
        guard let node else { return limits }
        let fields = reader.fields(node, "limits", ["lag_bytes", "lag", "cooldown", "observers", "verification"])
        if let node = fields["lag_bytes"], let text = reader.text(node, "lag_bytes") {
            if let bytes = Config.bytes(text), bytes >= 0 {
                limits.lagBytes = Int64(bytes)
            } else {
                reader.fault(node, "lag_bytes must be a size such as 1MiB")
            }
        }
        if let node = fields["lag"], let lag = duration(node, "lag", 0...86_400_000, reader) {
            limits.lagSeconds = Double(lag) / 1000
        }
        if let node = fields["cooldown"], let time = duration(node, "cooldown", 0...864_000_000, reader) {
            limits.coolDown = time
        }
        if let node = fields["verification"], let time = duration(node, "verification", 3_000...3_600_000, reader) {
            limits.verification = time
        }
        if let node = fields["observers"] {
            if let count = reader.text(node, "observers").flatMap({ Int($0) }), (1...9).contains(count) {
                limits.observers = count
            } else {
                reader.fault(node, "observers must be a number from 1 to 9")
            }
        }
        return limits
    }

    // MARK: Small things

    static func duration(
        _ node: Node, _ what: String, _ range: ClosedRange<Milliseconds>, _ reader: YAMLReader
    ) -> Milliseconds? {
        guard let value = RuleFile.duration(node, what, reader) else { return nil }
        if range.contains(value) { return value }
        reader.fault(
            node, "\(what) must be between \(Words.duration(range.lowerBound)) and \(Words.duration(range.upperBound))")
        return nil
    }

    /// A name that can be typed, and stand in an argument list: letters, digits, dot, dash, underscore.
    static func identifier(_ node: Node, _ what: String, _ reader: YAMLReader) -> String? {
        guard let text = reader.text(node, what) else { return nil }
        let allowed = text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
        if allowed, let first = text.first, first != "-", text.count <= 100 { return text }
        reader.fault(node, "the \(what) must be of letters, digits, dots, dashes and underscores, not \"\(text)\"")
        return nil
    }

    static func address(_ node: Node, _ reader: YAMLReader) -> String? {
        guard let text = reader.text(node, "address") else { return nil }
        let (host, port) = Placeholders.split(text)
        if !host.isEmpty, let number = Int(port), (1...65_535).contains(number), !host.hasPrefix("-") { return text }
        reader.fault(node, "an address is host:port, not \"\(text)\"")
        return nil
    }
}
