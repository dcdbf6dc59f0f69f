import FoundationEssentials
import GRDB
import TocsinCore
import TocsinModel

/// The journal in one SQLite file: WAL, and `synchronous=FULL`, because what it says happened must have been written.
package final class SQLiteJournal: Journal {
    private let database: DatabaseQueue
    /// Episodes that ended longer ago are forgotten but for their number.
    private static let shapeVersion = 1

    /// Opens or creates the file. A file that is damaged is set aside under a new name, never deleted, and the words
    /// for the banner are returned beside the fresh journal.
    package static func open(_ path: String) throws(JournalFailure) -> (journal: SQLiteJournal, notice: String?) {
        do {
            return (try SQLiteJournal(path), nil)
        } catch let error as DatabaseError where error.saysDamage {
            let aside = DamagedFile.setAside(path)
            do {
                return (
                    try SQLiteJournal(path),
                    "the journal was damaged; it was set aside as \(aside); `tocsin state restore` brings a copy back"
                )
            } catch { throw words(error) }
        } catch { throw words(error) }
    }

    /// The alerts a journal holds, read without touching it; none when it cannot be read.
    package static func peek(_ path: String) -> [Alert] {
        var configuration = Configuration()
        configuration.readonly = true
        guard let database = try? DatabaseQueue(path: path, configuration: configuration) else { return [] }
        return (try? SQLiteJournal(reading: database).alerts().alerts) ?? []
    }

    /// The runs and services a journal holds, read without touching it; none when it cannot be read.
    package static func peekFailover(_ path: String) -> (runs: [Run], services: [ServiceMemory]) {
        var configuration = Configuration()
        configuration.readonly = true
        guard let database = try? DatabaseQueue(path: path, configuration: configuration),
            let known = try? SQLiteJournal(reading: database).failover()
        else { return ([], []) }
        return (known.runs, known.services)
    }

    private init(reading database: DatabaseQueue) { self.database = database }

    private init(_ path: String) throws {
        var configuration = Configuration()
        configuration.journalMode = .wal
        configuration.busyMode = .timeout(2)
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA synchronous=FULL")
        }
        database = try DatabaseQueue(path: path, configuration: configuration)
        // What a newer version wrote is left as it is: this one would not understand it.
        if try database.read(Migrations.migrator.hasBeenSuperseded) {
            throw JournalFailure(
                "the journal was written by a newer version of Tocsin: use that one, or move \(path) away")
        }
        try Migrations.migrator.migrate(database)
        // Asked once, so that damage shows at the start and not in the middle of an incident.
        let verdict = try database.read { try String.fetchOne($0, sql: "PRAGMA quick_check(1)") }
        if verdict != "ok" { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: verdict) }
        DiskReserve.fill(database)
    }

    /// Brings what the log holds into the file, so that a copy of the one file is whole. What fails stays in the log.
    package func settle() {
        _ = try? database.writeWithoutTransaction { try $0.checkpoint(.truncate) }
    }

    private static func words(_ error: any Error) -> JournalFailure {
        if let failure = error as? JournalFailure { return failure }
        if let error = error as? DatabaseError {
            switch error.resultCode {
            case .SQLITE_FULL: return JournalFailure("the disk is full")
            case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM:
                return JournalFailure("the journal cannot be written: \(error.message ?? "no permission")")
            default: return JournalFailure(error.message ?? "SQLite error \(error.resultCode.rawValue)")
            }
        }
        return JournalFailure("\(error)")
    }

    package func commit(_ changes: [Change], _ audit: [AuditEntry]) throws(JournalFailure) {
        // The reserved pages are for runs; everything else must leave them alone.
        let isRun = changes.contains { if case .run = $0 { true } else { false } }
        if !isRun, !DiskReserve.isFull(database), !DiskReserve.fill(database) {
            throw JournalFailure("the disk is full")
        }
        do { try write(changes, audit) } catch {
            guard isRun, (error as? DatabaseError)?.resultCode == .SQLITE_FULL else { throw Self.words(error) }
            // The log begins anew in the space it has; what is free in the file takes the rest.
            DiskReserve.rewind(database)
            do { try write(changes, audit) } catch { throw Self.words(error) }
        }
    }

    private func write(_ changes: [Change], _ audit: [AuditEntry]) throws {
        try database.write { db in
            for change in changes {
                switch change {
                case .alert(let alert, let key): try Self.save(alert, key, db)
                case .run(let run): try FailoverRows.save(run, db)
                case .service(let memory): try FailoverRows.save(memory, db)
                case .silence(let silence): try GrantRows.save(silence, db)
                case .token(let token): try GrantRows.save(token, db)
                case .revokedToken(let name): try GrantRows.remove(token: name, db)
                }
            }
            if !audit.isEmpty { try Self.append(audit, db) }
        }
    }

    package func failover() throws(JournalFailure) -> (runs: [Run], services: [ServiceMemory], unreadable: Int) {
        do { return try database.read { try FailoverRows.all($0) } } catch { throw Self.words(error) }
    }

    package func grants() throws(JournalFailure) -> (silences: [Silence], tokens: [AccessToken], unreadable: Int) {
        do { return try database.read { try GrantRows.all($0) } } catch { throw Self.words(error) }
    }

    private static func save(_ alert: Alert, _ key: String, _ db: Database) throws {
        var alert = alert
        alert.rule = key
        let body = try RowCoding.text(alert)
        try db.execute(
            sql: """
                INSERT OR REPLACE INTO alerts (fingerprint, episode, state, rule, version, body, changed)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                Hex.string(alert.episode.fingerprint), alert.episode.number, alert.state.rawValue, key,
                shapeVersion, body, alert.judgedAt,
            ])
    }

    private static func append(_ entries: [AuditEntry], _ db: Database) throws {
        let last = try Row.fetchOne(db, sql: "SELECT sequence, digest FROM audit ORDER BY sequence DESC LIMIT 1")
        var sequence: Int64 = last?["sequence"] ?? 0
        var previous: String = last?["digest"] ?? AuditChain.origin
        for var entry in entries {
            sequence += 1
            entry.sequence = sequence
            let digest = AuditChain.digest(entry, after: previous)
            try db.execute(
                sql: """
                    INSERT INTO audit (sequence, at, name, uid, action, target, episode, detail, previous, digest)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    sequence, entry.at, entry.by.name, Int64(entry.by.uid), entry.action, entry.target, entry.episode,
                    entry.detail, previous, digest,
                ])
            previous = digest
        }
    }

    package func alerts() throws(JournalFailure) -> (alerts: [Alert], unreadable: Int) {
        do {
            let bodies = try database.read { db in
                try String.fetchAll(db, sql: "SELECT body FROM alerts ORDER BY fingerprint")
            }
            // One row of another shape must not cost the others.
            let alerts = bodies.compactMap { RowCoding.value(Alert.self, $0) }
            return (alerts, bodies.count - alerts.count)
        } catch { throw Self.words(error) }
    }

    package func audit(offset: Int, count: Int, episode: String?) throws(JournalFailure) -> AuditSlice {
        do {
            return try database.read { db in
                let filter = episode == nil ? "" : "WHERE episode = ?"
                let arguments = episode.map { StatementArguments([$0]) } ?? StatementArguments()
                let total = try Int.fetchOne(db, sql: "SELECT count(*) FROM audit \(filter)", arguments: arguments) ?? 0
                let links = try Row.fetchAll(
                    db, sql: "SELECT * FROM audit \(filter) ORDER BY sequence DESC LIMIT \(count) OFFSET \(offset)",
                    arguments: arguments
                ).map(Self.link)
                let chain = episode == nil ? Self.words(Array(links.reversed()), total) : ""
                return AuditSlice(entries: links.map(\.entry), total: total, chain: chain)
            }
        } catch { throw Self.words(error) }
    }

    /// Carries out a statement as it is: for whoever must look at or mend a journal by hand, and for tests.
    package func execute(_ statement: String) throws { try database.write { try $0.execute(sql: statement) } }

    /// Checks every link of the journal, from the first to the last. The number of the first broken one, or nil.
    package func firstBreak() throws(JournalFailure) -> Int64? {
        do {
            let links = try database.read { db in
                try Row.fetchAll(db, sql: "SELECT * FROM audit ORDER BY sequence").map(Self.link)
            }
            return AuditChain.firstBreak(links)
        } catch { throw Self.words(error) }
    }

    /// Checks every link of the journal at a path, which an engine may be writing, and counts them.
    package static func verify(_ path: String) throws(JournalFailure) -> (entries: Int, broken: Int64?) {
        do {
            var configuration = Configuration()
            configuration.readonly = true
            let links = try DatabaseQueue(path: path, configuration: configuration).read { db in
                try Row.fetchAll(db, sql: "SELECT * FROM audit ORDER BY sequence").map(Self.link)
            }
            return (links.count, AuditChain.firstBreak(links))
        } catch { throw words(error) }
    }

    private static func words(_ links: [AuditChain.Link], _ total: Int) -> String {
        if let broken = AuditChain.firstBreak(links) {
            return "the chain is BROKEN at entry \(broken): it was changed outside of Tocsin"
        }
        return total == 0
            ? "no entries yet" : "chain whole over the \(links.count == 1 ? "entry" : "\(links.count) entries") shown"
    }

    private static func link(_ row: Row) -> AuditChain.Link {
        let uid: Int64 = row["uid"]
        let entry = AuditEntry(
            sequence: row["sequence"], at: row["at"],
            by: Operator(name: row["name"], uid: UInt32(truncatingIfNeeded: uid)),
            action: row["action"], target: row["target"], episode: row["episode"], detail: row["detail"])
        return AuditChain.Link(entry: entry, previous: row["previous"], digest: row["digest"])
    }

    package func keep(_ detectors: [DetectorMemory]) throws(JournalFailure) {
        do {
            try database.write { db in
                for one in detectors {
                    try db.execute(
                        sql: "INSERT OR REPLACE INTO detectors (name, settings, state, at) VALUES (?, ?, ?, ?)",
                        arguments: [one.name, one.settings, Data(one.state), one.at])
                }
            }
        } catch { throw Self.words(error) }
    }

    package func detectors() throws(JournalFailure) -> [DetectorMemory] {
        // A series that has not shown up in a month of watching does not come back as it was. Where nothing can be written,
        // nothing is lost by keeping it.
        try? database.write { db in
            try db.execute(
                sql: "DELETE FROM detectors WHERE at < (SELECT MAX(at) FROM detectors) - ?",
                arguments: [30 * 86_400_000])
        }
        do {
            return try database.read { db in
                try Row.fetchAll(db, sql: "SELECT * FROM detectors ORDER BY name").map {
                    DetectorMemory(
                        name: $0["name"], settings: $0["settings"], state: Array($0["state"] as Data), at: $0["at"])
                }
            }
        } catch { throw Self.words(error) }
    }
}
