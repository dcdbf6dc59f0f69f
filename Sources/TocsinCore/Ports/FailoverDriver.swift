import TocsinModel

/// Drives one kind of service: asks its members and carries steps out. It decides nothing and knows no other driver.
package protocol FailoverDriver: Sendable {
    /// Everybody who is asked, each with its own rhythm.
    var probes: [ProbeRhythm] { get }
    /// Why our own network does not carry to somebody now, such as a cable that is out; nil when it does. Cheap.
    func cut(_ source: ProbeReport.Source) -> String?
    /// Asks once. Returns within the probe's timeout, whatever happens.
    func ask(_ source: ProbeReport.Source) async -> ProbeAnswer
    /// Carries a call out. Returns within the order's deadline, whatever happens; `unknown` when the answer was lost.
    func perform(_ order: Order) async -> StepOutcome
}

/// How often somebody is asked.
package struct ProbeRhythm: Sendable, Equatable {
    package var source: ProbeReport.Source
    package var interval: Milliseconds
    /// How often while a run is under way.
    package var hurried: Milliseconds

    package init(_ source: ProbeReport.Source, interval: Milliseconds, hurried: Milliseconds? = nil) {
        self.source = source
        self.interval = interval
        self.hurried = hurried ?? min(interval, 500)
    }
}

/// What came back, before the engine stamps it with its time.
package struct ProbeAnswer: Sendable, Equatable {
    package var outcome: ProbeReport.Outcome
    package var statements: [ProbeReport.Statement]
    /// When the origin says that it stated this, by the wall clock in milliseconds.
    package var statedAtWall: Milliseconds?
    package var words: String

    package init(
        _ outcome: ProbeReport.Outcome, statements: [ProbeReport.Statement] = [], statedAtWall: Milliseconds? = nil,
        words: String = ""
    ) {
        self.outcome = outcome
        self.statements = statements
        self.statedAtWall = statedAtWall
        self.words = words
    }
}
