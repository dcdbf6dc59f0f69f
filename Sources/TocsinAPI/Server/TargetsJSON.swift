import TocsinModel

/// Targets as Prometheus' API tells them.
enum TargetsJSON {
    static func targets(_ page: TargetsPage, _ head: PageHead, _ parameters: Parameters) -> [UInt8] {
        let state = (parameters["state"] ?? "any").lowercased()
        let pool = parameters["scrapePool"]
        let active = state == "dropped" ? [] : page.active.filter { pool == nil || $0.job == pool }
        let dropped = state == "active" ? [] : page.dropped.filter { pool == nil || $0.job == pool }
        var counts: [String: Int] = [:]
        for one in page.active { counts[one.job, default: 0] += 0 }
        for one in page.dropped { counts[one.job, default: 0] += 1 }
        return PrometheusJSON.success { json in
            json.raw("{\"activeTargets\":")
            json.list(active) { write($1, head, &$0) }
            json.raw(",\"droppedTargets\":")
            json.list(dropped) { json, target in
                json.raw("{\"discoveredLabels\":")
                labels(target.discovered, &json)
                json.raw("}")
            }
            json.raw(",\"droppedTargetCounts\":{")
            for (number, job) in counts.keys.sorted().enumerated() {
                if number > 0 { json.raw(",") }
                json.string(job)
                json.raw(":\(counts[job] ?? 0)")
            }
            json.raw("}}")
        }
    }

    private static func write(_ target: TargetsPage.Target, _ head: PageHead, _ json: inout JSONWriter) {
        json.raw("{\"discoveredLabels\":")
        labels(target.discovered, &json)
        json.raw(",\"labels\":")
        labels(target.labels, &json)
        for (name, text) in [
            ("scrapePool", target.job), ("scrapeUrl", target.url), ("globalUrl", target.url),
            ("lastError", target.error), ("lastScrape", RulesJSON.time(target.lastScrape, head)),
        ] {
            json.raw(",\"\(name)\":")
            json.string(text)
        }
        json.raw(",\"lastScrapeDuration\":\(GoNumber.plain(target.seconds)),\"health\":\"\(target.health.rawValue)\"")
        json.raw(",\"scrapeInterval\":\"\(target.interval)\"")
        json.raw(",\"scrapeTimeout\":\"\(target.timeout)\"}")
    }

    private static func labels(_ labels: Labels, _ json: inout JSONWriter) {
        json.raw("{")
        for (number, pair) in labels.pairs.enumerated() {
            if number > 0 { json.raw(",") }
            json.string(pair.name)
            json.raw(":")
            json.string(pair.value)
        }
        json.raw("}")
    }
}
