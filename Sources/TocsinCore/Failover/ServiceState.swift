import TocsinModel

/// What the core knows of one service: its members, who says what of whom, and what that comes to.
struct ServiceState: Sendable {
    var spec: ServiceSpec
    var members: [MemberWatch]
    var witnesses: [String: (at: Milliseconds, hearsay: [Hearsay])] = [:]
    var client: ClientWatch?
    var situation = Situation.learning
    var since: Milliseconds
    /// Who was primary last, by its own word. Survives restarts.
    var lastPrimary: String?
    /// When the primary was known as lost, and when it was last heard.
    var loss: (knownAt: Milliseconds, heardAt: Milliseconds?)?
    var maintenance: Maintenance?
    /// Why this engine may not act here; nil when it may.
    var watchOnly: String? = "this engine has not been made the acting one yet"
    /// The run that holds the service, or the last one.
    var run: RunID?

    init(_ spec: ServiceSpec, now: Milliseconds) {
        self.spec = spec
        since = now
        members = spec.members.map { MemberWatch($0, interval: spec.interval, now: now) }
        client = spec.client.map { ClientWatch(address: $0, since: now, interval: spec.interval) }
    }

    func member(_ name: String?) -> MemberWatch? { members.first { $0.spec.name == name } }

    mutating func take(_ report: ProbeReport, now: Milliseconds) {
        var report = report
        // Hearsay about nobody we know is noise.
        report.statements.removeAll { statement in
            if case .hears(let other, _, _) = statement { member(other) == nil } else { false }
        }
        switch report.source {
        case .member(let name):
            guard let index = members.firstIndex(where: { $0.spec.name == name }) else { return }
            members[index].take(report)
        case .witness(let name):
            guard case .answered = report.outcome else { return }
            let heard = report.statements.compactMap { statement -> Hearsay? in
                guard case .hears(let other, let hears, let silence) = statement else { return nil }
                return Hearsay(by: name, about: other, hears: hears, statedAt: report.truth, silentFor: silence)
            }
            witnesses[name] = (report.truth, heard)
        case .client: client?.take(report)
        }
        judge(now)
    }

    mutating func tick(_ now: Milliseconds) {
        for index in members.indices { members[index].tick(now) }
        judge(now)
    }

    mutating func forgive(_ gap: Milliseconds) { for index in members.indices { members[index].forgive(gap) } }

    /// When something will change by the mere passing of time.
    var wakeAt: Milliseconds? {
        members.indices.compactMap { members[$0].view.condition == .answers ? members[$0].phi.suspectedAt : nil }.min()
    }

    // MARK: Judgement

    private mutating func judge(_ now: Milliseconds) {
        let next = classify(now)
        if case .normal(let primary) = next {
            lastPrimary = primary
            loss = nil
        }
        if case .primaryLost(let name) = next, loss == nil { loss = (now, member(name)?.view.heardAt) }
        guard next != situation else { return }
        situation = next
        since = now
    }

    private func classify(_ now: Milliseconds) -> Situation {
        let fresh = spec.freshness
        // By index: a copy of a member costs more than all of the judgement.
        let primaries = members.indices.filter { members[$0].role(now, fresh) == .primary }
        if primaries.count > 1 { return .twoPrimaries(primaries.map { members[$0].spec.name }) }
        if let liar = members.indices.first(where: { members[$0].contradictsItself(now, fresh) }) {
            return .unclear(members[liar].contradiction)
        }
        if let old = members.indices.first(where: { members[$0].claimsToBePrimary && !primaries.contains($0) }) {
            let age = PlanWords.seconds(Double(members[old].view.role?.age(now) ?? 0) / 1000)
            return .unclear("\(members[old].spec.name) says that it is primary, but its word is \(age) old")
        }
        if let primary = primaries.first { return .normal(primary: members[primary].spec.name) }
        if members.indices.contains(where: { members[$0].view.condition == .unknown }) { return .learning }
        guard let last = member(lastPrimary ?? inferredPrimary(now)) else {
            return members.allSatisfy { $0.role(now, fresh) != nil }
                ? .noPrimary : .unclear("nobody says that it is primary, and not everybody answers")
        }
        let name = last.spec.name
        switch last.view.condition {
        case .unseen: return .unclear("this engine's own network does not reach \(name): \(last.view.words)")
        case .answers, .unknown:
            if last.role(now, fresh) == .standby { return .noPrimary }
            return .unclear("\(name) answers but does not say freshly what it is")
        case .refuses, .silent, .unwell:
            if let witness = heard(of: name, now).first(where: \.hears) {
                return .unclear(
                    "\(witness.by) still hears \(name), which does not answer here: the fault may lie in between")
            }
            // One refusal may be a restart.
            return last.isLost ? .primaryLost(name) : situation == .learning ? .learning : .normal(primary: name)
        }
    }

    /// Who must have been primary, for an engine that began after the loss: the one that is lost when all others say
    /// that they are standbys, or the one that they say they follow.
    private func inferredPrimary(_ now: Milliseconds) -> String? {
        let fresh = spec.freshness
        let standbys = members.indices.filter { members[$0].role(now, fresh) == .standby }
        let lost = members.indices.filter { members[$0].isLost }
        guard !standbys.isEmpty, !lost.isEmpty else { return nil }
        if lost.count == 1, standbys.count == members.count - 1 { return members[lost[0]].spec.name }
        let followed = Set(standbys.compactMap { members[$0].view.follows })
        guard followed.count == 1, let name = followed.first else { return nil }
        return lost.contains { members[$0].spec.name == name } ? name : nil
    }

    /// What others say freshly of a member, in the order of their names.
    func heard(of name: String, _ now: Milliseconds) -> [Hearsay] {
        let fresh = spec.freshness
        var out: [Hearsay] = []
        func add(_ all: [Hearsay]) {
            for one in all where one.about == name && one.by != name && now - one.statedAt <= fresh { out.append(one) }
        }
        for index in members.indices where members[index].view.condition == .answers { add(members[index].hearsay) }
        for witness in witnesses.keys.sorted() { add(witnesses[witness]?.hearsay ?? []) }
        return out
    }

    /// Who says that a member is gone: this engine, and everybody with fresh word of it.
    func observersOfLoss(_ name: String, _ now: Milliseconds) -> [String] {
        var out: [String] = []
        if member(name)?.isLost == true { out.append("this engine") }
        for one in heard(of: name, now) where !one.hears && !out.contains(one.by) { out.append(one.by) }
        return out
    }

    /// How many of those who could speak (this engine, members, witnesses) are heard freshly.
    func voices(_ now: Milliseconds) -> (heard: Int, total: Int) {
        let fresh = spec.freshness
        let answering = members.count { one in
            guard one.view.condition == .answers, let heardAt = one.view.heardAt else { return false }
            return now - heardAt <= fresh
        }
        let witnessing = witnesses.values.count { now - $0.at <= fresh }
        return (1 + answering + witnessing, 1 + members.count + spec.witnesses.count)
    }

    /// The member that is or was last primary.
    var primary: String? {
        switch situation {
        case .normal(let name), .primaryLost(let name): name
        default: lastPrimary
        }
    }
}

/// Follows the address that clients use.
struct ClientWatch: Sendable {
    let address: String
    let interval: Milliseconds
    private(set) var condition = MemberCondition.unknown
    private(set) var since: Milliseconds
    private(set) var goodAt: Milliseconds?
    private(set) var latency: Double?
    private(set) var words = "not asked yet"
    /// It failed before it was ever seen to work.
    private(set) var wasCutFromTheStart = false
    /// The last outage: the last good check before it and the first one after it.
    private(set) var outage: (from: Milliseconds, to: Milliseconds)?
    private var failedSinceGood = false

    init(address: String, since: Milliseconds, interval: Milliseconds) {
        self.address = address
        self.since = since
        self.interval = interval
    }

    mutating func take(_ report: ProbeReport) {
        let next: MemberCondition
        switch report.outcome {
        case .answered:
            next = .answers
            words = report.words
            latency = Double(report.receivedAt - report.askedAt)
            if failedSinceGood, let goodAt { outage = (goodAt, report.receivedAt) }
            failedSinceGood = false
            goodAt = report.receivedAt
        case .refused(let why):
            next = .refuses
            words = why
        case .unwell(let why):
            next = .unwell
            words = why
        case .silent(let why):
            next = .silent
            words = why
        case .unseen(let why):
            next = .unseen
            words = why
        }
        if next != .answers {
            if goodAt == nil { wasCutFromTheStart = true }
            failedSinceGood = true
        }
        guard next != condition else { return }
        condition = next
        since = report.receivedAt
    }

    var view: ClientView {
        ClientView(
            address: address, condition: condition, since: since, goodAt: goodAt, latency: latency, words: words)
    }
}
