import FoundationEssentials
import GRDB
import TimeSeries
import TocsinModel

/// Sealed chunks and thinned-out history in `series.db`: WAL and `synchronous=NORMAL`, at most a thousand rows in one
/// transaction, so that history never delays what must be written at once.
package final class ChunkStore: Sendable {
    let database: DatabaseQueue
    private static let batch = 1_000

    /// Opens or creates the file; one that is damaged is set aside under a new name, and the words for the banner are
    /// returned.
    package static func open(_ path: String) throws -> (store: ChunkStore, notice: String?) {
        do { return (try ChunkStore(path, readOnly: false), nil) } catch let error as DatabaseError
            where error.saysDamage
        {
            let aside = DamagedFile.setAside(path)
            return (
                try ChunkStore(path, readOnly: false), "the history was damaged; it was set aside as \(aside)"
            )
        }
    }

    package init(_ path: String, readOnly: Bool) throws {
        var configuration = Configuration()
        configuration.busyMode = .timeout(2)
        configuration.readonly = readOnly
        if !readOnly { configuration.journalMode = .wal }
        configuration.prepareDatabase { db in
            if readOnly { return }
            try db.execute(sql: "PRAGMA synchronous=NORMAL")
        }
        database = try DatabaseQueue(path: path, configuration: configuration)
        if readOnly { return }
        // Before the first table, so that the file can shrink.
        try database.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA auto_vacuum=INCREMENTAL") }
        try Self.migrator.migrate(database)
        _ = try database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM series") }
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 series, chunks, rollups") { db in
            try db.execute(
                sql: """
                    CREATE TABLE series (id INTEGER PRIMARY KEY, labels BLOB NOT NULL UNIQUE);
                    CREATE TABLE chunks (series INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
                        count INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (series, first)) WITHOUT ROWID;
                    CREATE INDEX chunks_last ON chunks (last);
                    CREATE TABLE rollups (series INTEGER NOT NULL, step INTEGER NOT NULL, first INTEGER NOT NULL,
                        last INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (series, step, first)) WITHOUT ROWID;
                    CREATE INDEX rollups_last ON rollups (step, last);
                    CREATE TABLE marks (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
                    """)
        }
        return migrator
    }

    /// Writes chunks down; one that is there already is left as it is.
    package func save(_ chunks: [SealedChunk]) throws {
        for start in stride(from: 0, to: chunks.count, by: Self.batch) {
            let part = chunks[start..<min(start + Self.batch, chunks.count)]
            try database.write { db in
                // Preparing a statement costs more than carrying it out.
                let insert = try db.cachedStatement(
                    sql: "INSERT OR IGNORE INTO chunks (series, first, last, count, bytes) VALUES (?, ?, ?, ?, ?)")
                for one in part {
                    try insert.execute(arguments: [
                        try Self.number(of: one.labels, db), one.chunk.first, one.chunk.last, one.chunk.count,
                        Data(one.chunk.bytes),
                    ])
                }
            }
        }
    }

    static func number(of labels: Labels, _ db: Database) throws -> Int64 {
        let bytes = Data(labels.bytes)
        let find = try db.cachedStatement(sql: "SELECT id FROM series WHERE labels = ?")
        if let known = try Int64.fetchOne(find, arguments: [bytes]) { return known }
        try db.cachedStatement(sql: "INSERT INTO series (labels) VALUES (?)").execute(arguments: [bytes])
        return db.lastInsertedRowID
    }

    /// The chunks that end after a time, series by series, ascending within each.
    package func chunks(endingAfter time: Milliseconds) throws -> [SealedChunk] {
        try database.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT labels, first, last, count, bytes FROM chunks JOIN series ON series.id = chunks.series
                    WHERE last > ? ORDER BY series.id, first
                    """, arguments: [time]
            ).compactMap { row in
                guard let labels = Labels(stored: row["labels"] as Data) else { return nil }
                return SealedChunk(labels: labels, chunk: Self.chunk(row))
            }
        }
    }

    /// The time of the first sample that is kept as it came; nil without any.
    package func oldest() throws -> Milliseconds? {
        try database.read { try Int64.fetchOne($0, sql: "SELECT min(first) FROM chunks") }
    }

    static func chunk(_ row: Row) -> Chunk {
        Chunk(bytes: Array(row["bytes"] as Data), count: row["count"], first: row["first"], last: row["last"])
    }

    /// The series that satisfy the conditions, with their numbers.
    func series(_ conditions: [Condition], _ db: Database) throws -> [(id: Int64, labels: Labels)] {
        var out: [(Int64, Labels)] = []
        let rows = try Row.fetchCursor(db, sql: "SELECT id, labels FROM series ORDER BY id")
        while let row = try rows.next() {
            guard let labels = Labels(stored: row["labels"] as Data) else { continue }
            if conditions.allSatisfy({ $0.accepts(labels) }) { out.append((row["id"], labels)) }
        }
        return out
    }
}

extension ChunkStore: SampleSource {
    package func samples(
        matching matchers: [LabelMatcher], from: Milliseconds, through: Milliseconds
    ) throws -> SampleBlock {
        let conditions = try matchers.map { try Condition($0) }
        return try database.read { db in
            var block = SampleBlock()
            // Where nothing lies in that time at all, the names of a hundred thousand series need not be looked at.
            let isAny = try Bool.fetchOne(
                db, sql: "SELECT EXISTS (SELECT 1 FROM chunks WHERE last >= ? AND first <= ?)",
                arguments: [from, through])
            guard isAny == true else { return block }
            let find = try db.cachedStatement(
                sql: "SELECT * FROM chunks WHERE series = ? AND last >= ? AND first <= ? ORDER BY first")
            for (id, labels) in try series(conditions, db) {
                let rows = try Row.fetchAll(find, arguments: [id, from, through])
                if rows.isEmpty { continue }
                block.add(labels, bornAt: rows[0]["first"]) { times, values in
                    for row in rows {
                        Self.chunk(row).decode(from: from, through: through, times: &times, values: &values)
                    }
                }
            }
            return block
        }
    }
}
