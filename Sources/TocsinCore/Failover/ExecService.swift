import TocsinModel

/// A service that is driven by programs of its own: checks, role discovery and steps as argument lists.
///
/// There is never a shell in between. Placeholders in braces stand for names and addresses of the configuration, so
/// nothing that comes from outside can become an argument.
package struct ExecService: Sendable, Equatable {
    /// How one is asked whether it is there.
    package struct Check: Sendable, Equatable {
        package enum Kind: Sendable, Equatable {
            /// A connection is made and closed. An accepting kernel is enough: a frozen process still passes.
            case tcp
            /// A GET of this path; any 2xx or 3xx answer is well.
            case http(path: String)
            /// Exit status 0 is well; the first line is shown.
            case argv([String])
        }

        package var kind: Kind
        /// Where, when it is not the member's address.
        package var address: String?
        package var timeout: Milliseconds
        package var interval: Milliseconds

        package init(_ kind: Kind, address: String? = nil, timeout: Milliseconds = 800, interval: Milliseconds = 1_000)
        {
            self.kind = kind
            self.address = address
            self.timeout = timeout
            self.interval = interval
        }
    }

    /// How a member is asked what it is.
    package enum RoleQuestion: Sendable, Equatable {
        /// The first word of the output is `primary` or `standby`; `lag=BYTES` and others may follow.
        case argv([String])
        /// A GET of this path; the status says which.
        case http(path: String, primary: Int, standby: Int)
    }

    /// One step as it is configured.
    package struct StepTemplate: Sendable, Equatable {
        package var argv: [String]
        package var undo: [String]?
        package var deadline: Milliseconds
        package var irreversible: Bool

        package init(
            _ argv: [String], undo: [String]? = nil, deadline: Milliseconds = 30_000, irreversible: Bool = false
        ) {
            self.argv = argv
            self.undo = undo
            self.deadline = deadline
            self.irreversible = irreversible
        }
    }

    package struct Witness: Sendable, Equatable {
        package var name: String
        /// Asked once for every member: exit status 0 hears it, 1 does not.
        package var argv: [String]

        package init(name: String, argv: [String]) {
            self.name = name
            self.argv = argv
        }
    }

    package var service = ""
    package var environment = ""
    /// By member name.
    package var checks: [String: Check] = [:]
    package var roles: [String: RoleQuestion] = [:]
    /// Asks a member whether it takes writes: exit status 0 does, 1 does not.
    package var writes: [String]?
    package var client: Check?
    package var witnesses: [Witness] = []
    package var steps: [PlanStep.Role: [StepTemplate]] = [:]

    package init() {}
}

/// Turns the configured steps into a plan.
package struct ExecPlanner: FailoverPlanner {
    package let exec: ExecService
    package init(_ exec: ExecService) { self.exec = exec }

    package func steps(
        _ kind: FailoverIntent.Kind, _ roles: PlanRoles, _ spec: ServiceSpec
    ) -> Result<[PlanStep], PlanRefusal> {
        let loser = roles.loser?.name ?? ""
        let winner = roles.winner?.name ?? ""
        switch kind {
        case .switchover:
            let out = exec.steps[.demote] == nil ? PlanStep.Role.fence : .demote
            guard exec.steps[out] != nil else {
                return refuse(spec, "a switchover needs steps.demote or steps.fence, so that two never take writes")
            }
            return moving([out], loser, winner, roles, spec)
        case .failover:
            let nobody = exec.steps[.fence] == nil || roles.loser == nil || roles.loserIsStandby
            return moving(nobody ? [] : [.fence], loser, winner, roles, spec)
        case .restart:
            guard exec.steps[.restart] != nil else { return refuse(spec, "restarting needs steps.restart") }
            return .success(made(.restart, "restart \(winner)", winner, roles))
        case .rejoin:
            guard exec.steps[.rejoin] != nil else { return refuse(spec, "rejoining needs steps.rejoin") }
            return .success(made(.rejoin, "bring \(winner) back as a standby", winner, roles))
        }
    }

    private func moving(
        _ first: [PlanStep.Role], _ loser: String, _ winner: String, _ roles: PlanRoles, _ spec: ServiceSpec
    ) -> Result<[PlanStep], PlanRefusal> {
        guard exec.steps[.promote] != nil else {
            return refuse(spec, "nobody can be promoted: steps.promote is missing")
        }
        let out = first.flatMap { role in
            made(role, role == .fence ? "shut \(loser) out" : "make \(loser) a standby", loser, roles)
        }
        let promote = made(.promote, "make \(winner) primary", winner, roles)
        return .success(out + promote + made(.repoint, "point clients to \(winner)", winner, roles))
    }

    private func refuse(_ spec: ServiceSpec, _ words: String) -> Result<[PlanStep], PlanRefusal> {
        .failure(PlanRefusal("\(spec.title): \(words) in tocsin.yaml"))
    }

    private func made(
        _ role: PlanStep.Role, _ words: String, _ member: String, _ roles: PlanRoles
    ) -> [PlanStep] {
        (exec.steps[role] ?? []).map { template in
            PlanStep(
                role, words, member: member, call: call(template.argv, member, roles),
                undo: template.undo.map { call($0, member, roles) }, deadline: template.deadline,
                irreversible: template.irreversible || role == .promote)
        }
    }

    private func call(_ argv: [String], _ member: String, _ roles: PlanRoles) -> StepCall {
        var values = Placeholders(service: exec.service, environment: exec.environment)
        values.add("loser", roles.loser)
        values.add("winner", roles.winner)
        values.add("member", [roles.loser, roles.winner].compactMap { $0 }.first { $0.name == member })
        let arguments = argv.map { values.fill($0) }
        return StepCall(words: Placeholders.quoted(arguments), arguments: arguments)
    }

    package func touches(_ kind: FailoverIntent.Kind, _ spec: ServiceSpec) -> [String] {
        guard kind == .switchover || kind == .failover, let client = spec.client else { return [] }
        return ["clients of \(client) reconnect"]
    }
}

/// `{winner}`, `{winner_address}`, `{winner_host}`, `{winner_port}` and so on in arguments.
package struct Placeholders: Sendable {
    private var values: [(String, String)] = []

    package init(service: String, environment: String) {
        values = [("{service}", service), ("{environment}", environment)]
    }

    /// Names that may stand in braces; a configuration with others is refused.
    package static func isKnown(_ name: String) -> Bool {
        if ["service", "environment", "name", "address", "host", "port"].contains(name) { return true }
        return ["member", "loser", "winner"].contains { role in
            name == role || ["_address", "_host", "_port"].contains { name == role + $0 }
        }
    }

    package mutating func add(_ role: String, _ member: ServiceSpec.Member?) {
        let address = member?.address ?? ""
        let (host, port) = Self.split(address)
        values += [
            ("{\(role)}", member?.name ?? ""), ("{\(role)_address}", address), ("{\(role)_host}", host),
            ("{\(role)_port}", port),
        ]
        if role == "member" {
            values += [("{name}", member?.name ?? ""), ("{address}", address), ("{host}", host), ("{port}", port)]
        }
    }

    package func fill(_ text: String) -> String {
        guard text.utf8.contains(0x7b) else { return text }
        var out = ""
        var rest = Substring(text)
        // From left to right, once: what was filled in is not looked at again.
        scan: while let first = rest.first {
            if first == "{" {
                for (name, value) in values where rest.hasPrefix(name) {
                    out += value
                    rest = rest.dropFirst(name.count)
                    continue scan
                }
            }
            out.append(first)
            rest = rest.dropFirst()
        }
        return out
    }

    /// `host:port` in its parts; brackets around IPv6 are dropped.
    package static func split(_ address: String) -> (host: String, port: String) {
        guard let colon = address.lastIndex(of: ":") else { return (address, "") }
        let host = address[..<colon].filter { $0 != "[" && $0 != "]" }
        return (String(host), String(address[address.index(after: colon)...]))
    }

    /// As a shell would need it, for copying.
    package static func quoted(_ arguments: [String]) -> String {
        arguments.map { argument in
            let plain =
                !argument.isEmpty
                && argument.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_-./:=,@%+".contains($0)) }
            return plain
                ? argument
                : "'" + argument.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
                    + "'"
        }.joined(separator: " ")
    }
}
