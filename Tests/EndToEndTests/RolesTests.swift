import FoundationEssentials
import Glibc
import TestKit
import Testing

/// Who may do what, asked over the real sockets.
@Suite(.serialized) struct RolesTests {
    private let engine = ServedEngine()
    private static let roles = ["viewer", "operator", "admin"]

    private struct Document: Decodable {
        struct Operation: Decodable {
            let role: String
            enum CodingKeys: String, CodingKey { case role = "x-role" }
        }
        let paths: [String: [String: Operation]]
    }

    private func token(_ words: String) throws -> String {
        let printed = try engine.tocsin("token create \(words)")
        return try #require(
            printed.split(whereSeparator: \.isWhitespace).last { $0.hasPrefix("tocsin_") }, "\(printed)"
        ).description
    }

    private static let services = """
        services:
        """
        + ["db", "web"].map { name in
            """

              - name: \(name)
                kind: exec
                members: [{name: a, address: '127.0.0.1:1'}, {name: b, address: '127.0.0.1:2'}]
                check: tcp
                role: {argv: ['/bin/true']}
                steps:
                  fence: {argv: ['/bin/true']}
                  promote: {argv: ['/bin/true']}
            """
        }.joined()

    @Test func everyRoleWalksEveryRoute() throws {
        let port = freePort()
        let daemon = try engine.serve(
            api: "  listen: '127.0.0.1:\(port)'\n  risks: [unencrypted]", more: "default_rules: false")
        let tokens = try Self.roles.map { try token("\($0)s --role \($0)") }
        let paths = try JSONDecoder().decode(
            Document.self, from: Data(try engine.get("/tocsin/v1/openapi.json").utf8)
        ).paths
        #expect(paths.count > 25)
        var script = ""
        var expected: [String: Bool] = [:]
        for (path, operations) in paths {
            for (method, operation) in operations {
                let filled = path.replacing("{page}", with: "overview").replacing("{name}", with: "job")
                for (rank, token) in ([nil] + tokens).enumerated() {
                    let key = "\(method) \(path) \(rank == 0 ? "nobody" : Self.roles[rank - 1])"
                    let needed = Self.roles.firstIndex(of: operation.role).map { $0 + 1 } ?? 0
                    expected[key] = rank >= needed
                    let bearer = token.map { "-H 'Authorization: Bearer \($0)'" } ?? ""
                    let body = method == "post" ? "-H 'Content-Type: application/json' -d '{}'" : ""
                    script +=
                        "echo \"\(key) $(curl -s -o /dev/null -w '%{http_code}' --max-time 5 -X \(method.uppercased()) \(bearer) \(body) 'http://127.0.0.1:\(port)\(filled)')\"\n"
                }
            }
        }
        let answers = try engine.run(script, within: 120).split(separator: "\n")
        #expect(answers.count == expected.count)
        for line in answers {
            let words = line.split(separator: " ").map(String.init)
            let key = words.dropLast().joined(separator: " ")
            let refused = ["401", "403"].contains(words.last)
            #expect(expected[key] == !refused, "\(line)")
            #expect(words.last != "500" && words.last != "000", "\(line)")
        }
        engine.end(daemon)
    }

    /// A token for one service opens that one, whatever its role says elsewhere.
    @Test func aServiceIsFailedOverOnlyByWhomItWasGrantedTo() throws {
        let port = freePort()
        let daemon = try engine.serve(
            api: "  listen: '127.0.0.1:\(port)'\n  risks: [unencrypted]", more: Self.services)
        let one = try token("one --role operator --service db")
        let none = try token("none --role operator")
        let all = try token("all --role operator --service '*'")
        func plan(_ token: String, _ service: String) throws -> String {
            try engine.run(
                "curl -s --max-time 10 -w ' %{http_code}' -H 'Authorization: Bearer \(token)' -H 'Content-Type: application/json' -d '{\"service\":\"\(service)\"}' http://127.0.0.1:\(port)/tocsin/v1/plans"
            )
        }
        let granted = [(one, "db"), (all, "db"), (all, "web")]
        let refused = [(one, "web"), (none, "db"), (none, "web")]
        for (token, service) in granted {
            #expect(!(try plan(token, service)).contains("you may not act on"), "\(service)")
        }
        for (token, service) in refused {
            let answer = try plan(token, service)
            #expect(answer.hasSuffix(" 403") || answer.contains("you may not act on"), "\(answer)")
        }
        // Revoked: it opens nothing any more, at once.
        #expect(try engine.tocsin("token revoke all").contains("all"))
        #expect(try plan(all, "db").hasSuffix(" 401"))
        // What is secret stands nowhere.
        engine.end(daemon)
        let written = try engine.run("grep -rlaF -e '\(one)' -e '\(none)' '\(engine.folder.path)/state' | wc -l")
        #expect(written.split(separator: "\n").last == "0")
        #expect(!String(decoding: daemon.output, as: UTF8.self).contains(one))
    }

    /// The socket's owner and whoever is granted; another user of the host is not even let in.
    @Test func otherUsersOfTheHostAreKeptOut() throws {
        let asNobody = "setpriv --reuid 65534 --regid 65534 --clear-groups"
        let curl =
            "curl -s -o /dev/null -w '%{http_code}' --max-time 5 --unix-socket '\(engine.socket)' http://localhost"
        _ = try engine.run("chmod 755 '\(engine.folder.path)'")
        guard geteuid() == 0 else {
            // Another user cannot be had without being root: the mode of the socket is what keeps them out.
            let daemon = try engine.serve()
            #expect(try engine.run("stat -c %a '\(engine.socket)'") == "600\n")
            return engine.end(daemon)
        }
        var daemon = try engine.serve()
        #expect(try engine.run("\(asNobody) \(curl)/tocsin/v1/me") == "000")
        engine.end(daemon)
        // The socket is the group's, and still only what is granted may be done.
        daemon = try engine.serve(api: "  socket_group: nogroup")
        #expect(try engine.run("\(asNobody) \(curl)/tocsin/v1/me") == "403")
        engine.end(daemon)
        daemon = try engine.serve(
            api: "  socket_group: nogroup\n  access: [{user: nobody, role: viewer}]")
        #expect(try engine.run("\(asNobody) \(curl)/tocsin/v1/me") == "200")
        #expect(try engine.run("\(asNobody) \(curl)/tocsin/v1/reload -X POST") == "403")
        engine.end(daemon)
    }
}
