import GRDB

/// Pages that lie free in the journal's file and its log, so that a run can be recorded when the disk is full.
///
/// SQLite overwrites free pages of the database file before it grows the file, and it writes its log from the beginning
/// again after a checkpoint. Both were written once, so on file systems that overwrite in place (ext4, xfs, tmpfs) they
/// need no new space. On those that copy on write there is no such promise.
enum DiskReserve {
    /// A page is 4 KiB; a run with its audit takes about 60.
    private static let pages = 256
    private static let least = 160

    /// True while enough pages are free.
    static func isFull(_ database: DatabaseQueue) -> Bool {
        // A database that cannot be asked has no reserve; the write itself will say why.
        (try? database.read { try Int.fetchOne($0, sql: "PRAGMA freelist_count") ?? 0 }).map { $0 >= least } ?? false
    }

    /// Fills the reserve where it is low. False when the disk has no room for it; other troubles show at the next write.
    @discardableResult
    static func fill(_ database: DatabaseQueue) -> Bool {
        do {
            // Zeros that are written, not a hole.
            try database.write { db in
                try db.execute(sql: "INSERT INTO reserve (body) VALUES (zeroblob(?))", arguments: [pages * 4096])
            }
            try database.write { try $0.execute(sql: "DELETE FROM reserve") }
            rewind(database)
            return true
        } catch { return (error as? DatabaseError)?.resultCode != .SQLITE_FULL }
    }

    /// Copies the log into the database, so that the next commit writes it from its beginning.
    static func rewind(_ database: DatabaseQueue) {
        // Where it does not work the commit that follows says so.
        try? database.writeWithoutTransaction { db in _ = try db.checkpoint(.restart) }
    }
}
