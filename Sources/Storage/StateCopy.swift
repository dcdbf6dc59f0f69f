import FoundationEssentials
import GRDB

/// Copies of the journal, and bringing one back.
package enum StateCopy {
    package struct Failure: Error, Sendable, CustomStringConvertible {
        package let description: String
    }

    /// Copies a journal that may be in use, page by page, and checks the copy before it gets its name.
    package static func back(up source: String, to target: String, in folder: String) throws(Failure) {
        let draft = target + ".part"
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            // One that was left by a crash.
            try? FileManager.default.removeItem(atPath: draft)
            var configuration = Configuration()
            configuration.readonly = true
            let from = try DatabaseQueue(path: source, configuration: configuration)
            let to = try DatabaseQueue(path: draft)
            try from.backup(to: to)
            try check(to)
            try to.close()
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: draft)
            if FileManager.default.fileExists(atPath: target) { try FileManager.default.removeItem(atPath: target) }
            try FileManager.default.moveItem(atPath: draft, toPath: target)
        } catch let failure as Failure { throw failure } catch { throw Failure(description: words(error)) }
    }

    /// Puts a copy in the place of the journal. What was there is set aside and never deleted. No engine may be running.
    ///
    /// - Returns: where the old journal is now; nil when there was none.
    package static func restore(_ copy: String, over target: String) throws(Failure) -> String? {
        do {
            var configuration = Configuration()
            configuration.readonly = true
            let from = try DatabaseQueue(path: copy, configuration: configuration)
            try check(from)
            var aside: String?
            if FileManager.default.fileExists(atPath: target) {
                let name = target + ".before-restore-\(Int(Date().timeIntervalSince1970))"
                for suffix in ["", "-wal", "-shm"] where FileManager.default.fileExists(atPath: target + suffix) {
                    try FileManager.default.moveItem(atPath: target + suffix, toPath: name + suffix)
                }
                aside = name
            }
            let to = try DatabaseQueue(path: target)
            try from.backup(to: to)
            try to.close()
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: target)
            return aside
        } catch let failure as Failure { throw failure } catch { throw Failure(description: words(error)) }
    }

    private static func check(_ database: DatabaseQueue) throws {
        let verdict = try database.read { try String.fetchOne($0, sql: "PRAGMA integrity_check") } ?? ""
        guard verdict == "ok" else { throw Failure(description: "SQLite's integrity check says: \(verdict)") }
        let tables = try database.read {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM sqlite_master WHERE name IN ('alerts', 'audit')") ?? 0
        }
        guard tables == 2 else { throw Failure(description: "this is no journal of Tocsin") }
    }

    private static func words(_ error: any Error) -> String {
        (error as? DatabaseError)?.message ?? "\(error)"
    }
}
