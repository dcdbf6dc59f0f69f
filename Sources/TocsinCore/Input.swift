import TocsinModel

/// Everything that can happen to the core.
package enum Input: Sendable {
    /// The rules now in force. Alerts of rules that are gone are resolved with the reason "rule removed".
    case configured([RuleKey])
    /// What the journal held at the start.
    case restored([Alert])
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

    package init() {}

    /// True when the journal has something to do.
    package var needsCommit: Bool { !changes.isEmpty || !audit.isEmpty }
}

/// One row to write.
package enum Change: Sendable, Equatable {
    case alert(Alert, key: String)
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
