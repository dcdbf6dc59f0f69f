import Testing
import TocsinAPI
import TocsinModel

/// What goes over the wire and comes back the same.
@Suite struct WireTests {
    @Test func commandsComeBack() throws {
        let episode = EpisodeID(fingerprint: 0xFF00, number: 3)
        let token = AccessToken(
            name: "t", hash: "00", access: Access(.operator, services: .only(["db"])), createdBy: .engine, createdAt: 1,
            expiresAt: 2)
        let commands: [OperatorCommand] = [
            .acknowledge([episode], comment: "“é”", duration: 7_200_000, sticky: true), .unacknowledge([episode]),
            .silence(
                SilenceRequest(
                    matchers: [LabelMatcher("a", .matches, "x\"y\\z.*"), LabelMatcher("b", .notEqual, "")],
                    startsAt: 1_600_000_000_123, duration: 1_500, comment: "c")),
            .silence(
                SilenceRequest(
                    id: SilenceID("i"), matchers: [LabelMatcher("a", .notMatches, "b")], duration: 1_000, comment: "")),
            .expireSilence(SilenceID("i")), .execute(PlanToken(7), typed: ["prod/db", "OVERRIDE"]), .abort(RunID(8)),
            .resume(RunID(9)), .close(RunID(10), reason: "seen"),
            .maintain(service: "db", duration: 60_000, reason: "r"), .endMaintenance(service: "db"), .addToken(token),
            .revokeToken(name: "t"), .acceptAnomaly(WatchedName(detector: "d", labels: ["a": "b"])),
            .refuseAnomaly(WatchedName(detector: "d", labels: .none)),
        ]
        for command in commands {
            let bytes = try JSONCoding.bytes(CommandBody(command, id: CommandID(5)))
            let back = try JSONCoding.value(CommandBody.self, bytes)
            #expect(try back.read() == command)
            #expect(CommandBody.identifier(back.id ?? "", of: .engine) == CommandID(5))
        }
    }

    @Test(
        arguments: [
            ("1600000000.5", 1_600_000_000_500), ("0", 0), ("-1.5", -1_500), ("1970-01-01T00:00:00Z", 0),
            ("2026-02-28T23:59:59.125+02:00", 1_772_315_999_125), ("2024-02-29T00:00:00Z", 1_709_164_800_000),
            ("1600-03-01T00:00:00Z", -11_670_912_000_000),
        ] as [(String, Milliseconds)])
    func timesAreRead(text: String, time: Milliseconds) {
        #expect(WireTime.parse(text) == time)
        #expect(WireTime.parse(WireTime.text(time)) == time)
    }

    @Test(arguments: [
        "", "x", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01", "2026-01-01T25:00:00Z",
        "2026-01-01T00:00:00", "2026-01-01T00:00:00.Z", "nan", "1e300",
    ])
    func oddTimesAreNone(text: String) { #expect(WireTime.parse(text) == nil) }

    @Test func parametersComeBack() {
        var parameters = Parameters()
        for (name, value) in [("query", "sum(a{b=\"c d\"}) + 1"), ("match[]", "é&=%"), ("match[]", "")] {
            parameters.add(name, value)
        }
        #expect(Parameters(String(parameters.text.dropFirst())) == parameters)
        #expect(parameters.all("match[]") == ["é&=%", ""])
        #expect(Parameters("a=%zz&b=%4&c+d=%41+%e9")["a"] == "%zz")
    }

    @Test(arguments: [
        (0.0, "0"), (1.5, "1.5"), (1e21, "1e+21"), (123_456_789, "123456789"), (1e-7, "1e-07"), (0.000001, "0.000001"),
        (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"), (-0.0, "-0"),
    ])
    func valuesAreWrittenAsPrometheusDoes(value: Double, text: String) { #expect(PrometheusJSON.number(value) == text) }

    @Test func placesAreRead() throws {
        #expect(try Endpoint("/run/t.sock") == .unix(path: "/run/t.sock"))
        #expect(try Endpoint("unix:/run/t.sock") == .unix(path: "/run/t.sock"))
        #expect(try Endpoint("https://h") == .http(host: "h", port: 9_096, prefix: "", secure: true))
        #expect(try Endpoint("http://[::1]:80/x/") == .http(host: "::1", port: 80, prefix: "/x", secure: false))
        #expect(try Endpoint("ssh://kim@h:22") == .ssh(user: "kim", host: "h", port: 22, socket: nil))
        for text in [
            "", "unix:t.sock", "ftp://h", "ssh://-oProxyCommand=x", "https://", "https://h:0", "https://u:p@h",
        ] {
            #expect(throws: Endpoint.Malformed.self) { try Endpoint(text) }
        }
    }

    @Test func revisionsComeBack() {
        let revision = Revision(epoch: 12, number: 34, content: 0xFFFF_0000_1111)
        #expect(PageCoding.revision(PageCoding.text(revision)) == revision)
        #expect(PageCoding.revision("1-2") == nil)
    }
}
