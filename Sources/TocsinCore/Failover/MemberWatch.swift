import TocsinModel

/// Follows one member from heartbeat to heartbeat.
struct MemberWatch: Sendable {
    let spec: ServiceSpec.Member
    private(set) var view: MemberView
    private(set) var phi: PhiAccrual
    /// Definite refusals since the last answer. One may be a restart; two are a fact.
    private(set) var refusals = 0
    private(set) var failures = 0
    /// When it was last heard of, whatever it said.
    private(set) var reportedAt: Milliseconds?
    private(set) var hearsay: [Hearsay] = []
    /// Since when it has lacked something, for members that state bytes and no seconds.
    private var behindSince: Milliseconds?

    init(_ spec: ServiceSpec.Member, interval: Milliseconds, now: Milliseconds) {
        self.spec = spec
        phi = PhiAccrual(interval: interval)
        view = MemberView(
            name: spec.name, address: spec.address, site: spec.site, condition: .unknown, since: now,
            words: "not asked yet")
    }

    mutating func take(_ report: ProbeReport) {
        reportedAt = report.receivedAt
        keepWritable(report)
        switch report.outcome {
        case .answered: answered(report)
        case .refused(let words):
            refusals += 1
            failures += 1
            if view.condition != .refuses { refusals = 1 }
            become(.refuses, report.receivedAt, words)
        case .unwell(let words):
            if view.condition != .unwell { refusals = 0 }
            refusals += 1
            failures += 1
            become(.unwell, report.receivedAt, words)
        case .silent(let words):
            failures += 1
            refusals = 0
            if view.condition == .unknown, failures >= 3 { become(.silent, report.receivedAt, words) }
            // What refused a moment ago and says nothing now is silent, without waiting for suspicion to grow.
            if view.condition == .refuses || view.condition == .unwell { become(.silent, report.receivedAt, words) }
            if view.condition == .silent { view.words = words }
        case .unseen(let words):
            refusals = 0
            become(.unseen, report.receivedAt, words)
        }
    }

    private mutating func keepWritable(_ report: ProbeReport) {
        view.writable = nil
        for case .writable(let takes) in report.statements {
            view.writable = Fact(takes, statedAt: report.truth, by: spec.name)
        }
    }

    private mutating func answered(_ report: ProbeReport) {
        refusals = 0
        failures = 0
        phi.beat(at: report.receivedAt)
        become(.answers, report.receivedAt, report.words)
        view.heardAt = report.receivedAt
        view.latency = Double(report.receivedAt - report.askedAt)
        let truth = report.truth
        // What it no longer says is no longer known.
        view.role = nil
        var bytes: Int64?
        var seconds: Double?
        hearsay = []
        for statement in report.statements {
            switch statement {
            case .role(let role): view.role = Fact(role, statedAt: truth, by: spec.name)
            case .lagBytes(let lag): bytes = lag
            case .lagSeconds(let lag): seconds = lag
            case .writable: break
            case .follows(let other): view.follows = other
            case .hears(let other, let hears, let silence):
                hearsay.append(
                    Hearsay(by: spec.name, about: other, hears: hears, statedAt: truth, silentFor: silence))
            }
        }
        if view.role?.value == .primary {
            view.follows = nil
            view.lagBytes = nil
            view.lagSeconds = nil
            behindSince = nil
        } else {
            keepLag(bytes, seconds, truth)
        }
    }

    private mutating func keepLag(_ bytes: Int64?, _ seconds: Double?, _ truth: Milliseconds) {
        view.lagBytes = bytes.map { Fact($0, statedAt: truth, by: spec.name) }
        guard let bytes else {
            behindSince = nil
            view.lagSeconds = seconds.map { Fact($0, statedAt: truth, by: spec.name) }
            return
        }
        behindSince = bytes <= 0 ? nil : behindSince ?? truth
        // By its own word, else since we first saw it lack something: an upper bound while it was watched.
        let own = seconds ?? behindSince.map { Double(max(0, truth - $0)) / 1000 } ?? 0
        view.lagSeconds = Fact(own, statedAt: truth, by: seconds == nil ? "engine" : spec.name)
    }

    /// Lets time pass.
    mutating func tick(_ now: Milliseconds) {
        view.phi = phi.phi(at: now)
        guard view.phi >= PhiAccrual.threshold, view.condition == .answers || view.condition == .unknown else { return }
        become(.silent, now, "no answer since \(Words.duration(now - (phi.lastArrival ?? now)))")
    }

    /// Time in which nobody listened.
    mutating func forgive(_ gap: Milliseconds) { phi.forgive(gap) }

    private mutating func become(_ condition: MemberCondition, _ now: Milliseconds, _ words: String) {
        view.words = words
        guard view.condition != condition else { return }
        view.condition = condition
        view.since = now
    }

    /// True when the loss is a fact and not one lost packet: refused twice in a row, or silent beyond doubt.
    var isLost: Bool {
        view.condition == .silent || ([.refuses, .unwell].contains(view.condition) && refusals >= 2)
    }

    /// Its own role, when it answers and said so freshly.
    func role(_ now: Milliseconds, _ freshness: Milliseconds) -> MemberRole? {
        guard view.condition == .answers, let role = view.role, role.age(now) <= freshness else { return nil }
        return role.value
    }

    /// It answers and says that it is primary, however old its word: enough to keep others from being promoted.
    var claimsToBePrimary: Bool { view.condition == .answers && view.role?.value == .primary }

    /// What it says it is and whether it takes writes do not agree.
    func contradictsItself(_ now: Milliseconds, _ freshness: Milliseconds) -> Bool {
        guard let role = role(now, freshness), let writable = view.writable, writable.age(now) <= freshness else {
            return false
        }
        return writable.value != (role == .primary)
    }

    var contradiction: String {
        view.writable?.value == true
            ? "\(spec.name) says that it is a standby, but it takes writes"
            : "\(spec.name) says that it is primary, but it takes no writes"
    }

    /// Why it certainly takes no writes now; nil when that is not certain.
    ///
    /// - Parameter asksForWrites: the service asks its members whether they take writes; then that answer must agree.
    func shutOut(_ now: Milliseconds, _ freshness: Milliseconds, asksForWrites: Bool) -> String? {
        if let writable = view.writable, writable.age(now) <= freshness {
            return writable.value || role(now, freshness) == .primary ? nil : "\(spec.name) refuses writes"
        }
        if view.condition == .refuses, refusals >= 2 { return "\(spec.name) refuses connections" }
        if asksForWrites || view.condition != .answers { return nil }
        return role(now, freshness) == .standby ? "\(spec.name) says itself that it is a standby" : nil
    }
}
