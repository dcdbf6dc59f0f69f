import TocsinModel

/// One deed that is due: a call of a step whose intent is on record.
package struct Order: Sendable, Equatable {
    package var run: RunID
    package var service: String
    /// The number of the step, counted from 0.
    package var step: Int
    /// The step is taken back.
    package var undo: Bool
    package var call: StepCall
    /// Milliseconds after which the driver gives up and the outcome is unknown.
    package var deadline: Milliseconds

    package init(
        run: RunID, service: String, step: Int, undo: Bool, call: StepCall, deadline: Milliseconds
    ) {
        self.run = run
        self.service = service
        self.step = step
        self.undo = undo
        self.call = call
        self.deadline = deadline
    }
}

/// What the journal keeps of a service beside its runs.
package struct ServiceMemory: Sendable, Codable, Equatable {
    package var name: String
    package var lastPrimary: String?
    package var maintenance: Maintenance?

    package init(name: String, lastPrimary: String?, maintenance: Maintenance?) {
        self.name = name
        self.lastPrimary = lastPrimary
        self.maintenance = maintenance
    }
}
