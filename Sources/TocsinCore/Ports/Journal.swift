import TocsinModel

/// Where decisions are kept. All calls come from one thread at a time.
package protocol Journal: Sendable {
    /// Writes changes and audit entries in one transaction, durably. The engine may crash right after it returns.
    func commit(_ changes: [Change], _ audit: [AuditEntry]) throws(JournalFailure)
    /// The last episode of every label set, and how many rows could not be understood.
    func alerts() throws(JournalFailure) -> (alerts: [Alert], unreadable: Int)
    /// The newest runs and what is kept of services, and how many rows could not be understood.
    func failover() throws(JournalFailure) -> (runs: [Run], services: [ServiceMemory], unreadable: Int)
    /// Silences and tokens, and how many rows could not be understood.
    func grants() throws(JournalFailure) -> (silences: [Silence], tokens: [AccessToken], unreadable: Int)
    /// Audit entries, newest first.
    func audit(offset: Int, count: Int, episode: String?) throws(JournalFailure) -> AuditSlice
    /// Keeps a detector's memory under its name.
    func keep(_ detectors: [DetectorMemory]) throws(JournalFailure)
    /// The memories kept.
    func detectors() throws(JournalFailure) -> [DetectorMemory]
}

/// A part of the audit.
package struct AuditSlice: Sendable {
    package var entries: [AuditEntry]
    package var total: Int
    /// What the check of the hash chain over these entries found, in words.
    package var chain: String

    package init(entries: [AuditEntry], total: Int, chain: String) {
        self.entries = entries
        self.total = total
        self.chain = chain
    }
}

/// What a detector has learned, with the settings it learned under.
package struct DetectorMemory: Sendable, Equatable {
    package var name: String
    /// A change of it makes the memory worthless.
    package var settings: String
    /// The detector's own encoding.
    package var state: [UInt8]
    /// When it was last fed, by the wall clock.
    package var at: Milliseconds

    package init(name: String, settings: String, state: [UInt8], at: Milliseconds) {
        self.name = name
        self.settings = settings
        self.state = state
        self.at = at
    }
}

/// Why the journal could not do something, in words for the banner.
package struct JournalFailure: Error, Sendable, CustomStringConvertible {
    package let reason: String
    package init(_ reason: String) { self.reason = reason }
    package var description: String { reason }
}
