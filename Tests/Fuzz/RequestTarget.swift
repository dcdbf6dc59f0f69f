#if FUZZ_ALL
    import Dispatch
    import FoundationEssentials
    import TocsinAPI
    import TocsinModel

    /// Requests as anybody on the network could send them, against every route, in front of an engine that has little.
    enum RequestTarget {
        private struct Nothing: TocsinService {
            func page(_ request: PageRequest, since: Revision?, waitingUpTo: Duration) async throws -> PageReply {
                throw AccessDenied("there is nothing to see")
            }

            func query(_ request: QueryRequest, within bounds: QueryBounds) async throws -> QueryResult {
                switch request {
                case .instant: .vector([Sample(labels: ["__name__": "up", "a": "b\u{1B}\"\\"], at: 1, value: .nan)])
                case .range: .matrix([])
                case .series: .series([["a": "b"]])
                case .metadata: .families([MetricFamily("up", .gauge, "Up.")])
                case .exposition: .readings([])
                case .format(let text): .text(text)
                default: .names(["a"])
                }
            }

            func preview(_ intent: FailoverIntent) async throws -> PlanReply { .refused(intent.service) }

            func perform(_ id: CommandID, _ command: OperatorCommand) async throws -> Receipt {
                // What was understood can be written down again, and means the same.
                let body = CommandBody(command, id: id)
                if let bytes = try? JSONEncoder().encode(body),
                    (try? JSONDecoder().decode(CommandBody.self, from: bytes)) == nil
                {
                    fatalError("\(command) is written and cannot be read")
                }
                return Receipt(.done, "done")
            }
        }

        private struct Control: EngineControl {
            func reload(by: Operator) async -> Receipt { Receipt(.done, "read") }
            func backUp(by: Operator) async -> Receipt { Receipt(.done, "copied") }
            let configuration = ""
            let facts = EngineFacts(
                version: "1", host: "h", startedAt: 0, workingFolder: "/", retention: "1h", flags: [])
        }

        private struct Accounts: AccountDirectory {
            func name(ofUser uid: UInt32) -> String { "\(uid)" }
            func groups(ofUser uid: UInt32, primary gid: UInt32) -> [String] { [] }
            func person(behind pid: Int32, uid: UInt32) -> String? { nil }
        }

        private static let router: Router = {
            let gate = Gatekeeper(AccessPolicy(owner: 0), directory: Accounts(), now: { 1_000 }, tokens: { [] })
            return Router(gatekeeper: gate, control: Control(), registry: MetricRegistry()) { _ in Nothing() }
        }()

        /// The first byte chooses the route, the line that follows is its query, the rest is the body.
        static func read(_ bytes: [UInt8]) {
            guard let first = bytes.first else { return }
            let route = router.routes[Int(first) % router.routes.count]
            let rest = bytes.dropFirst()
            let line = rest.prefix { $0 != 10 }
            let body = Array(rest.dropFirst(line.count + 1))
            let text = String(decoding: line, as: UTF8.self)
            let path = route.path.replacing("{page}", with: "audit").replacing("{name}", with: "a")
            // Half of the inputs are paths of their own.
            let target = first & 0x80 == 0 ? "\(path)?\(text)" : text
            let headers = ["content-type": first & 0x40 == 0 ? "application/json" : "application/x-www-form-urlencoded"]
            let request = APIRequest(method: route.method, target: target, headers: headers, body: body)
            let done = DispatchSemaphore(value: 0)
            Task {
                let answer = await router.respond(to: request, from: .unix(uid: 0, gid: 0, pid: 1))
                if answer.status == 500 { fatalError("\(String(decoding: answer.body, as: UTF8.self))") }
                let isJSON = answer.header("content-type")?.hasPrefix("application/json") == true
                if isJSON, (try? JSONDecoder().decode(Anything.self, from: Data(answer.body))) == nil {
                    fatalError("no JSON: \(String(decoding: answer.body, as: UTF8.self))")
                }
                done.signal()
            }
            done.wait()
        }

        private struct Anything: Decodable { init(from decoder: any Decoder) throws {} }
    }
#endif
