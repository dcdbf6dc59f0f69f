import TocsinModel

/// What a service's state comes to, in a sentence.
enum ServiceWords {
    /// The sentence and how bad it is; nil when it is well.
    static func sentence(_ state: ServiceState, _ now: Milliseconds) -> (words: String, severity: Severity?) {
        switch state.situation {
        case .learning: return ("being asked for the first time", nil)
        case .primaryLost(let name): return (lost(state, name, now), .critical)
        case .noPrimary: return ("nobody is primary: nothing takes writes", .critical)
        case .twoPrimaries(let names):
            return ("\(names.joined(separator: " and ")) both say that they are primary: writes may diverge", .critical)
        case .unclear(let why): return (why, .unknown)
        case .normal(let primary): return normal(state, primary, now)
        }
    }

    private static func lost(_ state: ServiceState, _ name: String, _ now: Milliseconds) -> String {
        guard let member = state.member(name) else { return "the primary is lost" }
        let since = Words.duration(now - (member.view.heardAt ?? member.view.since))
        let how =
            switch member.view.condition {
            case .refuses: "refuses connections since \(since)"
            case .unwell: "is unwell since \(since): \(member.view.words)"
            default: "has been silent for \(since)"
            }
        return "\(name), the primary, \(how)"
    }

    private static func normal(
        _ state: ServiceState, _ primary: String, _ now: Milliseconds
    ) -> (words: String, severity: Severity?) {
        if let one = state.member(primary), one.view.condition != .answers {
            return ("\(primary), the primary, \(words(one.view.condition))", .warning)
        }
        if let client = state.client, client.condition != .answers, client.condition != .unknown {
            let since = Words.duration(now - (client.goodAt ?? client.since))
            return ("\(primary) is primary, but clients cannot get through \(client.address) since \(since)", .critical)
        }
        let others = state.members.filter { $0.spec.name != primary }
        for one in others where one.view.condition != .answers {
            return ("\(primary) is primary; \(one.spec.name) \(words(one.view.condition))", .warning)
        }
        if let one = others.first(where: { $0.view.role == nil }) {
            return ("\(primary) is primary; \(one.spec.name) does not say what it is", .warning)
        }
        let limits = state.spec.limits
        let far = others.filter { ($0.view.lagBytes?.value ?? 0) > limits.lagBytes }
        if let one = far.first {
            return (
                "\(primary) is primary; \(one.spec.name) lacks \(PlanWords.bytes(one.view.lagBytes?.value ?? 0))",
                .warning
            )
        }
        let standbys = others.map(\.spec.name).joined(separator: ", ")
        return (
            others.isEmpty
                ? "\(primary) is primary"
                : "\(primary) is primary, \(standbys) stand\(others.count == 1 ? "s" : "") by", nil
        )
    }

    static func words(_ condition: MemberCondition) -> String {
        switch condition {
        case .unknown: "was not asked yet"
        case .answers: "answers"
        case .refuses: "refuses connections"
        case .unwell: "is unwell"
        case .silent: "is silent"
        case .unseen: "cannot be seen from here"
        }
    }
}

extension ServiceState {
    /// The service as pages show it.
    func view(_ now: Milliseconds) -> ServiceView {
        let (sentence, severity) = ServiceWords.sentence(self, now)
        let told = members.flatMap(\.hearsay) + witnesses.keys.sorted().flatMap { witnesses[$0]?.hearsay ?? [] }
        return ServiceView(
            name: spec.name, environment: spec.environment, kind: spec.kind, situation: situation, since: since,
            sentence: sentence, severity: severity,
            members: members.map { one in
                var view = one.view
                view.phi = one.phi.phi(at: now)
                return view
            }, client: client?.view, hearsay: told,
            maintenance: maintenance.flatMap { $0.until > now ? $0 : nil }, run: run, watchOnly: watchOnly)
    }
}
