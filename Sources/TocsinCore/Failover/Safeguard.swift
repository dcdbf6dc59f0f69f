/// Everything that stands between an intent and a deed. Tests and the simulation switch them off one at a time to show
/// that each is needed; nothing else may.
package enum Safeguard: Hashable, Sendable {
    case guarded(GuardID)
    /// A plan ends after a minute.
    case planExpiry
    /// A plan dies with the view it was made from.
    case planView
    /// What was typed must be what the plan asks for.
    case confirmation
    /// The first step waits until the run is on record.
    case recordRun
    /// Every later step waits until its intent is on record.
    case recordStep
    /// What came of a step is on record before the next one.
    case recordOutcome
    /// How a run ended is on record.
    case recordEnd
    /// A step that was under way when the engine died is unknown, and never begun again.
    case neverRepeat
    /// The end is seen by ourselves, three times.
    case verification

    package static var all: [Safeguard] {
        GuardID.allCases.map { .guarded($0) } + [
            .planExpiry, .planView, .confirmation, .recordRun, .recordStep, .recordOutcome, .recordEnd, .neverRepeat,
            .verification,
        ]
    }
}
