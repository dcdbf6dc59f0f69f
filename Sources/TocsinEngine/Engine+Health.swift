import Glibc
import TimeSeries
import TocsinCore
import TocsinModel

/// What the engine tells of itself.
extension Engine {
    func silences(_ at: Milliseconds) -> SilencesPage {
        let firing = core.sorted.filter { $0.alert.state == .firing }
        let all = core.silences.all
        return SilencesPage(
            silences: all,
            hidden: all.map { silence in firing.count { core.silences(of: $0, at: at).contains { $0.id == silence.id } }
            })
    }

    func health() async -> HealthPage {
        HealthPage(
            version: parts.version, pid: getpid(), startedAt: startedAt ?? now.engine,
            sections: [watchSection, storeSection, recordSection, costSection] + (usageSection.map { [$0] } ?? []))
    }

    private func value(_ family: MetricFamily) -> Double? { parts.registry.value(family.name) }

    private var watchSection: HealthPage.Section {
        let period = Double(parts.period) / 1000
        let turn = value(OwnMetrics.turnSeconds) ?? 0
        let lag = value(OwnMetrics.turnLag) ?? 0
        var items = [
            HealthPage.Item(
                "turns", "\(heartbeat)", nil, "one each \(Words.duration(parts.period)): collect, judge, decide"),
            HealthPage.Item(
                "the last turn took", Self.seconds(turn), turn > period ? .warning : nil,
                turn > period ? "longer than its period: fewer rules or a longer collect.interval would mend it" : ""),
            HealthPage.Item(
                "began too late by", Self.seconds(lag), lag > period ? .warning : nil,
                lag > period ? "the machine gives this process too little time" : ""),
        ]
        let slowest = groupTimes.max { $0.value.seconds < $1.value.seconds }
        let rules = parts.groups.reduce(0) { $0 + $1.rules.count }
        items.append(
            HealthPage.Item(
                "rules", "\(rules) in \(parts.groups.count) groups", nil,
                slowest.map { "slowest group \($0.key.group), \(Self.seconds($0.value.seconds))" } ?? ""))
        let failing = core.judgementsInOrder.compactMap { rule, judgement -> String? in
            if case .failing(let reason, _) = judgement { "\(rule.name): \(reason)" } else { nil }
        }
        if let first = failing.first {
            items.append(HealthPage.Item("rules that fail", "\(failing.count)", .warning, first))
        }
        if let first = anomalies.faults.first {
            items.append(
                HealthPage.Item(
                    "detectors without a series", "\(anomalies.faults.count)", .warning,
                    "\(first.detector): \(first.words)"))
        }
        for failure in latest?.failures ?? [] {
            items.append(
                HealthPage.Item(
                    "collector \(failure.collector)",
                    "not well for \(Words.duration(now.engine - failure.since))", .warning, failure.reason))
        }
        items += targetItems
        return HealthPage.Section("watching", items)
    }

    private var targetItems: [HealthPage.Item] {
        guard let targets, !targets.targets.isEmpty || !targets.faults.isEmpty else { return [] }
        let all = targets.targets
        let down = all.filter { $0.health == .down }
        let first = down.first.map { "\($0.target.url): \($0.error)" } ?? ""
        return [
            HealthPage.Item(
                "targets", "\(all.count), \(down.count) of them down", down.isEmpty ? nil : .warning, first)
        ] + targets.faults.prefix(5).map { HealthPage.Item("discovery", "faulty", .warning, $0) }
    }

    private var storeSection: HealthPage.Section {
        let statistics = parts.store.statistics
        let reach = statistics.oldest.map { Words.duration(now.engine - $0) } ?? "nothing yet"
        var items = [
            HealthPage.Item("series", "\(statistics.series)"),
            HealthPage.Item("samples in memory", Self.bytes(Double(statistics.bytes)), nil, "back to \(reach)"),
        ]
        if let shortened = statistics.counters.shortenedTo {
            items.append(
                HealthPage.Item(
                    "kept for", Words.duration(shortened), .warning, "storage.memory is full: make it larger"))
        }
        for refusal in statistics.refusals where !refusal.metric.isEmpty {
            items.append(
                HealthPage.Item(
                    "refused of \(refusal.source)", "\(refusal.refused) series", .warning,
                    "\(refusal.metric) has the most; storage.series_per_source is the limit"))
        }
        return HealthPage.Section("series", items)
    }

    private var recordSection: HealthPage.Section {
        var items: [HealthPage.Item] = []
        if let fault = journalFault, fault != Self.notOpenYet {
            items.append(HealthPage.Item("journal", "cannot be written", .warning, fault))
        } else {
            items.append(HealthPage.Item("journal", journalFault == nil ? "written" : "opening"))
        }
        items.append(
            HealthPage.Item(
                "the last commit took", Self.seconds(value(OwnMetrics.commitSeconds) ?? 0), nil,
                "\(Int(value(OwnMetrics.commits) ?? 0)) commits, \(Int(value(OwnMetrics.commitFailures) ?? 0)) failed"))
        items.append(
            HealthPage.Item(
                "waiting to be written", "\(journalQueue)", journalQueue > 100 ? .warning : nil,
                journalQueue > 100 ? "the disk is slower than what is to be recorded" : ""))
        return HealthPage.Section("records", items)
    }

    private var costSection: HealthPage.Section {
        var items: [HealthPage.Item] = []
        if let (_, resident) = OwnMetrics.memory() {
            items.append(HealthPage.Item("resident memory", Self.bytes(resident)))
        }
        if let cpu = value(OwnMetrics.cpu), let startedAt, now.engine > startedAt {
            let share = 100_000 * cpu / Double(now.engine - startedAt)
            items.append(
                HealthPage.Item(
                    "processor", "\(GoNumber.fixed(share, decimals: 2)) %", nil, "of one core, since the start"))
        }
        if let open = value(OwnMetrics.descriptors), let most = value(OwnMetrics.mostDescriptors) {
            let scarce = open > 0.9 * most
            items.append(
                HealthPage.Item(
                    "file descriptors", "\(Int(open)) of \(Int(most))", scarce ? .warning : nil,
                    scarce ? "raise LimitNOFILE of the service" : ""))
        }
        let costly = parts.pool?.costs.sorted { $0.seconds > $1.seconds }.prefix(4) ?? []
        for cost in costly {
            items.append(HealthPage.Item("collector \(cost.name)", Self.seconds(cost.seconds), nil, "at its last turn"))
        }
        return HealthPage.Section("cost", items)
    }

    /// What others count in the registry: connections, requests, scrapes.
    private var usageSection: HealthPage.Section? {
        var items: [HealthPage.Item] = []
        if let connections = parts.registry.value("tocsin_api_connections") {
            items.append(HealthPage.Item("connections", "\(Int(connections))"))
        }
        let requests = parts.registry.readings.first { $0.family.name == "tocsin_api_requests_total" }
        if let requests {
            let total = requests.values.reduce(0) { $0 + $1.value }
            let refused = requests.values.filter { ["401", "403", "429"].contains($0.labels["code"] ?? "") }
                .reduce(0) { $0 + $1.value }
            items.append(HealthPage.Item("requests", "\(Int(total))", nil, "\(Int(refused)) of them refused"))
        }
        if let queries = value(OwnMetrics.queries) {
            let seconds = parts.registry.value(OwnMetrics.querySeconds.name) ?? 0
            items.append(HealthPage.Item("queries", "\(Int(queries))", nil, "\(Self.seconds(seconds)) in all"))
        }
        return items.isEmpty ? nil : HealthPage.Section("service", items)
    }

    private static func seconds(_ value: Double) -> String {
        value < 1
            ? "\(GoNumber.fixed(value * 1000, decimals: value < 0.01 ? 2 : 0)) ms"
            : Words.duration(Milliseconds(value * 1000))
    }

    private static func bytes(_ value: Double) -> String {
        value < 1_048_576 ? "\(Int(value / 1024)) KiB" : "\(GoNumber.fixed(value / 1_048_576, decimals: 1)) MiB"
    }
}
