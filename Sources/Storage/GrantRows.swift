import GRDB
import TocsinCore
import TocsinModel

/// Silences and tokens as rows of the journal.
enum GrantRows {
    private static let shapeVersion = 1

    static func save(_ silence: Silence, _ db: Database) throws {
        try db.execute(
            sql: "INSERT OR REPLACE INTO silences (id, ends, version, body) VALUES (?, ?, ?, ?)",
            arguments: [silence.id.description, silence.endsAt, shapeVersion, try RowCoding.text(silence)])
        // What ended long ago is in the audit; here it would only slow the start.
        try db.execute(
            sql: "DELETE FROM silences WHERE ends < ?",
            arguments: [silence.updatedAt - MonitorCore.silenceRetention])
    }

    static func save(_ token: AccessToken, _ db: Database) throws {
        try db.execute(
            sql: "INSERT OR REPLACE INTO tokens (name, version, body) VALUES (?, ?, ?)",
            arguments: [token.name, shapeVersion, try RowCoding.text(token)])
    }

    static func remove(token name: String, _ db: Database) throws {
        try db.execute(sql: "DELETE FROM tokens WHERE name = ?", arguments: [name])
    }

    static func all(_ db: Database) throws -> (silences: [Silence], tokens: [AccessToken], unreadable: Int) {
        let silences = try String.fetchAll(db, sql: "SELECT body FROM silences ORDER BY id")
        let tokens = try String.fetchAll(db, sql: "SELECT body FROM tokens ORDER BY name")
        let readSilences = silences.compactMap { RowCoding.value(Silence.self, $0) }
        let readTokens = tokens.compactMap { RowCoding.value(AccessToken.self, $0) }
        return (readSilences, readTokens, silences.count + tokens.count - readSilences.count - readTokens.count)
    }
}
