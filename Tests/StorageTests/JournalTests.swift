import FoundationEssentials
import Glibc
import Storage
import TestKit
import Testing
import TocsinCore
import TocsinModel

@Suite struct JournalTests {
    private let fixture = Fixture()
    private var path: String { fixture.path + "/decisions.db" }

    private func alert(_ name: String = "Hot") -> Alert {
        var alert = Alert(
            episode: EpisodeID(fingerprint: Labels(dictionaryLiteral: ("alertname", name)).fingerprint, number: 3),
            labels: ["alertname": name], annotations: [Annotation("summary", "s")], rule: "g/Hot#1",
            expression: "x > 5",
            severity: .critical, state: .firing, holdFor: 5_000, activeSince: 1, lastTrue: 2, judgedAt: 3,
            value: .infinity)
        alert.acknowledgement = Acknowledgement(
            by: Operator(name: "kim", uid: 1000), at: 9, comment: "“mine”", until: 99, sticky: true, severity: .critical
        )
        return alert
    }

    private func entry(_ action: String) -> AuditEntry {
        AuditEntry(at: 5, by: Operator(name: "kim", uid: 1000), action: action, target: "t", episode: "e", detail: "d")
    }

    @Test func detectorsOfSeriesThatAreLongGoneAreForgotten() throws {
        let (journal, _) = try SQLiteJournal.open(path)
        let day: Milliseconds = 86_400_000
        try journal.keep(
            [1, 2, 33].map { DetectorMemory(name: "m\($0)", settings: "s", state: [1], at: $0 * day) })
        #expect(try journal.detectors().map(\.name) == ["m33"])
        try journal.keep([DetectorMemory(name: "m34", settings: "s", state: [1], at: 34 * day)])
        #expect(try SQLiteJournal.open(path).0.detectors().map(\.name) == ["m33", "m34"])
    }

    @Test func whatIsCommittedIsThereAfterReopening() throws {
        let (journal, notice) = try SQLiteJournal.open(path)
        #expect(notice == nil)
        try journal.commit([.alert(alert(), key: "g/Hot#1")], [entry("fired"), entry("acknowledged")])
        try journal.keep([DetectorMemory(name: "m", settings: "s", state: [0, 255, 7], at: 7)])
        let (again, _) = try SQLiteJournal.open(path)
        #expect(try again.alerts().alerts == [alert()])
        #expect(try again.alerts().unreadable == 0)
        #expect(try again.detectors() == [DetectorMemory(name: "m", settings: "s", state: [0, 255, 7], at: 7)])
        let slice = try again.audit(offset: 0, count: 10, episode: nil)
        #expect(slice.entries.map(\.action) == ["acknowledged", "fired"])
        #expect(slice.entries.map(\.sequence) == [2, 1])
        #expect(slice.chain == "chain whole over the 2 entries shown")
        #expect(try again.audit(offset: 0, count: 10, episode: "other").total == 0)
        #expect(SQLiteJournal.peek(path) == [alert()])
    }

    @Test func aChangedOrRemovedEntryBreaksTheChain() throws {
        for damage in ["UPDATE audit SET detail = 'x' WHERE sequence = 3", "DELETE FROM audit WHERE sequence = 3"] {
            let path = fixture.path + "/\(damage.utf8.count).db"
            let (journal, _) = try SQLiteJournal.open(path)
            for number in 0..<6 { try journal.commit([], [entry("a\(number)")]) }
            #expect(try journal.firstBreak() == nil)
            try journal.execute(damage)
            #expect(try journal.firstBreak() == (damage.hasPrefix("UPDATE") ? 3 : 4))
            #expect(try journal.audit(offset: 0, count: 10, episode: nil).chain.contains("BROKEN"))
        }
    }

    @Test func aRowThatIsNotUnderstoodCostsOnlyItself() throws {
        let (journal, _) = try SQLiteJournal.open(path)
        try journal.commit([.alert(alert("A"), key: "k"), .alert(alert("B"), key: "k")], [])
        try journal.execute("UPDATE alerts SET body = '{}' WHERE fingerprint = (SELECT min(fingerprint) FROM alerts)")
        #expect(try journal.alerts().alerts.count == 1)
        #expect(try journal.alerts().unreadable == 1)
    }

    @Test func aDamagedFileIsSetAsideAndNeverDeleted() throws {
        fixture.write("decisions.db", String(repeating: "this is no database ", count: 500))
        let (journal, notice) = try SQLiteJournal.open(path)
        #expect(notice?.contains("set aside") == true)
        try journal.commit([], [entry("begun")])
        let names = try FileManager.default.contentsOfDirectory(atPath: fixture.path)
        let aside = try #require(names.first { $0.hasPrefix("decisions.db.damaged-") })
        #expect(notice?.contains(aside) == true)
    }

    @Test func oneEngineHasTheFolder() throws {
        let first = try StateFolder(fixture.path + "/state")
        #expect(first.lastAliveMilliseconds == nil)
        #expect { try StateFolder(fixture.path + "/state") } throws: { "\($0)".contains("pid \(getpid())") }
        withExtendedLifetime(first) {}
    }

    @Test func theNextEngineKnowsWhenTheLastWasAlive() throws {
        var folder: StateFolder? = try StateFolder(fixture.path + "/state")
        folder?.touch()
        folder = nil
        #expect(try StateFolder(fixture.path + "/state").lastAliveMilliseconds != nil)
    }

    /// FIPS 180-4's examples, and a length at each side of a block's end.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func sha256(text: String, digest: String) { #expect(SHA256.hex(Array(text.utf8)) == digest) }

    @Test func sha256OfAMillionLetters() {
        #expect(
            SHA256.hex(Array(repeating: UInt8(ascii: "a"), count: 1_000_000))
                == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    private func run(_ state: RunState, _ number: UInt64 = 7) -> Run {
        let plan = Plan(
            token: PlanToken(number), service: "db", title: "prod/db", kind: .failover, mode: .manual, loser: "a",
            winner: "b",
            steps: [PlanStep(.promote, "make b primary", member: "b", deadline: 5_000, irreversible: true)],
            guards: [], losses: "", touches: [], byHand: [], madeAt: 1, expiresAt: 2,
            by: Operator(name: "kim", uid: 1000))
        var run = Run(id: RunID(number), plan: plan, by: plan.by, startedAt: Int64(number), overrides: ["OVERRIDE"])
        run.state = state
        return run
    }

    @Test func runsAndServicesAreKept() throws {
        let (journal, _) = try SQLiteJournal.open(path)
        let memory = ServiceMemory(name: "db", lastPrimary: "a", maintenance: nil)
        try journal.commit([.run(run(.running)), .service(memory)], [entry("intent")])
        try journal.commit([.run(run(.verified))], [])
        // Open runs are read back however many came after them.
        try journal.commit([.run(run(.unknown, 1))], [])
        for number in 100..<250 { try journal.commit([.run(run(.verified, UInt64(number)))], []) }
        let (again, _) = try SQLiteJournal.open(path)
        let known = try again.failover()
        #expect(known.services == [memory] && known.unreadable == 0)
        #expect(known.runs.contains(run(.unknown, 1)) && known.runs.count == 101)
        #expect(SQLiteJournal.peekFailover(path).runs.count == 101)
    }

    /// A disk that takes no further page still takes a run, and nothing else.
    @Test func aRunIsRecordedOnAFullDisk() throws {
        let (journal, _) = try SQLiteJournal.open(path)
        try journal.commit([], [entry("before")])
        try journal.execute("PRAGMA max_page_count = 1")
        var refused = 0
        for _ in 0..<3_000 where refused < 3 {
            do throws(JournalFailure) { try journal.commit([], [entry("ordinary, with a text of some length")]) } catch
            {
                refused += 1
                #expect(error.reason == "the disk is full")
            }
        }
        #expect(refused == 3)
        for number in 0..<60 {
            try journal.commit([.run(run(.running, UInt64(number)))], [entry("step"), entry("guard")])
        }
        #expect(try journal.failover().runs.count == 60)
        #expect(try journal.firstBreak() == nil)
    }
}
