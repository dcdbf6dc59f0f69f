/// One page of the dashboard: everything a screen needs to draw itself, as plain values.
public struct Page: Sendable, Codable {
    /// What every screen shows at its edges.
    public var head: PageHead
    public var body: PageBody

    public init(head: PageHead, body: PageBody) {
        self.head = head
        self.body = body
    }
}

/// The part of a page that differs from screen to screen.
public enum PageBody: Sendable {
    case overview(OverviewPage)
    case alerts(AlertsPage)
    case processes(ProcessesPage)
    case audit(AuditPage)
    case services(ServicesPage)
    case plan(PlanPage)
    case run(RunPage)
    case silences(SilencesPage)
    case tokens(TokensPage)
    case rules(RulesPage)
    case health(HealthPage)
    case targets(TargetsPage)
    case fleet(FleetPage)
    case anomalies(AnomaliesPage)
}

/// On the wire a body is an object with one key, the screen's name.
extension PageBody: Codable {
    private enum Key: String, CodingKey {
        case overview, alerts, processes, audit, services, plan, run, silences, tokens, rules, health, targets, fleet,
            anomalies
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        if let page = try container.decodeIfPresent(OverviewPage.self, forKey: .overview) {
            self = .overview(page)
        } else if let page = try container.decodeIfPresent(AlertsPage.self, forKey: .alerts) {
            self = .alerts(page)
        } else if let page = try container.decodeIfPresent(ProcessesPage.self, forKey: .processes) {
            self = .processes(page)
        } else if let page = try container.decodeIfPresent(ServicesPage.self, forKey: .services) {
            self = .services(page)
        } else if let page = try container.decodeIfPresent(PlanPage.self, forKey: .plan) {
            self = .plan(page)
        } else if let page = try container.decodeIfPresent(RunPage.self, forKey: .run) {
            self = .run(page)
        } else if let page = try container.decodeIfPresent(SilencesPage.self, forKey: .silences) {
            self = .silences(page)
        } else if let page = try container.decodeIfPresent(TokensPage.self, forKey: .tokens) {
            self = .tokens(page)
        } else if let page = try container.decodeIfPresent(RulesPage.self, forKey: .rules) {
            self = .rules(page)
        } else if let page = try container.decodeIfPresent(HealthPage.self, forKey: .health) {
            self = .health(page)
        } else if let page = try container.decodeIfPresent(TargetsPage.self, forKey: .targets) {
            self = .targets(page)
        } else if let page = try container.decodeIfPresent(FleetPage.self, forKey: .fleet) {
            self = .fleet(page)
        } else if let page = try container.decodeIfPresent(AnomaliesPage.self, forKey: .anomalies) {
            self = .anomalies(page)
        } else {
            self = .audit(try container.decode(AuditPage.self, forKey: .audit))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        switch self {
        case .overview(let page): try container.encode(page, forKey: .overview)
        case .alerts(let page): try container.encode(page, forKey: .alerts)
        case .processes(let page): try container.encode(page, forKey: .processes)
        case .audit(let page): try container.encode(page, forKey: .audit)
        case .services(let page): try container.encode(page, forKey: .services)
        case .plan(let page): try container.encode(page, forKey: .plan)
        case .run(let page): try container.encode(page, forKey: .run)
        case .silences(let page): try container.encode(page, forKey: .silences)
        case .tokens(let page): try container.encode(page, forKey: .tokens)
        case .rules(let page): try container.encode(page, forKey: .rules)
        case .health(let page): try container.encode(page, forKey: .health)
        case .targets(let page): try container.encode(page, forKey: .targets)
        case .fleet(let page): try container.encode(page, forKey: .fleet)
        case .anomalies(let page): try container.encode(page, forKey: .anomalies)
        }
    }
}

/// Where am I, how is it, who is watching: the same on every screen.
public struct PageHead: Sendable, Codable {
    /// The configured environment, such as `prod`; empty when none is configured.
    public var environment: String
    public var host: String
    public var operatorName: String
    /// The page's time on the engine's time line.
    public var now: Milliseconds
    /// What to add to any engine time of this page to show it to a person.
    public var clockOffset: Milliseconds
    /// Seconds since the host booted, or nil when unknown.
    public var uptimeSeconds: Double?
    public var cpuCount: Int
    /// Bytes of memory, or nil when unknown.
    public var memoryBytes: Double?
    /// Firing alerts nobody has taken, by severity, and those somebody has.
    public var counts: AlertCounts
    public var verdict: Verdict
    /// Beats once for every completed collection; the heart on the screen follows it.
    public var heartbeat: UInt64
    /// When the last collection was completed.
    public var collectedAt: Milliseconds
    /// The collection period in milliseconds.
    public var period: Milliseconds
    /// The page shows a past time rather than now.
    public var past: Bool
    /// Lines that matter whatever the screen: the engine ends with this process, nothing can be recorded, and the like.
    public var notices: [Notice]

    public init(
        environment: String, host: String, operatorName: String, now: Milliseconds, clockOffset: Milliseconds,
        uptimeSeconds: Double?, cpuCount: Int, memoryBytes: Double?, counts: AlertCounts, verdict: Verdict,
        heartbeat: UInt64, collectedAt: Milliseconds, period: Milliseconds, past: Bool, notices: [Notice]
    ) {
        self.environment = environment
        self.host = host
        self.operatorName = operatorName
        self.now = now
        self.clockOffset = clockOffset
        self.uptimeSeconds = uptimeSeconds
        self.cpuCount = cpuCount
        self.memoryBytes = memoryBytes
        self.counts = counts
        self.verdict = verdict
        self.heartbeat = heartbeat
        self.collectedAt = collectedAt
        self.period = period
        self.past = past
        self.notices = notices
    }
}

/// A line for the banner.
public struct Notice: Sendable, Codable, Equatable {
    public let severity: Severity
    public let text: String

    public init(_ severity: Severity, _ text: String) {
        self.severity = severity
        self.text = text
    }
}

/// How many alerts there are of which kind.
public struct AlertCounts: Sendable, Codable, Equatable {
    public var critical = 0
    public var warning = 0
    public var info = 0
    public var unknown = 0
    public var pending = 0
    public var acknowledged = 0
    public var silenced = 0

    public init() {}
}

/// The judgement in a sentence, and how much of it could be judged.
public struct Verdict: Sendable, Codable, Equatable {
    /// The severity of the worst unowned alert; nil when there is none.
    public var severity: Severity?
    /// True when everything that fires is owned by somebody.
    public var allOwned: Bool
    /// The sentence of the first line, without glyph, severity word or age.
    public var sentence: String
    /// The second line, without its age: who has it, what is suspected, what could not yet be judged.
    public var detail: String
    /// Since when it is so: what fires fires, or nothing has been seen. It is told as an age when the page is shown,
    /// so that a page on which only time goes by stays the same page.
    public var since: Milliseconds?
    /// The alert the verdict is about.
    public var episode: EpisodeID?
    public var rulesJudged: Int
    public var rulesTotal: Int

    public init(
        severity: Severity?, allOwned: Bool, sentence: String, detail: String, since: Milliseconds? = nil,
        episode: EpisodeID?, rulesJudged: Int, rulesTotal: Int
    ) {
        self.severity = severity
        self.allOwned = allOwned
        self.sentence = sentence
        self.detail = detail
        self.since = since
        self.episode = episode
        self.rulesJudged = rulesJudged
        self.rulesTotal = rulesTotal
    }

    private static let quiet = "no trouble seen"

    /// Nothing is seen: the sentence is this and what has been judged.
    public static func quietSentence(_ judged: String) -> String { "\(quiet); \(judged)" }

    /// The first line as of a time: a quiet one says for how long it has been quiet.
    public func sentence(at now: Milliseconds) -> String {
        guard let since, severity == nil, sentence.hasPrefix(Self.quiet) else { return sentence }
        return "\(Self.quiet) in \(Words.duration(now - since))\(sentence.dropFirst(Self.quiet.count))"
    }

    /// The second line as of a time: that of something that fires begins with its age.
    public func detail(at now: Milliseconds) -> String {
        guard let since, severity != nil else { return detail }
        return "\(Words.duration(now - since)), \(detail)"
    }
}
