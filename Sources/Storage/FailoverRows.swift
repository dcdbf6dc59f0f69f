import GRDB
import TocsinCore
import TocsinModel

/// Runs and services as rows of the journal.
enum FailoverRows {
    private static let shapeVersion = 1
    /// So many finished runs are read back; the journal keeps all.
    private static let most = 100

    static func save(_ run: Run, _ db: Database) throws {
        try db.execute(
            sql: "INSERT OR REPLACE INTO runs (id, service, state, started, version, body) VALUES (?, ?, ?, ?, ?, ?)",
            arguments: [
                Hex.string(run.id.raw), run.plan.service, run.state.rawValue, run.startedAt, shapeVersion,
                try RowCoding.text(run),
            ])
    }

    static func save(_ memory: ServiceMemory, _ db: Database) throws {
        try db.execute(
            sql: "INSERT OR REPLACE INTO services (name, version, body) VALUES (?, ?, ?)",
            arguments: [memory.name, shapeVersion, try RowCoding.text(memory)])
    }

    /// Every open run, the newest of the others, and all services.
    static func all(_ db: Database) throws -> (runs: [Run], services: [ServiceMemory], unreadable: Int) {
        let rows = try String.fetchAll(
            db,
            sql: """
                SELECT body FROM runs WHERE state IN ('running', 'undoing', 'unknown')
                UNION SELECT body FROM (SELECT body FROM runs ORDER BY started DESC LIMIT \(most))
                """)
        let memories = try String.fetchAll(db, sql: "SELECT body FROM services ORDER BY name")
        let runs = rows.compactMap { RowCoding.value(Run.self, $0) }
        let services = memories.compactMap { RowCoding.value(ServiceMemory.self, $0) }
        return (runs, services, rows.count + memories.count - runs.count - services.count)
    }
}
