/// The services, and one of them in detail.
public struct ServicesPage: Sendable, Codable {
    public var services: [ServiceView]
    /// The run under way or the last one of each service, by service name.
    public var lastRuns: [Run]
    /// Runs of the chosen service, newest first.
    public var history: [Run]
    public var selected: String?

    public init(services: [ServiceView], lastRuns: [Run], history: [Run], selected: String?) {
        self.services = services
        self.lastRuns = lastRuns
        self.history = history
        self.selected = selected
    }
}

/// One plan, as it stands now.
public struct PlanPage: Sendable, Codable {
    /// Nil when the engine does not know it any more.
    public var plan: Plan?
    /// The service as it is now.
    public var service: ServiceView?

    public init(plan: Plan?, service: ServiceView?) {
        self.plan = plan
        self.service = service
    }
}

/// One run, as it stands now.
public struct RunPage: Sendable, Codable {
    public var run: Run?
    public var service: ServiceView?

    public init(run: Run?, service: ServiceView?) {
        self.run = run
        self.service = service
    }
}

/// A service in a line of the overview.
public struct ServiceLine: Sendable, Codable, Equatable {
    public var name: String
    public var severity: Severity?
    public var sentence: String
    public var since: Milliseconds
    /// The members in order: name, role letter or condition.
    public var members: String

    public init(name: String, severity: Severity?, sentence: String, since: Milliseconds, members: String) {
        self.name = name
        self.severity = severity
        self.sentence = sentence
        self.since = since
        self.members = members
    }
}
