/// The rules in force, as they were last evaluated.
public struct RulesPage: Sendable, Codable {
    public var groups: [RuleGroupView]
    public init(groups: [RuleGroupView]) { self.groups = groups }
}

public struct RuleGroupView: Sendable, Codable {
    public var name: String
    public var file: String
    public var interval: Milliseconds
    public var limit: Int
    public var rules: [RuleView]
    /// How long the last evaluation took, in seconds.
    public var seconds: Double
    /// When the group was last evaluated, on the engine's time line; nil before the first time.
    public var evaluatedAt: Milliseconds?

    public init(
        name: String, file: String, interval: Milliseconds, limit: Int, rules: [RuleView], seconds: Double,
        evaluatedAt: Milliseconds?
    ) {
        self.name = name
        self.file = file
        self.interval = interval
        self.limit = limit
        self.rules = rules
        self.seconds = seconds
        self.evaluatedAt = evaluatedAt
    }
}

public struct RuleView: Sendable, Codable {
    public enum Kind: String, Sendable, Codable { case alerting, recording }

    public enum Health: String, Sendable, Codable { case ok, err, unknown }

    public var kind: Kind
    public var name: String
    /// The expression in canonical form.
    public var query: String
    public var holdFor: Milliseconds
    public var keepFiringFor: Milliseconds
    public var labels: [Annotation]
    public var annotations: [Annotation]
    public var health: Health
    public var lastError: String
    /// How long the last evaluation took, in seconds.
    public var seconds: Double
    /// Its active alerts, in ascending order of labels.
    public var alerts: [Alert]

    public init(
        kind: Kind, name: String, query: String, holdFor: Milliseconds, keepFiringFor: Milliseconds,
        labels: [Annotation], annotations: [Annotation], health: Health, lastError: String, seconds: Double,
        alerts: [Alert]
    ) {
        self.kind = kind
        self.name = name
        self.query = query
        self.holdFor = holdFor
        self.keepFiringFor = keepFiringFor
        self.labels = labels
        self.annotations = annotations
        self.health = health
        self.lastError = lastError
        self.seconds = seconds
        self.alerts = alerts
    }
}

/// Every silence that is known, the newest change first.
public struct SilencesPage: Sendable, Codable {
    public var silences: [Silence]
    /// How many firing alerts each one hides just now, in the order of `silences`.
    public var hidden: [Int]

    public init(silences: [Silence], hidden: [Int]) {
        self.silences = silences
        self.hidden = hidden
    }
}

/// Who may come in with a token. Hashes are not shown.
public struct TokensPage: Sendable, Codable {
    public var tokens: [AccessToken]
    public init(tokens: [AccessToken]) { self.tokens = tokens }
}

/// The engine's own condition.
public struct HealthPage: Sendable, Codable {
    /// One line each: what, how much, and whether that is well.
    public struct Item: Sendable, Codable, Equatable {
        public var name: String
        public var value: String
        /// Nil when it is well.
        public var severity: Severity?
        /// What is wrong with it, and the mend.
        public var remark: String

        public init(_ name: String, _ value: String, _ severity: Severity? = nil, _ remark: String = "") {
            self.name = name
            self.value = value
            self.severity = severity
            self.remark = remark
        }
    }

    public struct Section: Sendable, Codable, Equatable {
        public var title: String
        public var items: [Item]

        public init(_ title: String, _ items: [Item]) {
            self.title = title
            self.items = items
        }
    }

    public var version: String
    public var pid: Int32
    /// When the engine started, on its time line.
    public var startedAt: Milliseconds
    public var sections: [Section]

    public init(version: String, pid: Int32, startedAt: Milliseconds, sections: [Section]) {
        self.version = version
        self.pid = pid
        self.startedAt = startedAt
        self.sections = sections
    }

    /// Ready to be relied on: rules are judged and decisions are recorded.
    public var worst: Severity? { sections.flatMap(\.items).compactMap(\.severity).max() }
}
