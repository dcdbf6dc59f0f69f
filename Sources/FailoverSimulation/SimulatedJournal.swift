import TocsinCore
import TocsinModel

/// What is on the disk, and what is on its way there.
struct SimulatedJournal {
    private(set) var runs: [RunID: Run] = [:]
    private(set) var services: [String: ServiceMemory] = [:]
    private(set) var audit: [AuditEntry] = []
    /// The disk takes nothing before this time.
    var failsUntil = 0

    mutating func commit(_ changes: [Change], _ entries: [AuditEntry]) {
        for change in changes {
            switch change {
            case .run(let run): runs[run.id] = run
            case .service(let memory): services[memory.name] = memory
            case .alert, .silence, .token, .revokedToken: break
            }
        }
        audit += entries
    }

    func entries(of run: RunID) -> [AuditEntry] {
        let key = RunWords.key(run)
        return audit.filter { $0.episode == key }
    }
}
