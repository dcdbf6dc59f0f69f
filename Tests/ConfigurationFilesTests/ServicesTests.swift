import ConfigurationFiles
import Testing
import TocsinCore
import TocsinModel

@Suite struct ServicesTests {
    private static let whole = """
        environment: prod
        services:
          - name: orders-db
            kind: exec
            interval: 2s
            members:
              - {name: db-03, address: 'db-03:5432', site: eu1, check: tcp}
              - {name: db-05, address: '[::1]:5432', site: us2, check: {argv: [pg_isready, -h, '{host}'], timeout: 500ms}}
            role: {argv: [./role.sh, '{member_address}']}
            writes: [./writes.sh, '{host}', '{port}']
            client: {address: 'orders:5432', check: {http: /health, interval: 5s}}
            witnesses: [{name: w1, argv: [ssh, w1, nc, -z, '{host}', '{port}']}]
            limits: {lag_bytes: 16MiB, lag: 10s, cooldown: 30m, observers: 3}
            steps:
              fence: {argv: [./fence.sh, '{loser}'], deadline: 20s, irreversible: true}
              promote: {argv: [./promote.sh, '{winner}']}
              repoint: [{argv: [./lb.sh, one, '{winner_host}']}, {argv: [./lb.sh, two, '{winner_host}']}]
        """

    @Test func aWholeServiceIsRead() throws {
        let entry = try #require(try Config.read(Self.whole, file: "t.yaml").services.first)
        #expect(entry.spec.title == "prod/orders-db" && entry.spec.interval == 2_000)
        #expect(entry.spec.members.map(\.site) == ["eu1", "us2"])
        #expect(entry.spec.limits.lagBytes == 16 << 20 && entry.spec.limits.coolDown == 1_800_000)
        #expect(entry.spec.limits.observers == 3 && entry.spec.asksForWrites && entry.spec.witnesses == ["w1"])
        #expect(entry.exec.checks["db-05"]?.timeout == 500 && entry.exec.client?.interval == 5_000)
        #expect(entry.exec.steps[.repoint]?.count == 2 && entry.exec.steps[.fence]?.first?.irreversible == true)
        #expect(entry.exec.steps[.fence]?.first?.deadline == 20_000)
    }

    /// Every fault with its line, and how to mend it.
    @Test func faultsSayWhereAndHow() throws {
        let text = """
            services:
              - name: db
                kind: oracle
                members:
                  - {name: 'a b', address: here}
                  - {name: c, address: 'c:99999'}
                role: {argv: "echo primary"}
                steps:
                  fense: {argv: [x]}
                  promote: ./promote.sh --now
                  repoint: {argv: [lb, '{winer}'], deadline: never}
              - kind: exec
                members: [{name: d, address: 'd:1'}]
            """
        do {
            _ = try Config.read(text, file: "t.yaml")
            Issue.record("it was read")
        } catch {
            let words = error.description
            for part in [
                "t.yaml:3:11: there is no kind of service \"oracle\"", "must be of letters",
                "t.yaml:6:28: an address is host:port, not \"c:99999\"", "must be a list of arguments",
                "unknown key \"fense\" in steps; did you mean \"fence\"?", "never a shell string",
                "there is no {winer}", "not a valid duration", "a service needs a name", "nothing asks d what it is",
            ] { #expect(words.contains(part), "\(part) is missing in\n\(words)") }
        }
        let promote = Self.whole.replacing("argv: [./promote.sh, '{winner}']", with: "argv: [p], irreversible: false")
        #expect(throws: Faults.self) { try Config.read(promote, file: "t.yaml") }
    }

    @Test func placeholdersAreFilledOnceAndQuotedForCopying() {
        var values = Placeholders(service: "s", environment: "e")
        values.add("loser", ServiceSpec.Member(name: "{winner}", address: "[::1]:80"))
        values.add("winner", ServiceSpec.Member(name: "b", address: "b:81"))
        #expect(values.fill("{loser}/{loser_host}/{loser_port}/{winner_address}/{x}") == "{winner}/::1/80/b:81/{x}")
        #expect(Placeholders.quoted(["a", "b c", "it's", ""]) == "a 'b c' 'it'\\''s' ''")
    }
}
