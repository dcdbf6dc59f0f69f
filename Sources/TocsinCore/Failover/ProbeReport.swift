import TocsinModel

/// What came of asking somebody once.
package struct ProbeReport: Sendable {
    /// Who was asked.
    package enum Source: Sendable, Hashable {
        case member(String)
        /// An independent observer.
        case witness(String)
        /// The address clients use.
        case client
    }

    package enum Outcome: Sendable, Equatable {
        case answered
        /// Nobody listens there: its host said so at once.
        case refused(String)
        /// A definite no of its check; what it said. It may still take writes.
        case unwell(String)
        /// Nothing came back in time.
        case silent(String)
        /// Our own network could not carry the question.
        case unseen(String)
    }

    package enum Statement: Sendable, Equatable {
        case role(MemberRole)
        case lagBytes(Int64)
        case lagSeconds(Double)
        case writable(Bool)
        /// Whom it follows.
        case follows(String)
        /// Whether it hears another member, and for how many milliseconds it has not.
        case hears(String, Bool, silentFor: Milliseconds?)
    }

    package var service: String
    package var source: Source
    package var outcome: Outcome
    /// When the question went out and the answer came in, on the engine's time line.
    package var askedAt: Milliseconds
    package var receivedAt: Milliseconds
    /// When the origin says that it stated this; nil counts from the question.
    package var statedAt: Milliseconds?
    package var statements: [Statement]
    /// Its first line, for the screen.
    package var words: String

    package init(
        service: String, source: Source, outcome: Outcome, askedAt: Milliseconds, receivedAt: Milliseconds,
        statedAt: Milliseconds? = nil, statements: [Statement] = [], words: String = ""
    ) {
        self.service = service
        self.source = source
        self.outcome = outcome
        self.askedAt = askedAt
        self.receivedAt = receivedAt
        self.statedAt = statedAt
        self.statements = statements
        self.words = words
    }

    /// When what it says was true: never in the future, and never later than the answer.
    package var truth: Milliseconds { min(statedAt ?? askedAt, receivedAt) }
}
