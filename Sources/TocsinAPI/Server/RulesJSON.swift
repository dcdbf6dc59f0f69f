import TocsinModel

/// Rules and alerts as Prometheus' API tells them.
enum RulesJSON {
    static func rules(_ page: RulesPage, _ head: PageHead, _ parameters: Parameters) throws(QueryFault) -> [UInt8] {
        let kind = try kind(parameters["type"])
        let (names, groups, files) = (
            parameters.all("rule_name[]"), parameters.all("rule_group[]"), parameters.all("file[]")
        )
        let chosen = page.groups.compactMap { group -> RuleGroupView? in
            guard groups.isEmpty || groups.contains(group.name), files.isEmpty || files.contains(group.file) else {
                return nil
            }
            var group = group
            group.rules = group.rules.filter { rule in
                (kind == nil || rule.kind == kind) && (names.isEmpty || names.contains(rule.name))
            }
            return group.rules.isEmpty && !names.isEmpty ? nil : group
        }
        return PrometheusJSON.success { json in
            json.raw("{\"groups\":")
            json.list(chosen) { write($1, head, &$0) }
            json.raw("}")
        }
    }

    private static func kind(_ text: String?) throws(QueryFault) -> RuleView.Kind? {
        switch text?.lowercased() {
        case nil, "": return nil
        case "alert": return .alerting
        case "record": return .recording
        default: throw QueryFault(.badData, "invalid parameter \"type\": not supported value \"\(text ?? "")\"")
        }
    }

    private static func write(_ group: RuleGroupView, _ head: PageHead, _ json: inout JSONWriter) {
        let last = time(group.evaluatedAt, head)
        json.raw("{\"name\":")
        json.string(group.name)
        json.raw(",\"file\":")
        json.string(group.file)
        json.raw(",\"rules\":")
        json.list(group.rules) { write($1, group, head, &$0) }
        json.raw(",\"interval\":\(GoNumber.plain(Double(group.interval) / 1000)),\"limit\":\(group.limit)")
        json.raw(",\"evaluationTime\":\(GoNumber.plain(group.seconds)),\"lastEvaluation\":\"\(last)\"}")
    }

    private static func write(_ rule: RuleView, _ group: RuleGroupView, _ head: PageHead, _ json: inout JSONWriter) {
        json.raw("{")
        if rule.kind == .alerting {
            let state =
                rule.alerts.contains { $0.state == .firing } ? "firing" : rule.alerts.isEmpty ? "inactive" : "pending"
            json.raw("\"state\":\"\(state)\",")
        }
        json.raw("\"name\":")
        json.string(rule.name)
        json.raw(",\"query\":")
        json.string(rule.query)
        if rule.kind == .alerting {
            json.raw(",\"duration\":\(GoNumber.plain(Double(rule.holdFor) / 1000))")
            json.raw(",\"keepFiringFor\":\(GoNumber.plain(Double(rule.keepFiringFor) / 1000))")
        }
        if rule.kind == .alerting || !rule.labels.isEmpty {
            json.raw(",\"labels\":")
            json.object(rule.labels.map { ($0.name, $0.text) })
        }
        if rule.kind == .alerting {
            json.raw(",\"annotations\":")
            json.object(rule.annotations.map { ($0.name, $0.text) })
            json.raw(",\"alerts\":")
            json.list(rule.alerts) { write($1, head, &$0) }
        }
        json.raw(",\"health\":\"\(rule.health.rawValue)\"")
        if !rule.lastError.isEmpty {
            json.raw(",\"lastError\":")
            json.string(rule.lastError)
        }
        json.raw(",\"evaluationTime\":\(GoNumber.plain(rule.seconds))")
        json.raw(",\"lastEvaluation\":\"\(time(group.evaluatedAt, head))\",\"type\":\"\(rule.kind.rawValue)\"}")
    }

    static func alerts(_ page: RulesPage, _ head: PageHead) -> [UInt8] {
        PrometheusJSON.success { json in
            json.raw("{\"alerts\":")
            json.list(page.groups.flatMap(\.rules).flatMap(\.alerts)) { write($1, head, &$0) }
            json.raw("}")
        }
    }

    private static func write(_ alert: Alert, _ head: PageHead, _ json: inout JSONWriter) {
        json.raw("{\"labels\":")
        json.labels(alert.labels)
        json.raw(",\"annotations\":")
        json.object(alert.annotations.map { ($0.name, $0.text) })
        json.raw(",\"state\":\"\(alert.state.rawValue)\",\"activeAt\":\"\(time(alert.activeSince, head))\"")
        json.raw(",\"value\":\"\(GoNumber.exponential(alert.value))\"}")
    }

    /// The engine's time as wall time; Go's zero time where there is none.
    static func time(_ time: Milliseconds?, _ head: PageHead) -> String {
        time.map { WireTime.text($0 + head.clockOffset) } ?? "0001-01-01T00:00:00Z"
    }
}
