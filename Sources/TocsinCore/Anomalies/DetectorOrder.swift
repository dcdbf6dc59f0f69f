import TocsinModel

/// What an operator tells a detector of one of its series.
package struct DetectorOrder: Sendable, Equatable {
    package enum Kind: Sendable {
        /// What is seen at present is normal from now on.
        case accept
        /// The last alarm was none.
        case refuse
    }

    package var kind: Kind
    package var name: WatchedName

    package init(_ kind: Kind, _ name: WatchedName) {
        self.kind = kind
        self.name = name
    }
}

extension MonitorCore {
    /// Writes down what an operator says of a detector's series; the detector hears it when it is on record.
    mutating func tell(
        _ order: DetectorOrder, _ id: CommandID, _ command: OperatorCommand, _ by: Operator, _ now: Moment,
        _ decision: inout Decision
    ) {
        let words =
            order.kind == .accept
            ? "what is seen at present is normal from now on" : "the last alarm was none; the next needs more"
        decision.audit.append(
            AuditEntry(
                at: now.wall, by: by, action: OperatorCommand.name(of: command), target: order.name.description,
                detail: words))
        let receipt = Receipt(.done, "\(order.name): \(words)")
        decision.effects += [.detector(order), .reply(Reply(id, receipt))]
    }
}
