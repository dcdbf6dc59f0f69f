import FoundationEssentials
import Synchronization
import TestKit
import Testing
import TocsinAPI
import TocsinModel

/// Requests against the routes, without a connection: who may ask what, and what comes.
@Suite struct RouterTests {
    /// An engine that answers everything with little.
    final class FakeEngine: TocsinService {
        let identity: Identity
        let performed: @Sendable (CommandID, OperatorCommand) -> Void

        init(_ identity: Identity, _ performed: @escaping @Sendable (CommandID, OperatorCommand) -> Void) {
            self.identity = identity
            self.performed = performed
        }

        func page(_ request: PageRequest, since: Revision?, waitingUpTo: Duration) async throws -> PageReply {
            let body: PageBody =
                switch request.topic {
                case .rules: .rules(RulesPage(groups: []))
                case .health:
                    .health(HealthPage(version: "v", pid: 1, startedAt: 0, sections: []))
                case .anomalies: .anomalies(AnomaliesPage(rows: [], total: 0))
                case .targets: .targets(TargetsPage(active: [], dropped: [], faults: []))
                case .tokens: .tokens(TokensPage(tokens: []))
                default: .audit(AuditPage(entries: [], offset: 0, total: 0, chain: ""))
                }
            let head = PageHead(
                environment: "", host: "h", operatorName: "", now: 1_000, clockOffset: 0, uptimeSeconds: nil,
                cpuCount: 1, memoryBytes: nil, counts: AlertCounts(),
                verdict: Verdict(
                    severity: nil, allOwned: false, sentence: "", detail: "", episode: nil, rulesJudged: 0,
                    rulesTotal: 0),
                heartbeat: 1, collectedAt: 0, period: 1_000, past: false, notices: [])
            if request.topic == .tokens, let words = identity.access.refusal(of: .administer) {
                throw AccessDenied(words)
            }
            return .page(Page(head: head, body: body), Revision(epoch: 1, number: 2))
        }

        func query(_ request: QueryRequest, within bounds: QueryBounds) async throws -> QueryResult {
            switch request {
            case .instant(let text, _):
                if text == "bad(" { throw QueryFault(.badData, "1:5: parse error: unclosed left parenthesis") }
                if text == "slow" { throw QueryFault(.timeout, "query timed out in query execution") }
                return .vector([Sample(labels: ["__name__": "up", "a": "b"], at: 1_435_781_430_781, value: 1)])
            case .range: return .matrix([])
            case .series: return .series([["a": "b"]])
            case .metadata: return .families([MetricFamily("up", .gauge, "Up.")])
            case .exposition: return .readings([])
            case .format(let text): return .text(text)
            default: return .names(["a"])
            }
        }

        func preview(_ intent: FailoverIntent) async throws -> PlanReply {
            .refused("there is no service \(intent.service)")
        }

        func perform(_ id: CommandID, _ command: OperatorCommand) async throws -> Receipt {
            performed(id, command)
            return Receipt(.done, "done")
        }
    }

    struct FakeControl: EngineControl {
        func reload(by: Operator) async -> Receipt { Receipt(.done, "read") }
        func backUp(by: Operator) async -> Receipt { Receipt(.done, "copied") }
        var configuration: String { "environment: lab\n" }
        var facts: EngineFacts {
            EngineFacts(version: "1", host: "h", startedAt: 0, workingFolder: "/", retention: "1h", flags: [])
        }
    }

    struct FakeAccounts: AccountDirectory {
        func name(ofUser uid: UInt32) -> String {
            [0: "root", 1: "vic", 2: "olga", 3: "ada", 9: "nobody"][uid] ?? "\(uid)"
        }
        func groups(ofUser uid: UInt32, primary gid: UInt32) -> [String] { uid == 2 ? ["oncall"] : [] }
        func person(behind pid: Int32, uid: UInt32) -> String? { pid == 77 ? "kim" : nil }
    }

    private let performed = Box()
    final class Box: Sendable { let all = Mutex<[(CommandID, OperatorCommand)]>([]) }

    private func router(anonymous: Access = .none, readOnly: Bool = false) -> Router {
        let token = AccessToken(
            name: "grafana", hash: SHA256.hex(Array("s3cret".utf8)), access: Access(.viewer), createdBy: .engine,
            createdAt: 0, expiresAt: nil)
        var old = token
        old.name = "old"
        old.hash = SHA256.hex(Array("past".utf8))
        old.expiresAt = 500
        let policy = AccessPolicy(
            owner: 500,
            grants: [
                .init(.user("vic"), Access(.viewer)),
                .init(.group("oncall"), Access(.operator, services: .only(["db"]))),
                .init(.user("ada"), Access(.admin)), .init(.certificate("CN=kim"), Access(.operator, services: .all)),
            ], anonymous: anonymous, readOnly: readOnly)
        let gate = Gatekeeper(
            policy, directory: FakeAccounts(), now: { 1_000 }, tokens: { [token, old] in [token, old] })
        return Router(gatekeeper: gate, control: FakeControl(), registry: MetricRegistry()) { [performed] identity in
            FakeEngine(identity) { id, command in performed.all.withLock { $0.append((id, command)) } }
        }
    }

    private func unix(_ uid: UInt32, pid: Int32 = 1) -> Caller { .unix(uid: uid, gid: 1, pid: pid) }

    /// A request that each route could take.
    private func request(_ route: Route) -> APIRequest {
        var path = route.path
        for (piece, value) in ["{page}": "overview", "{name}": "job"] {
            path = path.split(separator: "/", omittingEmptySubsequences: false).map { $0 == piece ? value : String($0) }
                .joined(separator: "/")
        }
        let query = "query=up&start=0&end=10&step=1&match[]=up"
        let bodies = [
            "Command": #"{"id":"x","command":"unacknowledge","alerts":["00000000000000ff/1"]}"#,
            "Intent": #"{"service":"db"}"#,
        ]
        if let body = route.body.flatMap({ bodies[$0] }) {
            return APIRequest(
                method: route.method, target: path, headers: ["content-type": "application/json"],
                body: Array(body.utf8))
        }
        return APIRequest(method: route.method, target: "\(path)?\(query)")
    }

    /// Every route as each role: exactly what the role may.
    @Test func everyRoleMayExactlyWhatItMay() async {
        let router = router()
        for route in router.routes {
            let roles: [(Caller, AccessRole?)] = [
                (unix(9), nil), (unix(1), .viewer), (unix(2), .operator), (unix(3), .admin), (unix(500), .admin),
                (unix(0), .admin), (.tcp(address: "10.0.0.1", certificate: []), nil),
                (.tcp(address: "10.0.0.1", certificate: ["CN=kim"]), .operator),
            ]
            for (caller, role) in roles {
                let answer = await router.respond(to: request(route), from: caller)
                let allowed = route.permission.map { needed in role.map { $0 >= needed.role } ?? false } ?? true
                let refused = answer.status == 401 || answer.status == 403
                #expect(
                    refused == !allowed,
                    "\(route.method) \(route.path) as \(String(describing: role)): \(answer.status)")
                if allowed {
                    #expect([200, 204, 409].contains(answer.status), "\(route.method) \(route.path): \(answer.status)")
                }
            }
        }
    }

    @Test func theDocumentNamesEveryRouteAndNoOther() async throws {
        let router = router()
        struct Document: Decodable {
            struct Operation: Decodable { let summary: String }
            let openapi: String
            let paths: [String: [String: Operation]]
        }
        let answer = await router.respond(
            to: APIRequest(method: "GET", target: "/tocsin/v1/openapi.json"), from: unix(9))
        let document = try JSONCoding.value(Document.self, answer.body)
        let documented = Set(document.paths.flatMap { path, methods in methods.keys.map { "\($0) \(path)" } })
        #expect(documented == Set(router.routes.map { "\($0.method.lowercased()) \($0.path)" }))
    }

    @Test func tokensCertificatesAndPersons() async throws {
        let router = router()
        func me(_ caller: Caller, _ headers: [String: String] = [:]) async throws -> (Int, Identity?) {
            let answer = await router.respond(
                to: APIRequest(method: "GET", target: "/tocsin/v1/me", headers: headers), from: caller)
            return (answer.status, try? JSONCoding.value(Identity.self, answer.body))
        }
        let far = Caller.tcp(address: "10.0.0.1", certificate: [])
        #expect(try await me(far, ["authorization": "Bearer s3cret"]).1?.by.name == "grafana")
        for header in ["Bearer s3cre", "Bearer past", "Bearer", "Basic s3cret", "s3cret"] {
            #expect(try await me(far, ["authorization": header]).0 == 401, "\(header)")
        }
        // A wrong token is refused even where the caller alone would be let in.
        #expect(try await me(unix(0), ["authorization": "Bearer x"]).0 == 401)
        #expect(try await me(.tcp(address: "a", certificate: ["CN=kim", "DNS:k"])).1?.by.name == "kim")
        #expect(try await me(.tcp(address: "a", certificate: ["CN=eve"])).0 == 401)
        // Behind a shared login: the kernel's word goes before what is said.
        #expect(try await me(unix(0, pid: 77), ["tocsin-operator": "eve"]).1?.by == Operator(name: "kim", uid: 0))
        #expect(try await me(unix(0), ["tocsin-operator": "ann\u{1B}[31m"]).1?.by == Operator(name: "ann[31m", uid: 0))
    }

    @Test func readOnlyIsForEverybody() async {
        let router = router(readOnly: true)
        for route in router.routes where route.permission == .operate || route.permission == .administer {
            #expect(await router.respond(to: request(route), from: unix(0)).status == 403, "\(route.path)")
        }
        let look = await router.respond(to: APIRequest(method: "GET", target: "/tocsin/v1/me"), from: unix(0))
        #expect(look.status == 200)
    }

    @Test func aCommandNeedsANameAndTheNameIsTheSendersOwn() async {
        let router = router()
        func send(_ uid: UInt32, _ body: String, _ headers: [String: String] = [:]) async -> Int {
            await router.respond(
                to: APIRequest(method: "POST", target: "/tocsin/v1/commands", headers: headers, body: Array(body.utf8)),
                from: unix(uid)
            ).status
        }
        let body = #"{"command":"unacknowledge","alerts":["00000000000000ff/1"]}"#
        #expect(await send(0, body) == 400)
        #expect(await send(0, body, ["idempotency-key": "one"]) == 200)
        #expect(await send(3, body, ["idempotency-key": "one"]) == 200)
        #expect(await send(0, body, ["idempotency-key": "one"]) == 200)
        let ids = performed.all.withLock { $0.map(\.0) }
        #expect(ids.count == 3 && ids[0] == ids[2] && ids[0] != ids[1])
        for odd in [
            "", "{", "[]", #"{"command":"explode","id":"1"}"#, #"{"command":"acknowledge","id":"1"}"#,
            #"{"command":"acknowledge","id":"1","alerts":["x"]}"#,
            #"{"command":"maintain","id":"1","service":"a","duration":-1}"#,
        ] { #expect(await send(0, odd) == 400, "\(odd)") }
    }

    @Test func prometheusClientsFindWhatTheyExpect() async {
        let router = router()
        func get(_ target: String) async -> (Int, String) {
            let answer = await router.respond(to: APIRequest(method: "GET", target: target), from: unix(1))
            return (answer.status, String(decoding: answer.body, as: UTF8.self))
        }
        #expect(
            await get("/api/v1/query?query=up").1
                == #"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"up","a":"b"},"value":[1435781430.781,"1"]}]}}"#
        )
        let bad = await get("/api/v1/query?query=bad(")
        #expect(bad.0 == 400)
        #expect(
            bad.1
                == #"{"status":"error","errorType":"bad_data","error":"invalid parameter \"query\": 1:5: parse error: unclosed left parenthesis"}"#
        )
        #expect(await get("/api/v1/query?query=slow").0 == 503)
        for target in [
            "/api/v1/query?query=up&time=x", "/api/v1/query_range?query=up&start=5&end=1&step=1",
            "/api/v1/query_range?query=up&start=0&end=1&step=0",
            "/api/v1/query_range?query=up&start=0&end=99999&step=1",
            "/api/v1/query_range?query=up", "/api/v1/label/a-b/values", "/api/v1/rules?type=x",
            "/api/v1/query?query=up&limit=-1", "/api/v1/query?query=up&timeout=x",
        ] { #expect(await get(target).0 == 400, "\(target)") }
        #expect(await get("/api/v1/nope").0 == 404)
        #expect(
            await router.respond(to: APIRequest(method: "DELETE", target: "/api/v1/query"), from: unix(1)).status == 405
        )
        let form = APIRequest(
            method: "POST", target: "/api/v1/query", headers: ["content-type": "application/x-www-form-urlencoded"],
            body: Array("query=up".utf8))
        #expect(await router.respond(to: form, from: unix(1)).status == 200)
    }

    @Test func aPageThatDidNotChangeCostsLittle() async throws {
        let router = router()
        let first = await router.respond(to: APIRequest(method: "GET", target: "/tocsin/v1/pages/audit"), from: unix(1))
        let revision = try #require(first.header("tocsin-revision"))
        let next = await router.respond(
            to: APIRequest(method: "GET", target: "/tocsin/v1/pages/audit?since=\(revision)"), from: unix(1))
        #expect(next.status == 204 && next.body.isEmpty && next.header("tocsin-pulse") != nil)
        let size = next.headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 }
        #expect(size < 150)
    }

    /// The kept requests of the fuzzer, with bytes turned, taken out and put in: never a fault of the server.
    @Test func mutatedRequestsNeverBreakIt() async throws {
        let router = router()
        let corpus = #filePath.split(separator: "/").dropLast(2).map { "/" + $0 }.joined() + "/Fuzz/corpus/request"
        let kept = try FileManager.default.contentsOfDirectory(atPath: corpus).sorted().map { name in
            Array(FileManager.default.contents(atPath: corpus + "/" + name) ?? Data())
        }
        #expect(kept.count > 50)
        var random = SeededRandom(2)
        let pieces = ["\"", "{", "}", "\\u0000", "\0", "%", "9999999999999999999", "-1", "NaN", "\u{202E}", ",,", "[]"]
        for number in 0..<6_000 {
            var bytes = kept[number % kept.count]
            for _ in 0..<Int.random(in: 0...4, using: &random) where !bytes.isEmpty {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0...3, using: &random) {
                case 0: bytes[at] = UInt8.random(in: .min ... .max, using: &random)
                case 1: bytes.removeSubrange(at..<min(bytes.count, at + 9))
                case 2: bytes.insert(contentsOf: Array(pieces.randomElement(using: &random)!.utf8), at: at)
                default: bytes += bytes[at...].prefix(64)
                }
            }
            let route = router.routes[Int(bytes.first ?? 0) % router.routes.count]
            let line = bytes.dropFirst().prefix { $0 != 10 }
            let request = APIRequest(
                method: route.method,
                target: route.path.replacing("{page}", with: "audit") + "?" + String(decoding: line, as: UTF8.self),
                headers: ["content-type": "application/json"], body: Array(bytes.dropFirst(line.count + 2)))
            let answer = await router.respond(to: request, from: unix(0))
            #expect(answer.status < 500 || answer.status == 503, "\(request.path): \(answer.status)")
        }
    }
}
