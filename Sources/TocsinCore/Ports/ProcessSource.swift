import TocsinModel

/// Which processes the screen wants to see.
package struct ProcessQuery: Sendable, Equatable {
    package var order: ProcessOrder
    /// A part of the command, the user or the cgroup, in any case; empty for all.
    package var filter: String
    package var offset: Int
    package var rows: Int

    package init(order: ProcessOrder = .cpu, filter: String = "", offset: Int = 0, rows: Int = 8) {
        self.order = order
        self.filter = filter
        self.offset = offset
        self.rows = rows
    }
}

/// The process table as one query sees it.
package struct ProcessSnapshot: Sendable {
    package var page: ProcessesPage
    /// The busiest by processor time, for the overview.
    package var top: [ProcessRow]

    package init(page: ProcessesPage, top: [ProcessRow]) {
        self.page = page
        self.top = top
    }
}

/// Something that can list processes. Owned by one thread at a time; what it cannot read of a process is left out.
package protocol ProcessSource: AnyObject {
    /// Reads the process table. `now` is a monotonic time in nanoseconds.
    func sample(_ query: ProcessQuery, now: UInt64) throws(CollectFailure) -> ProcessSnapshot
}
