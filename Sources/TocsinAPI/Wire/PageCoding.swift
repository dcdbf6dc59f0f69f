import TocsinModel

/// Page requests as paths and query strings: `/tocsin/v1/pages/alerts?selected=…&rows=50`.
public enum PageCoding {
    /// A parameter of a page, for the document of the API.
    struct Parameter: Sendable {
        let name: String
        let words: String
        var required = false
    }

    /// The pages by name, with the parameters that only they have.
    static let topics: [(name: String, words: String, parameters: [Parameter])] = [
        (
            "overview", "The judged state of the host",
            [Parameter(name: "host", words: "another host than the engine's own, by its label instance")]
        ),
        ("alerts", "All alerts, one of them in detail", [Parameter(name: "selected", words: "the episode in detail")]),
        (
            "processes", "The process table",
            [
                Parameter(name: "order", words: "cpu, memory, io or pid"),
                Parameter(name: "filter", words: "only processes whose line holds this text"),
            ]
        ),
        ("audit", "Who did what, newest first", []),
        (
            "services", "Services and their runs",
            [Parameter(name: "selected", words: "the service whose runs are told")]
        ),
        ("plan", "A failover plan", [Parameter(name: "token", words: "the plan's token", required: true)]),
        ("run", "A run", [Parameter(name: "id", words: "the run's number", required: true)]),
        ("silences", "Every silence that is known", []),
        ("tokens", "Who may come in with a token", []),
        ("rules", "The rules in force", []),
        (
            "anomalies", "What the detectors watch, have learned and found",
            [Parameter(name: "selected", words: "the series whose course is told: disk_latency{device=\"sda\"}")]
        ),
        ("health", "The engine's own condition", []),
        ("targets", "What is scraped and probed", []),
        (
            "fleet", "Every host and how it is",
            [
                Parameter(name: "group", words: "the label to group by"),
                Parameter(name: "filter", words: "matchers of labels, a part of the name, or both"),
            ]
        ),
    ]

    /// The path of a page and its parameters, without those that wait for a change.
    public static func encode(_ request: PageRequest) -> (path: String, parameters: Parameters) {
        var parameters = Parameters()
        let name: String
        switch request.topic {
        case .overview: name = "overview"
        case .alerts(let selected):
            name = "alerts"
            if let selected { parameters.add("selected", selected.description) }
        case .processes(let order, let filter):
            name = "processes"
            parameters.add("order", order.rawValue)
            if !filter.isEmpty { parameters.add("filter", filter) }
        case .audit: name = "audit"
        case .services(let selected):
            name = "services"
            if let selected { parameters.add("selected", selected) }
        case .plan(let token):
            name = "plan"
            parameters.add("token", Hex.string(token.raw))
        case .run(let id):
            name = "run"
            parameters.add("id", Hex.string(id.raw))
        case .silences: name = "silences"
        case .tokens: name = "tokens"
        case .rules: name = "rules"
        case .health: name = "health"
        case .targets: name = "targets"
        case .anomalies(let selected):
            name = "anomalies"
            if let selected { parameters.add("selected", selected.description) }
        case .fleet(let label, let filter):
            name = "fleet"
            if let label { parameters.add("group", label) }
            if !filter.isEmpty { parameters.add("filter", filter) }
        }
        parameters.add("rows", "\(request.rows)")
        if request.offset != 0 { parameters.add("offset", "\(request.offset)") }
        if let at = request.at { parameters.add("at", "\(at)") }
        if let host = request.host { parameters.add("host", host) }
        return ("/tocsin/v1/pages/" + name, parameters)
    }

    /// Reads ``encode(_:)`` back.
    static func decode(_ name: String, _ parameters: Parameters) throws(APIProblem) -> PageRequest {
        let topic: PageRequest.Topic
        switch name {
        case "overview": topic = .overview
        case "alerts":
            topic = .alerts(
                selected: try read(parameters, "selected", "an episode, sixteen digits / a number") { EpisodeID($0) })
        case "processes":
            let order = try read(parameters, "order", "cpu, memory, io or pid") { ProcessOrder(rawValue: $0) }
            topic = .processes(order: order ?? .cpu, filter: parameters["filter"] ?? "")
        case "audit": topic = .audit
        case "services": topic = .services(selected: parameters["selected"])
        case "plan": topic = .plan(PlanToken(try number("token", parameters)))
        case "run": topic = .run(RunID(try number("id", parameters)))
        case "silences": topic = .silences
        case "tokens": topic = .tokens
        case "rules": topic = .rules
        case "health": topic = .health
        case "targets": topic = .targets
        case "anomalies":
            topic = .anomalies(
                selected: try read(parameters, "selected", "a detector with its labels, disk_latency{device=\"sda\"}") {
                    WatchedName($0)
                })
        case "fleet": topic = .fleet(groupedBy: parameters["group"], filter: parameters["filter"] ?? "")
        default:
            let known = topics.map(\.name).joined(separator: ", ")
            throw APIProblem(404, "not_found", "there is no page \"\(name)\"", remedy: "pages are \(known)")
        }
        let rows = try read(parameters, "rows", "a number from 1 to 10000") { Int($0) } ?? 50
        let offset = try read(parameters, "offset", "a number from 0 on") { Int($0) } ?? 0
        let at = try read(parameters, "at", "milliseconds on the engine's time line") { Milliseconds($0) }
        guard (1...10_000).contains(rows), (0...1_000_000_000).contains(offset) else {
            throw APIProblem(400, "bad_parameter", "rows goes from 1 to 10000, offset from 0 on")
        }
        var request = PageRequest(topic, rows: rows, offset: offset, at: at)
        request.host = parameters["host"]
        return request
    }

    private static func number(_ name: String, _ parameters: Parameters) throws(APIProblem) -> UInt64 {
        guard let number = try read(parameters, name, "sixteen hexadecimal digits", { UInt64($0, radix: 16) }) else {
            throw APIProblem(400, "bad_parameter", "\(name) is missing")
        }
        return number
    }

    /// A parameter that may be missing and must not be malformed.
    static func read<Value>(
        _ parameters: Parameters, _ name: String, _ wanted: String, _ parse: (String) -> Value?
    ) throws(APIProblem) -> Value? {
        guard let text = parameters[name] else { return nil }
        guard let value = parse(text) else {
            throw APIProblem(400, "bad_parameter", "\(name) is \"\(text.prefix(100))\"", remedy: "it must be \(wanted)")
        }
        return value
    }

    /// `12-345-00ff00ff00ff00ff`: epoch, number and content.
    public static func text(_ revision: Revision) -> String {
        "\(revision.epoch)-\(revision.number)-\(String(revision.content, radix: 16))"
    }

    public static func revision(_ text: String) -> Revision? {
        let parts = text.split(separator: "-")
        guard parts.count == 3, let epoch = UInt64(parts[0]), let number = UInt64(parts[1]),
            let content = UInt64(parts[2], radix: 16)
        else { return nil }
        return Revision(epoch: epoch, number: number, content: content)
    }

    /// `now,offset,heartbeat,collected`
    static func text(_ pulse: Pulse) -> String {
        "\(pulse.now),\(pulse.clockOffset),\(pulse.heartbeat),\(pulse.collectedAt)"
    }

    static func pulse(_ text: String) -> Pulse? {
        let parts = text.split(separator: ",")
        guard parts.count == 4, let now = Milliseconds(parts[0]), let offset = Milliseconds(parts[1]),
            let heartbeat = UInt64(parts[2]), let collected = Milliseconds(parts[3])
        else { return nil }
        return Pulse(now: now, clockOffset: offset, heartbeat: heartbeat, collectedAt: collected)
    }
}
