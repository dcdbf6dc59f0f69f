import FoundationEssentials
import GRDB

/// A database whose bytes are not what SQLite wrote: it is set aside and never deleted.
enum DamagedFile {
    /// Gives the file and what lies beside it another name, and returns that.
    static func setAside(_ path: String) -> String {
        let aside = path + ".damaged-\(Int(Date().timeIntervalSince1970))"
        for suffix in ["", "-wal", "-shm"] {
            // The side files may be missing.
            try? FileManager.default.moveItem(atPath: path + suffix, toPath: aside + suffix)
        }
        return aside
    }
}

extension DatabaseError {
    /// Whether the file itself is at fault. A header with an impossible format number is reported as a plain error
    /// with these words (SQLite's `sqlite3InitOne`).
    var saysDamage: Bool {
        [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(resultCode) || message == "unsupported file format"
    }
}
