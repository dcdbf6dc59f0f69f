import TocsinModel

/// Everything that can happen to the core.
package enum Input: Sendable {
    /// The rules now in force. Alerts of rules that are gone are resolved with the reason "rule removed".
    case configured([RuleKey])
    /// What the journal held at the start.
    case restored([Alert])
    /// What the journal held of silences and tokens at the start.
    case restoredGrants([Silence], [AccessToken])
    /// The services now in force.
    case services([ServiceSpec])
    /// What the journal held of services and runs at the start.
    case restoredRuns([ServiceMemory], [Run])
    /// This engine may act on a service, or why it may not.
    case standing(service: String, watchOnly: String?)
    /// A member, a witness or the clients' address was asked.
    case probed(ProbeReport)
    /// A driver has carried a step out, or taken it back.
    case stepFinished(RunID, step: Int, undo: Bool, StepOutcome)
    /// The engine is about to end.
    case draining
    /// A group was evaluated.
    case evaluated(GroupResult)
    /// An operator asks for something.
    case command(CommandID, OperatorCommand, by: Operator)
    /// The journal has the decision of this number.
    case committed(UInt64)
    /// The journal could not take it, and why.
    case commitFailed(UInt64, String)
    /// Time has passed.
    case tick
}

/// What is due after an input.
package struct Decision: Sendable {
    /// The number under which its commit is reported back; 0 when there is nothing to commit.
    package var sequence: UInt64 = 0
    /// What to persist.
    package var changes: [Change] = []
    package var audit: [AuditEntry] = []
    /// Answers to operators; those with a commit pending follow it.
    package var replies: [Reply] = []
    /// What is to be done now: its intent is on record.
    package var act: [Order] = []
    /// What the detectors are to be told: it is on record.
    package var detectors: [DetectorOrder] = []
    /// When the core wants to be stepped at the latest, on the engine's time line; nil for no sooner than the next tick.
    package var wakeAt: Milliseconds?
    /// What becomes true when the journal has this decision.
    var effects: [MonitorCore.Effect] = []

    package init() {}

    /// True when the journal has something to do.
    package var needsCommit: Bool { !changes.isEmpty || !audit.isEmpty }
}

/// One row to write.
package enum Change: Sendable, Equatable {
    case alert(Alert, key: String)
    case run(Run)
    case service(ServiceMemory)
    case silence(Silence)
    case token(AccessToken)
    case revokedToken(name: String)
}

/// The answer to a command.
package struct Reply: Sendable, Equatable {
    package let id: CommandID
    package let receipt: Receipt

    package init(_ id: CommandID, _ receipt: Receipt) {
        self.id = id
        self.receipt = receipt
    }
}
