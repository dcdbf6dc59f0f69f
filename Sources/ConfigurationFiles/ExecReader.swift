import TocsinCore
import TocsinModel
import Yams

/// Reads checks, roles and steps of the kind `exec`.
struct ExecReader {
    let reader: YAMLReader
    let service: String

    /// `tcp`, or one of `{tcp: host:port}`, `{http: /path}`, `{argv: [...]}` with `timeout` and `interval`.
    func check(_ node: Node, _ interval: Milliseconds, _ timeout: Milliseconds) -> ExecService.Check? {
        if case .scalar(let scalar) = node, scalar.string == "tcp" {
            return ExecService.Check(.tcp, timeout: timeout, interval: interval)
        }
        let fields = reader.fields(node, "a check", ["tcp", "http", "argv", "address", "timeout", "interval"])
        let kinds = ["tcp", "http", "argv"].filter { fields[$0] != nil }
        guard kinds.count == 1 else {
            reader.fault(node, "a check is one of tcp, {http: /path} and {argv: [...]}")
            return nil
        }
        var kind = ExecService.Check.Kind.tcp
        if let node = fields["http"] {
            guard let path = path(node) else { return nil }
            kind = .http(path: path)
        } else if let node = fields["argv"] {
            guard let argv = argv(node, "argv") else { return nil }
            kind = .argv(argv)
        }
        var address = fields["address"].flatMap { reader.text($0, "address") }
        if kind == .tcp, let node = fields["tcp"], let text = reader.text(node, "tcp"), text != "true" {
            address = text
        }
        return ExecService.Check(
            kind, address: address,
            timeout: fields["timeout"].flatMap { ServicesFile.duration($0, "timeout", 50...60_000, reader) } ?? timeout,
            interval: fields["interval"].flatMap { ServicesFile.duration($0, "interval", 100...60_000, reader) }
                ?? interval)
    }

    private func path(_ node: Node) -> String? {
        guard let text = reader.text(node, "http") else { return nil }
        if text.hasPrefix("/"), !text.contains(where: { $0 == " " || $0.isNewline }) { return text }
        reader.fault(
            node, "http is a path such as /health, asked over plain HTTP at the member's address; not \"\(text)\"")
        return nil
    }

    func role(_ node: Node) -> ExecService.RoleQuestion? {
        let fields = reader.fields(node, "role", ["argv", "http", "primary", "standby"])
        if let node = fields["argv"], fields["http"] == nil { return argv(node, "argv").map { .argv($0) } }
        guard let http = fields["http"], fields["argv"] == nil, let path = path(http) else {
            reader.fault(node, "role is {argv: [...]} or {http: /path, primary: 200, standby: 503}")
            return nil
        }
        func status(_ key: String, _ normal: Int) -> Int {
            guard let node = fields[key] else { return normal }
            if let value = reader.text(node, key).flatMap({ Int($0) }), (100...599).contains(value) { return value }
            reader.fault(node, "\(key) must be an HTTP status")
            return normal
        }
        let (primary, standby) = (status("primary", 200), status("standby", 503))
        if primary == standby { reader.fault(node, "primary and standby need different statuses") }
        return .http(path: path, primary: primary, standby: standby)
    }

    func argv(_ node: Node, _ what: String) -> [String]? {
        guard case .sequence = node else {
            reader.fault(node, "\(what) must be a list of arguments such as [prog, arg]; there is no shell in between")
            return nil
        }
        let words = reader.items(node, what).compactMap { reader.text($0, "an argument") }
        guard let first = words.first, !first.isEmpty else {
            reader.fault(node, "\(what) names no program")
            return nil
        }
        for word in words {
            for name in Self.braces(word) where !Placeholders.isKnown(name) {
                reader.fault(
                    node,
                    "\(what): there is no {\(name)}; there are {member}, {loser}, {winner}, each also with _address, _host, _port, and {service}, {environment}"
                )
            }
        }
        return words
    }

    /// Names in braces that look like placeholders.
    private static func braces(_ text: String) -> [String] {
        text.split(separator: "{", omittingEmptySubsequences: false).dropFirst().compactMap { part in
            guard let end = part.firstIndex(of: "}") else { return nil }
            let name = String(part[..<end])
            return !name.isEmpty && name.allSatisfy { $0.isLowercase || $0 == "_" } ? name : nil
        }
    }

    func witness(_ node: Node) -> ExecService.Witness? {
        let fields = reader.fields(node, "a witness", ["name", "argv"])
        guard let name = fields["name"].flatMap({ ServicesFile.identifier($0, "name of a witness", reader) }),
            let argv = fields["argv"].flatMap({ self.argv($0, "argv") })
        else {
            reader.fault(node, "a witness needs a name and argv")
            return nil
        }
        return ExecService.Witness(name: name, argv: argv)
    }

    func client(
        _ node: Node, _ interval: Milliseconds, _ timeout: Milliseconds
    ) -> (address: String, check: ExecService.Check)? {
        let fields = reader.fields(node, "client", ["address", "check"])
        guard let address = fields["address"].flatMap({ ServicesFile.address($0, reader) }) else {
            if fields["address"] == nil { reader.fault(node, "client needs an address: host:port") }
            return nil
        }
        let check = fields["check"].flatMap { self.check($0, interval, timeout) }
        return (address, check ?? ExecService.Check(.tcp, timeout: timeout, interval: interval))
    }

    func steps(_ node: Node) -> [PlanStep.Role: [ExecService.StepTemplate]] {
        let roles: [PlanStep.Role] = [.fence, .demote, .promote, .repoint, .restart, .rejoin]
        let fields = reader.fields(node, "steps", roles.map(\.rawValue))
        var steps: [PlanStep.Role: [ExecService.StepTemplate]] = [:]
        for role in roles {
            guard let node = fields[role.rawValue] else { continue }
            // One step, or several of the same role in a row.
            var several = [node]
            if case .sequence(let list) = node { several = Array(list) }
            steps[role] = several.compactMap { step($0, role) }
        }
        return steps
    }

    private func step(_ node: Node, _ role: PlanStep.Role) -> ExecService.StepTemplate? {
        if case .scalar = node {
            reader.fault(node, "steps.\(role.rawValue) is {argv: [...]}: a list of arguments, never a shell string")
            return nil
        }
        let fields = reader.fields(node, "steps.\(role.rawValue)", ["argv", "undo", "deadline", "irreversible"])
        guard let argv = fields["argv"].flatMap({ argv($0, "steps.\(role.rawValue).argv") }) else {
            if fields["argv"] == nil { reader.fault(node, "steps.\(role.rawValue) needs argv") }
            return nil
        }
        var irreversible = false
        if let node = fields["irreversible"] {
            irreversible = node.bool ?? false
            if node.bool == nil { reader.fault(node, "irreversible must be true or false") }
            if role == .promote, node.bool == false {
                reader.fault(node, "a promotion is always irreversible: from then on the new primary takes writes")
            }
        }
        let what = "steps.\(role.rawValue)"
        let undo = fields["undo"].flatMap { self.argv($0, what + ".undo") }
        var deadline: Milliseconds = 30_000
        if let node = fields["deadline"] {
            deadline = ServicesFile.duration(node, what + ".deadline", 100...3_600_000, reader) ?? deadline
        }
        return ExecService.StepTemplate(argv, undo: undo, deadline: deadline, irreversible: irreversible)
    }
}
