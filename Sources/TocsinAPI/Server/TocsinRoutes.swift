import TocsinModel

/// Our own routes: pages that wait for news, commands that are carried out once, plans, the audit, health.
enum TocsinRoutes {
    static let all: [Route] = [pages, commands, plans, me, audit, health, reload, backup, document]

    private static let wait = Route.Parameter("wait", "wait so many seconds for something newer, at most 60")

    // MARK: Pages

    private static let pages = Route(
        "GET", "/tocsin/v1/pages/{page}", .look,
        "A page of the dashboard; with `since` it waits for news and answers 204 when only the clock has moved",
        parameters: [
            Route.Parameter("page", PageCoding.topics.map(\.name).joined(separator: ", "), in: .path),
            Route.Parameter("since", "the Tocsin-Revision of the page that is known"), wait,
            Route.Parameter("rows", "rows that can be seen"), Route.Parameter("offset", "the first row"),
            Route.Parameter("at", "a past time on the engine's time line, in milliseconds"),
        ] + PageCoding.topics.flatMap(\.parameters).map { Route.Parameter($0.name, $0.words) }
    ) { visit in
        let request = try PageCoding.decode(visit.values["page"] ?? "", visit.parameters)
        var since = try PageCoding.read(visit.parameters, "since", "a Tocsin-Revision") { PageCoding.revision($0) }
        let known = since?.content
        let seconds = try PageCoding.read(visit.parameters, "wait", "seconds, 60 at most") { text -> Double? in
            Double(text).flatMap { (0...60).contains($0) ? $0 : nil }
        }
        let end = ContinuousClock.now + .seconds(seconds ?? 0)
        let left = max(.zero, ContinuousClock.now.duration(to: end))
        switch try await visit.service.page(request, since: since, waitingUpTo: left) {
        case .unchanged(let revision, _):
            since = Revision(epoch: revision.epoch, number: revision.number, content: known ?? 0)
            return unchanged(since ?? revision, nil)
        case .page(let page, let revision):
            let content = try PageDigest.of(page)
            let now = Revision(epoch: revision.epoch, number: revision.number, content: content)
            if known == content, since?.epoch == revision.epoch {
                let head = page.head
                return unchanged(
                    now,
                    Pulse(
                        now: head.now, clockOffset: head.clockOffset, heartbeat: head.heartbeat,
                        collectedAt: head.collectedAt))
            }
            var response = try APIResponse.json(page)
            response.headers.append(("tocsin-revision", PageCoding.text(now)))
            return response
        }
    }

    private static func unchanged(_ revision: Revision, _ pulse: Pulse?) -> APIResponse {
        var response = APIResponse(204)
        response.headers.append(("tocsin-revision", PageCoding.text(revision)))
        if let pulse { response.headers.append(("tocsin-pulse", PageCoding.text(pulse))) }
        return response
    }

    // MARK: Doing

    private static let commands = Route(
        "POST", "/tocsin/v1/commands", .operate,
        "Carry out a command, once for each Idempotency-Key; 409 when it is refused", body: "Command"
    ) { visit in
        let body = try visit.body(CommandBody.self)
        guard let key = visit.request.headers["idempotency-key"] ?? body.id, !key.isEmpty, key.utf8.count <= 200 else {
            throw APIProblem(
                400, "bad_body", "a command needs a name of its own",
                remedy: "send the header Idempotency-Key, or id in the body, new for each command")
        }
        let id = CommandBody.identifier(key, of: visit.identity.by)
        let receipt = try await visit.service.perform(id, try body.read())
        return try .json(receipt, status: receipt.outcome == .done ? 200 : 409)
    }

    private static let plans = Route(
        "POST", "/tocsin/v1/plans", .operate, "Make a plan; nothing is done", body: "Intent"
    ) { visit in
        let body = try visit.body(IntentBody.self)
        switch try await visit.service.preview(try body.read()) {
        case .plan(let plan): return try .json(plan)
        case .refused(let words): throw APIProblem(409, "refused", words)
        }
    }

    // MARK: Looking

    private static let me = Route("GET", "/tocsin/v1/me", .look, "Who the engine takes you for") { visit in
        try .json(visit.identity)
    }

    private static let audit = Route(
        "GET", "/tocsin/v1/audit", .look,
        "Audit entries after a number, oldest first, one JSON object a line; waits for the next where there is none",
        parameters: [
            Route.Parameter("after", "the number of the last entry that is known; 0 for all"), wait,
            Route.Parameter("limit", "at most so many, 1000 when left out"),
        ], media: "application/x-ndjson"
    ) { visit in
        let after = try PageCoding.read(visit.parameters, "after", "a number from 0 on") { Int64($0) } ?? 0
        let limit = try PageCoding.read(visit.parameters, "limit", "from 1 to 10000") { text in
            Int(text).flatMap { (1...10_000).contains($0) ? $0 : nil }
        }
        let seconds = try PageCoding.read(visit.parameters, "wait", "seconds, 60 at most") { text -> Double? in
            Double(text).flatMap { (0...60).contains($0) ? $0 : nil }
        }
        let end = ContinuousClock.now + .seconds(seconds ?? 0)
        var since: Revision?
        while true {
            let (entries, revision) = try await entries(visit, after: after, limit: limit ?? 1_000)
            let left = ContinuousClock.now.duration(to: end)
            if !entries.isEmpty || left <= .zero {
                var body: [UInt8] = []
                for entry in entries { body += try JSONCoding.bytes(entry, sorted: true) + [0x0A] }
                return APIResponse(200, body, type: "application/x-ndjson")
            }
            since = revision ?? since
            _ = try await visit.service.page(PageRequest(.audit, rows: 1), since: since, waitingUpTo: left)
        }
    }

    private static func entries(
        _ visit: Visit, after: Int64, limit: Int
    ) async throws -> ([AuditEntry], Revision?) {
        let first = try await visit.service.page(PageRequest(.audit, rows: 1), since: nil, waitingUpTo: .zero)
        guard case .page(let page, let revision) = first, case .audit(let newest) = page.body else { return ([], nil) }
        let missing = Int(max(0, Int64(newest.total) - max(0, after)))
        if missing == 0 { return ([], revision) }
        let count = min(limit, missing)
        let request = PageRequest(.audit, rows: count, offset: missing - count)
        let reply = try await visit.service.page(request, since: nil, waitingUpTo: .zero)
        guard case .page(let page, _) = reply, case .audit(let slice) = page.body else { return ([], revision) }
        return (slice.entries.filter { $0.sequence > after }.reversed(), revision)
    }

    private static let health = Route("GET", "/tocsin/v1/health", .look, "The engine's own condition") { visit in
        let reply = try await visit.service.page(PageRequest(.health), since: nil, waitingUpTo: .zero)
        guard case .page(let page, _) = reply, case .health(let health) = page.body else {
            throw APIProblem(500, "internal", "no health")
        }
        return try .json(health)
    }

    // MARK: Administering

    private static let reload = Route(
        "POST", "/tocsin/v1/reload", .administer, "Read configuration and rules anew; faulty ones change nothing"
    ) { visit in
        let receipt = await visit.control.reload(by: visit.identity.by)
        return try .json(receipt, status: receipt.outcome == .done ? 200 : 409)
    }

    private static let backup = Route(
        "POST", "/tocsin/v1/backups", .administer, "Copy the engine's state into a file of its own"
    ) { visit in
        let receipt = await visit.control.backUp(by: visit.identity.by)
        return try .json(receipt, status: receipt.outcome == .done ? 200 : 409)
    }

    private static let document = Route("GET", "/tocsin/v1/openapi.json", nil, "This API, for machines") { _ in
        .json(OpenAPIDocument.bytes)
    }
}

/// What is wanted of a plan, as it stands on the wire.
struct IntentBody: Codable, Sendable {
    var service: String
    /// switchover, failover, restart, rejoin; the situation decides when it is left out.
    var intent: String?
    var member: String?
    var rehearse: Bool?

    init(_ intent: FailoverIntent) {
        service = intent.service
        self.intent = intent.kind?.rawValue
        member = intent.member
        rehearse = intent.mode == .rehearsal
    }

    func read() throws(APIProblem) -> FailoverIntent {
        var kind: FailoverIntent.Kind?
        if let intent {
            kind = FailoverIntent.Kind(rawValue: intent)
            if kind == nil {
                throw APIProblem(400, "bad_body", "intent is one of switchover, failover, restart, rejoin")
            }
        }
        return FailoverIntent(
            service: service, kind: kind, mode: rehearse == true ? .rehearsal : .manual, member: member)
    }
}

/// Tells whether anything on a page has changed but its clock.
enum PageDigest {
    static func of(_ page: Page) throws -> UInt64 {
        var still = page
        still.head.now = 0
        still.head.clockOffset = 0
        still.head.heartbeat = 0
        still.head.collectedAt = 0
        still.head.uptimeSeconds = nil
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in try JSONCoding.bytes(still, sorted: true) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return hash
    }
}
