import TocsinModel

/// What the machine remembers of a run beside what is kept: nothing of it matters after a restart.
struct RunProgress: Sendable {
    /// Good looks in a row, and since when the next one counts.
    var good = 0
    var lookedAt: Milliseconds = 0
    /// Audit lines the journal could not take, and when to try again.
    var unrecorded: [AuditEntry] = []
    var retryAt: Milliseconds?
    /// The engine died in the middle of it: a person must look before it goes on.
    var interrupted = false
    /// Why the next step is not begun yet.
    var held: String?
    /// The step that is being taken back just now.
    var undoing: Int?
    /// The run itself is on record.
    var isRecorded = false
}
