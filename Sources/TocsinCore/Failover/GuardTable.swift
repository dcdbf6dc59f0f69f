import TocsinModel

/// The names of the guards; the table below holds what they check.
package enum GuardID: String, Sendable, CaseIterable {
    case standing, clock, quorum, fresh, classified, observers, candidate, lag, site, fencing, oneRun, coolDown
    case maintenance, lastHealthy, reachesMember
}

/// What guards look at.
struct GuardContext {
    var state: ServiceState
    var kind: FailoverIntent.Kind
    var loser: MemberWatch?
    var winner: MemberWatch?
    /// The member a restart or rejoin is about.
    var member: MemberWatch?
    var steps: [PlanStep]
    var now: Milliseconds
    /// Until when this engine holds still after a stall or a clock jump, and why.
    var tilt: (until: Milliseconds, why: String)?
    /// The run that holds the service.
    var holder: Run?
    /// The end of the last run that moved the primary.
    var lastMove: Milliseconds?
    /// True right before a promotion: the same guards, looked at again.
    var isRunning = false

    var spec: ServiceSpec { state.spec }
    var fresh: Milliseconds { state.spec.freshness }
}

/// One guard: a rule of the house, and how it is checked.
struct Guard: Sendable {
    enum Finding {
        case passed(String)
        /// Why not, and the word that lifts it.
        case overridable(String, word: String)
        case hard(String)
    }

    let id: GuardID
    let name: String
    /// The safety rule in the reference, such as `S1`.
    let rule: String
    let kinds: Set<FailoverIntent.Kind>
    let check: @Sendable (GuardContext) -> Finding

    static let override = "OVERRIDE"
}

/// All guards, in the order they are shown.
enum GuardTable {
    private static let moving: Set<FailoverIntent.Kind> = [.switchover, .failover]
    private static let every = Set(FailoverIntent.Kind.allCases)

    static let all: [Guard] = [
        Guard(
            id: .standing, name: "this engine may act", rule: "S10", kinds: every,
            check: { context in
                context.state.watchOnly.map { .hard($0) } ?? .passed("it is the acting one for this service")
            }),
        Guard(
            id: .clock, name: "own clock and rhythm", rule: "S23", kinds: every,
            check: { context in
                guard let tilt = context.tilt, tilt.until > context.now else { return .passed("no stall, no jump") }
                let left = Words.duration(tilt.until - context.now)
                return .hard("\(tilt.why); this engine holds still for another \(left)")
            }),
        Guard(id: .quorum, name: "a majority is heard", rule: "S3", kinds: every, check: quorum),
        Guard(id: .fresh, name: "view is fresh", rule: "S1", kinds: every, check: freshness),
        Guard(id: .classified, name: "the fault is understood", rule: "S22", kinds: every, check: classified),
        Guard(id: .observers, name: "two observers agree", rule: "S2", kinds: [.failover], check: observers),
        Guard(id: .candidate, name: "candidate is well", rule: "S21", kinds: moving, check: candidate),
        Guard(id: .lag, name: "candidate in reach", rule: "S5", kinds: moving, check: lag),
        Guard(id: .site, name: "same site", rule: "S6", kinds: moving, check: site),
        Guard(id: .fencing, name: "old primary shut out", rule: "S4", kinds: moving, check: fencing),
        Guard(
            id: .oneRun, name: "no other run", rule: "S10", kinds: every,
            check: { context in
                guard let holder = context.holder else { return .passed("nobody else acts on it") }
                let open = holder.state == .unknown ? "ended unknown and is not closed" : "is under way"
                return .hard("run \(holder.id.short) of \(holder.by.name) \(open)")
            }),
        Guard(id: .coolDown, name: "cool-down", rule: "S11", kinds: moving, check: coolDown),
        Guard(
            id: .maintenance, name: "no maintenance", rule: "S16", kinds: every,
            check: { context in
                guard let now = context.state.maintenance, now.until > context.now else { return .passed("none") }
                return .overridable("\(now.by.name) has it in maintenance: “\(now.reason)”", word: Guard.override)
            }),
        Guard(id: .lastHealthy, name: "not the last one", rule: "S21", kinds: every, check: lastHealthy),
        Guard(
            id: .reachesMember, name: "member can be reached", rule: "S9", kinds: [.restart, .rejoin], check: member),
    ]

    // MARK: The view

    private static func quorum(_ context: GuardContext) -> Guard.Finding {
        let (heard, total) = context.state.voices(context.now)
        let words = "\(heard) of \(total) voices (this engine, members, witnesses)"
        return 2 * heard > total ? .passed(words) : .hard("only \(words) are heard: this may be the smaller side")
    }

    private static func freshness(_ context: GuardContext) -> Guard.Finding {
        let now = context.now
        var oldest: (age: Milliseconds, words: String) = (0, "")
        // Who must have spoken for itself: everybody the plan counts on.
        var speakers = [context.winner, context.member].compactMap { $0 }
        if context.kind == .switchover, let loser = context.loser { speakers.append(loser) }
        if context.kind == .rejoin { speakers = [context.state.member(context.state.primary)].compactMap { $0 } }
        if context.kind == .restart { speakers = [] }
        for one in speakers {
            guard let role = one.view.role else { return .hard("\(one.spec.name) does not say what it is") }
            let age = role.age(now)
            if age > context.fresh {
                return .hard(
                    "what \(one.spec.name) says of itself is \(words(age)) old; \(words(context.fresh)) is most")
            }
            if age >= oldest.age { oldest = (age, "\(one.spec.name) about itself") }
        }
        // One that says itself that it is a standby speaks for itself.
        if context.kind == .failover, let loser = context.loser, loser.role(now, context.fresh) != .standby {
            // A silent primary cannot speak for itself; somebody else must have fresh word of its silence.
            let refused = [.refuses, .unwell].contains(loser.view.condition) && loser.refusals >= 2
            let others = context.state.heard(of: loser.spec.name, now).filter { !$0.hears }
            if !refused, others.isEmpty {
                return .hard(
                    "only this engine says that \(loser.spec.name) is silent; nobody else has fresh word of it")
            }
            if let one = others.max(by: { $0.statedAt < $1.statedAt }) {
                let age = Swift.max(0, now - one.statedAt)
                if age >= oldest.age { oldest = (age, "\(one.by) about \(one.about)") }
            }
        }
        if oldest.words.isEmpty { return .passed("every member was asked within \(words(context.fresh))") }
        return .passed("oldest fact \(words(oldest.age)) (\(oldest.words))")
    }

    private static func classified(_ context: GuardContext) -> Guard.Finding {
        switch (context.state.situation, context.kind) {
        case (.unclear(let why), _): return .hard(why)
        case (.learning, _): return .hard("the service has not been seen for long enough")
        case (.twoPrimaries(let names), _):
            return .hard("\(names.joined(separator: " and ")) both say that they are primary")
        case (.normal(let primary), .failover): return .hard("\(primary) is primary and answers: switch over instead")
        case (.normal(let primary), .rejoin) where primary == context.member?.spec.name:
            return .hard("\(primary) is the primary")
        case (.primaryLost(let primary), .switchover), (.primaryLost(let primary), .rejoin):
            return .hard("\(primary) is lost: fail over first")
        case (.noPrimary, .switchover), (.noPrimary, .rejoin): return .hard("nobody is primary")
        case (.normal(let primary), .switchover) where context.loser?.view.condition != .answers:
            // It was well a moment ago; whether it is lost shows in the next one.
            return .hard("\(primary) does not answer just now: \(context.loser?.view.words ?? "")")
        case (.normal(let primary), _): return .passed("\(primary) is primary, by its own word")
        case (.primaryLost(let primary), _): return .passed("\(primary) is lost")
        case (.noPrimary, _): return .passed("nobody is primary, by everybody's own word")
        }
    }

    private static func observers(_ context: GuardContext) -> Guard.Finding {
        guard let loser = context.loser else { return .passed("no primary is left to be judged") }
        if case .noPrimary = context.state.situation {
            return .passed("\(loser.spec.name) says itself that it is none")
        }
        let agree = context.state.observersOfLoss(loser.spec.name, context.now)
        let words = agree.isEmpty ? "nobody" : agree.joined(separator: ", ")
        if agree.count >= context.spec.limits.observers { return .passed(words) }
        return .overridable(
            "only \(words) of \(context.spec.limits.observers) say that \(loser.spec.name) is gone",
            word: Guard.override)
    }

    // MARK: The candidate

    private static func candidate(_ context: GuardContext) -> Guard.Finding {
        guard let winner = context.winner else { return .hard("there is no candidate") }
        let name = winner.spec.name
        guard winner.view.condition == .answers else { return .hard("\(name) does not answer: \(winner.view.words)") }
        guard winner.role(context.now, context.fresh) == .standby else { return .hard("\(name) is not a standby") }
        return .passed("\(name) answers and is a standby")
    }

    private static func lag(_ context: GuardContext) -> Guard.Finding {
        guard let winner = context.winner else { return .hard("there is no candidate") }
        let limits = context.spec.limits
        guard let bytes = winner.view.lagBytes else {
            return .overridable("its lag in bytes is unknown, which counts as too far", word: Guard.override)
        }
        guard let seconds = winner.view.lagSeconds else {
            return .overridable("its lag in seconds is unknown, which counts as too far", word: Guard.override)
        }
        let words =
            "lag \(PlanWords.bytes(bytes.value)) of \(PlanWords.bytes(limits.lagBytes)), "
            + "\(PlanWords.seconds(seconds.value)) of \(PlanWords.seconds(limits.lagSeconds))"
        if bytes.value > limits.lagBytes || seconds.value > limits.lagSeconds {
            return .overridable("\(words): too far behind", word: Guard.override)
        }
        return .passed(words)
    }

    private static func site(_ context: GuardContext) -> Guard.Finding {
        guard let from = context.loser?.spec.site, let to = context.winner?.spec.site else {
            return .passed("one site")
        }
        if from == to { return .passed(to.isEmpty ? "no sites are configured" : "both in \(to)") }
        return .overridable(
            "it would move from \(from.isEmpty ? "no site" : from) to \(to.isEmpty ? "no site" : to)",
            word: to.isEmpty ? Guard.override : to)
    }

    private static func fencing(_ context: GuardContext) -> Guard.Finding {
        guard let loser = context.loser else { return .passed("there is no old primary") }
        let name = loser.spec.name
        let proof = loser.shutOut(context.now, context.fresh, asksForWrites: context.spec.asksForWrites)
        if context.isRunning {
            return proof.map { .passed($0) }
                ?? .overridable("\(name) may still take writes", word: PlanWords.isOff(name))
        }
        if let step = context.steps.firstIndex(where: { $0.role == .fence || $0.role == .demote }) {
            let how = context.steps[step].role == .fence ? "fenced" : "demoted"
            return .passed("\(how) by step \(step + 1); nobody is promoted before it is seen")
        }
        if let proof { return .passed("\(proof); nothing keeps it from coming back") }
        return .overridable(
            "no step fences \(name) and it may still take writes: say that it is off", word: PlanWords.isOff(name))
    }

    // MARK: The rest

    private static func coolDown(_ context: GuardContext) -> Guard.Finding {
        let limit = context.spec.limits.coolDown
        guard let last = context.lastMove, context.now - last < limit else { return .passed("none of late") }
        let ago = Words.duration(context.now - last)
        return .overridable("the last one ended \(ago) ago, less than \(Words.duration(limit))", word: Guard.override)
    }

    private static func lastHealthy(_ context: GuardContext) -> Guard.Finding {
        let out = context.kind == .restart ? context.member?.spec.name : context.loser?.spec.name
        let left = context.state.members.filter { one in
            one.spec.name != out && one.view.condition == .answers && one.role(context.now, context.fresh) != nil
        }
        if left.isEmpty {
            return .overridable("\(out ?? "it") is the last one that is well", word: Guard.override)
        }
        return .passed(
            "\(left.map(\.spec.name).joined(separator: ", ")) \(left.count == 1 ? "is" : "are") well beside it")
    }

    private static func member(_ context: GuardContext) -> Guard.Finding {
        guard let member = context.member else { return .hard("no member is named") }
        let name = member.spec.name
        if context.kind == .rejoin, member.view.condition == .answers,
            member.role(context.now, context.fresh) == .standby
        {
            return .hard("\(name) is a standby already")
        }
        return .passed("\(name): \(member.view.words.isEmpty ? member.view.condition.rawValue : member.view.words)")
    }

    private static func words(_ age: Milliseconds) -> String { PlanWords.seconds(Double(age) / 1000) }
}

/// Quantities of plans in words.
package enum PlanWords {
    package static func bytes(_ bytes: Int64) -> String {
        var value = Double(bytes)
        for unit in ["B", "KiB", "MiB", "GiB"] {
            if value.magnitude < 1024 {
                return GoNumber.fixed(value, decimals: unit == "B" || value >= 100 ? 0 : 1) + " " + unit
            }
            value /= 1024
        }
        return GoNumber.fixed(value, decimals: 1) + " TiB"
    }

    package static func seconds(_ seconds: Double) -> String {
        if seconds >= 120 { return Words.duration(Milliseconds(seconds * 1000)) }
        return GoNumber.fixed(seconds, decimals: seconds < 99.95 && seconds != seconds.rounded() ? 1 : 0) + " s"
    }

    /// What somebody types who knows that a member is off.
    package static func isOff(_ name: String) -> String { "\(name) IS OFF" }
}
