import Exposition
import TocsinModel

/// The routes of Prometheus' HTTP API (https://prometheus.io/docs/prometheus/latest/querying/api/), as its clients ask
/// them: `promtool`, Grafana.
enum PrometheusRoutes {
    private static let time = Route.Parameter("time", "the time of the evaluation: RFC 3339, or seconds since 1970")
    private static let span = [
        Route.Parameter("start", "the beginning of the time range"),
        Route.Parameter("end", "the end of the time range"),
    ]
    private static let timeout = Route.Parameter("timeout", "give up after this long, such as 30s")
    private static let limit = Route.Parameter("limit", "at most so many series")
    private static let expression = Route.Parameter("query", "an expression in PromQL", required: true)
    private static func match(_ required: Bool) -> Route.Parameter {
        Route.Parameter("match[]", "a series selector; may be given several times", required: required)
    }

    static let all: [Route] = queries + series + states + status + plain

    /// Each as GET and as POST with a form.
    private static func both(
        _ path: String, _ summary: String, _ parameters: [Route.Parameter], _ handler: @escaping Route.Handler
    ) -> [Route] {
        ["GET", "POST"].map { Route($0, path, .look, summary, parameters: parameters, handler) }
    }

    // MARK: Queries

    private static let queries: [Route] =
        both("/api/v1/query", "Evaluate an expression at one time", [expression, time, timeout, limit]) { visit in
            try await answer(
                visit, .instant(try text(visit, "query"), at: try QueryParameters.time(visit.parameters, "time")))
        }
        + both(
            "/api/v1/query_range", "Evaluate an expression over a range",
            [expression] + span
                + [
                    Route.Parameter("step", "the distance of two points: 15s, or seconds", required: true), timeout,
                    limit,
                ]
        ) { visit in
            let range = try QueryParameters.range(visit.parameters)
            return try await answer(
                visit, .range(try text(visit, "query"), from: range.start, through: range.end, step: range.step))
        }
        + both("/api/v1/format_query", "An expression in canonical form", [expression]) { visit in
            try await answer(visit, .format(try text(visit, "query")))
        }
        + both("/api/v1/query_exemplars", "Exemplars: there are none", [expression] + span) { _ in
            .json(Array("{\"status\":\"success\",\"data\":[]}".utf8))
        }

    private static func text(_ visit: Visit, _ name: String) throws -> String { visit.parameters[name] ?? "" }

    private static func answer(_ visit: Visit, _ request: QueryRequest) async throws -> APIResponse {
        var bounds = QueryBounds()
        bounds.timeout = min(
            bounds.timeout, try QueryParameters.duration(visit.parameters, "timeout") ?? bounds.timeout)
        bounds.limit = try QueryParameters.limit(visit.parameters)
        do { return .json(PrometheusJSON.answer(try await visit.service.query(request, within: bounds))) } catch let
            fault as QueryFault
        {
            // A fault of the expression itself is told as one of its parameter.
            guard fault.kind == .badData, fault.description.contains("parse error") else { throw fault }
            let isSelector: Bool
            switch request {
            case .series, .labelNames, .labelValues: isSelector = true
            default: isSelector = false
            }
            throw QueryFault(
                .badData, "invalid parameter \"\(isSelector ? "match[]" : "query")\": \(fault.description)")
        }
    }

    // MARK: Series

    private static let series: [Route] =
        both("/api/v1/series", "The series that a selector finds", [match(true)] + span + [limit]) { visit in
            let (from, through) = try QueryParameters.span(visit.parameters)
            return try await answer(
                visit, .series(selectors: visit.parameters.all("match[]"), from: from, through: through))
        }
        + both("/api/v1/labels", "The names of labels", [match(false)] + span + [limit]) { visit in
            let (from, through) = try QueryParameters.span(visit.parameters)
            return try await answer(
                visit, .labelNames(selectors: visit.parameters.all("match[]"), from: from, through: through))
        }
        + [
            Route(
                "GET", "/api/v1/label/{name}/values", .look, "The values of a label",
                parameters: [Route.Parameter("name", "the label", in: .path), match(false)] + span + [limit]
            ) { visit in
                let name = visit.values["name"] ?? ""
                guard LabelSyntax.isLabelName(name) else {
                    throw QueryFault(.badData, "invalid label name: \"\(name)\"")
                }
                let (from, through) = try QueryParameters.span(visit.parameters)
                return try await answer(
                    visit, .labelValues(name, selectors: visit.parameters.all("match[]"), from: from, through: through))
            }
        ]

    // MARK: Rules, alerts, targets

    private static let states: [Route] = [
        Route(
            "GET", "/api/v1/rules", .look, "The rules in force, with their alerts",
            parameters: [
                Route.Parameter("type", "alert or record"), Route.Parameter("rule_name[]", "only rules of this name"),
                Route.Parameter("rule_group[]", "only groups of this name"),
                Route.Parameter("file[]", "only groups of this file"),
            ]
        ) { visit in
            let (page, head) = try await rules(visit)
            return .json(try RulesJSON.rules(page, head, visit.parameters))
        },
        Route("GET", "/api/v1/alerts", .look, "The active alerts") { visit in
            let (page, head) = try await rules(visit)
            return .json(RulesJSON.alerts(page, head))
        },
        Route(
            "GET", "/api/v1/targets", .look, "What is scraped",
            parameters: [Route.Parameter("state", "active, dropped or any"), Route.Parameter("scrapePool", "one job")]
        ) { visit in
            let reply = try await visit.service.page(PageRequest(.targets), since: nil, waitingUpTo: .zero)
            guard case .page(let page, _) = reply, case .targets(let targets) = page.body else {
                throw QueryFault(.internal, "no targets")
            }
            return .json(TargetsJSON.targets(targets, page.head, visit.parameters))
        },
        Route(
            "GET", "/api/v1/metadata", .look, "Name, meaning and kind of metrics",
            parameters: [Route.Parameter("metric", "only this one"), limit]
        ) { visit in
            let result = try await visit.service.query(.metadata, within: QueryBounds())
            guard case .families(var families) = result else { throw QueryFault(.internal, "no metadata") }
            if let name = visit.parameters["metric"] { families = families.filter { $0.name == name } }
            let limit = try QueryParameters.limit(visit.parameters)
            return .json(PrometheusJSON.answer(.families(limit > 0 ? Array(families.prefix(limit)) : families)))
        },
        Route("GET", "/api/v1/targets/metadata", .look, "Metadata by target: see metadata") { _ in
            .json(Array("{\"status\":\"success\",\"data\":[]}".utf8))
        },
        Route("GET", "/api/v1/alertmanagers", .look, "Alertmanagers that are told: none are") { _ in
            .json(
                Array(
                    "{\"status\":\"success\",\"data\":{\"activeAlertmanagers\":[],\"droppedAlertmanagers\":[]}}".utf8))
        },
    ]

    private static func rules(_ visit: Visit) async throws -> (RulesPage, PageHead) {
        let reply = try await visit.service.page(PageRequest(.rules), since: nil, waitingUpTo: .zero)
        guard case .page(let page, _) = reply, case .rules(let rules) = page.body else {
            throw QueryFault(.internal, "no rules")
        }
        return (rules, page.head)
    }

    // MARK: Status

    private static let status: [Route] = [
        Route("GET", "/api/v1/status/buildinfo", .look, "The version") { visit in
            let facts = visit.control.facts
            return .json(
                PrometheusJSON.success { json in
                    json.object([
                        ("version", facts.version), ("revision", ""), ("branch", ""), ("buildUser", ""),
                        ("buildDate", ""), ("goVersion", ""), ("application", "tocsin"),
                    ])
                })
        },
        Route("GET", "/api/v1/status/runtimeinfo", .look, "Since when it runs, and what it keeps") { visit in
            let facts = visit.control.facts
            return .json(
                PrometheusJSON.success { json in
                    json.object([
                        ("startTime", WireTime.text(facts.startedAt)), ("CWD", facts.workingFolder),
                        ("storageRetention", facts.retention),
                    ])
                })
        },
        Route("GET", "/api/v1/status/flags", .look, "Command-line options") { visit in
            let flags = visit.control.facts.flags
            return .json(PrometheusJSON.success { $0.object(flags) })
        },
        Route("GET", "/api/v1/status/config", .look, "The configuration, without secrets") { visit in
            let text = visit.control.configuration
            return .json(PrometheusJSON.success { $0.object([("yaml", text)]) })
        },
        Route("GET", "/api/v1/status/tsdb", .look, "What the series store holds") { visit in
            let names = try await visit.service.query(
                .labelValues("__name__", selectors: [], from: 0, through: .max / 2), within: QueryBounds())
            var count = 0
            if case .names(let all) = names { count = all.count }
            return .json(
                Array(
                    """
                    {"status":"success","data":{"headStats":{"numLabelPairs":0,"numSeries":\(count),"chunkCount":0,\
                    "minTime":0,"maxTime":0},"seriesCountByMetricName":[],"labelValueCountByLabelName":[],\
                    "memoryInBytesByLabelName":[],"seriesCountByLabelValuePair":[]}}
                    """.utf8))
        },
    ]

    // MARK: Not JSON

    private static let plain: [Route] = [
        Route("GET", "/-/healthy", nil, "The server answers", media: "text/plain") { _ in
            .text("Tocsin is Healthy.\n")
        },
        Route("GET", "/-/ready", nil, "The engine has made its first turn", media: "text/plain") { visit in
            let head = try? await visit.service.page(PageRequest(.health), since: nil, waitingUpTo: .zero)
            if case .page(let page, _)? = head, page.head.heartbeat > 0 { return .text("Tocsin is Ready.\n") }
            return .text("Tocsin is starting.\n", status: 503)
        },
        Route("GET", "/metrics", .look, "What this host and the engine measure", media: "text/plain") { visit in
            guard case .readings(let readings) = try await visit.service.query(.exposition, within: QueryBounds())
            else {
                throw QueryFault(.internal, "no readings")
            }
            var writer = ExpositionWriter()
            for reading in readings {
                for (labels, value) in reading.values { writer.add(reading.family, labels, value) }
            }
            return APIResponse(200, Array(writer.text.utf8), type: "text/plain; version=0.0.4; charset=utf-8")
        },
    ]
}
