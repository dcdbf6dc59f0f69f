import FoundationEssentials
import GRDB
import Storage
import TestKit
import Testing
import TocsinCore
import TocsinModel

/// What a journal does with files that are not as they should be.
@Suite struct JournalGuardTests {
    private let fixture = Fixture()
    private var path: String { fixture.path + "/decisions.db" }

    private func fill() throws {
        let (journal, _) = try SQLiteJournal.open(path)
        for number in 0..<2_000 {
            try journal.commit(
                [],
                [
                    AuditEntry(
                        at: 5, by: Operator(name: "kim", uid: 1000), action: "a", target: "t", episode: "",
                        detail: "number \(number)")
                ])
        }
    }

    @Test func flippedBytesAreFoundAtTheStart() throws {
        try fill()
        var bytes = Array(try #require(FileManager.default.contents(atPath: path)))
        var random = SeededRandom(3)
        // Pages of nonsense behind the first few, which hold the tables' names.
        for at in (4_096 * 12)..<(4_096 * 40) { bytes[at] = UInt8.random(in: .min ... .max, using: &random) }
        fixture.write("decisions.db", bytes: bytes)
        let (journal, notice) = try SQLiteJournal.open(path)
        #expect(notice?.contains("set aside") == true)
        #expect(try journal.audit(offset: 0, count: 5, episode: nil).total == 0)
    }

    @Test func aNewerVersionsFileIsLeftAlone() throws {
        try fill()
        let database = try DatabaseQueue(path: path)
        try database.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('99 from tomorrow')") }
        try database.close()
        #expect {
            _ = try SQLiteJournal.open(path)
        } throws: { "\($0)".contains("newer version") }
        try DatabaseQueue(path: path).write {
            try $0.execute(sql: "DELETE FROM grdb_migrations WHERE identifier LIKE '99%'")
        }
        #expect(try SQLiteJournal.open(path).journal.audit(offset: 0, count: 1, episode: nil).total == 2_000)
    }
}
