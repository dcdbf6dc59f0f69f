import LinearRegex
import TocsinCore
import TocsinModel

/// Builds the page of the fleet.
struct FleetBuilder {
    let context: PageContext
    let targets: [TargetStatus]
    /// By host; empty where the fleet is too large for numbers.
    let numbers: [String: FleetNumbers]

    /// What is known of a host before its alerts.
    private struct Known {
        var labels: Labels
        var health: TargetStatus.Health
    }

    /// Labels that differ from host to host by their nature, and so group nothing.
    private static let individual: Set<String> = ["instance", "__name__"]
    private static let mostTop = 30

    func page(groupedBy wanted: String?, filter: String) -> FleetPage {
        let known = hosts
        let groupings = Self.groupings(known)
        let label = wanted.flatMap { groupings.contains($0) ? $0 : nil } ?? groupings.first ?? "job"
        var fault = ""
        let isShown = Self.condition(filter, &fault)
        var troubles = troubles()
        var groups: [String: [FleetPage.Host]] = [:]
        for (name, one) in known where isShown(name, one.labels) {
            let alerts = troubles.removeValue(forKey: name) ?? []
            groups[one.labels[label] ?? "–", default: []].append(host(name, one, alerts))
        }
        let all = groups.map { name, hosts in
            FleetPage.Group(name: name, hosts: hosts.sorted { Self.precedes($0.name, $1.name) })
        }.sorted { Self.precedes($0.name, $1.name) }
        let shown = Set(all.flatMap(\.hosts).map(\.name))
        let top = context.rows.firing.filter { shown.contains($0.alert.labels["instance"] ?? "") }
        return FleetPage(
            groups: all, total: known.count, groupedBy: label, groupings: groupings, fault: fault,
            top: Array(top.prefix(Self.mostTop)))
    }

    /// Every host by name: this one, and whatever is scraped.
    private var hosts: [String: Known] {
        var all: [String: Known] = [
            context.host: Known(labels: ["instance": context.host, "job": "node"], health: .up)
        ]
        for target in targets where !target.isProbe {
            let name = target.target.labels["instance"] ?? ""
            guard let known = all[name] else {
                all[name] = Known(labels: target.target.labels, health: target.health)
                continue
            }
            // One job that answers proves that the host is there.
            if known.health != .up, target.health != .unknown { all[name]?.health = target.health }
        }
        return all
    }

    private func troubles() -> [String: [MonitorCore.Entry]] {
        var all: [String: [MonitorCore.Entry]] = [:]
        for entry in context.core.sorted where entry.alert.state == .firing {
            all[entry.alert.labels["instance"] ?? "", default: []].append(entry)
        }
        return all
    }

    private func host(_ name: String, _ known: Known, _ alerts: [MonitorCore.Entry]) -> FleetPage.Host {
        let open = alerts.filter { !context.core.isTaken($0, at: context.now.engine) }
            .sorted { VerdictMaker.precedes($0.alert, $1.alert) }
        var host = FleetPage.Host(name: name, state: .well)
        if let worst = open.first {
            host.state = Self.state(worst.alert.severity)
            host.trouble = "\(worst.alert.name) \(AlertWords.account(worst.alert))"
        } else if known.health == .down {
            host.state = .unseen
            host.trouble = "does not answer"
        } else if !alerts.isEmpty {
            host.state = .owned
        } else if known.health == .unknown {
            host.state = .waiting
        }
        if !alerts.isEmpty { host.alerts = alerts.count }
        let numbers = numbers[name]
        (host.cpu, host.memory, host.disk) = (numbers?.cpu, numbers?.memory, numbers?.disk)
        return host
    }

    private static func state(_ severity: Severity) -> FleetPage.State {
        switch severity {
        case .critical: .critical
        case .warning: .warning
        case .info: .info
        case .unknown: .unseen
        }
    }

    /// Labels by which hosts can be grouped: those with fewer values than there are hosts, `job` last.
    private static func groupings(_ hosts: [String: Known]) -> [String] {
        var values: [String: Set<String>] = [:]
        for known in hosts.values {
            for pair in known.labels.pairs where !individual.contains(pair.name) {
                values[pair.name, default: []].insert(pair.value)
            }
        }
        let useful = values.filter { $0.value.count < max(2, hosts.count) }.keys
        return useful.sorted { ($0 == "job" ? 1 : 0, $0) < ($1 == "job" ? 1 : 0, $1) }
    }

    /// `db`, a part of the name, `env=prod rack=~"r1.*"`, or both.
    private static func condition(_ filter: String, _ fault: inout String) -> (String, Labels) -> Bool {
        if filter.isEmpty { return { _, _ in true } }
        do {
            let (matchers, rest) = try MatcherSyntax.leading(filter)
            let conditions = try CompiledMatchers(matchers)
            let words = rest.lowercased().split(separator: " ").map(String.init)
            return { name, labels in
                conditions.matches(labels) && words.allSatisfy { name.lowercased().contains($0) }
            }
        } catch {
            fault = (error as? LinearRegex.Malformed)?.reason ?? "\(error)"
            return { _, _ in true }
        }
    }

    /// Numbers within names are compared as numbers: `db-9` stands before `db-10`.
    static func precedes(_ a: String, _ b: String) -> Bool {
        let (a, b) = (Array(a.utf8), Array(b.utf8))
        var (i, j) = (0, 0)
        func number(_ text: [UInt8], _ at: inout Int) -> UInt64 {
            var value: UInt64 = 0
            while at < text.count, (0x30...0x39).contains(text[at]) {
                value = value &* 10 &+ UInt64(text[at] - 0x30)
                at += 1
            }
            return value
        }
        while i < a.count, j < b.count {
            if (0x30...0x39).contains(a[i]), (0x30...0x39).contains(b[j]) {
                let (x, y) = (number(a, &i), number(b, &j))
                if x != y { return x < y }
            } else {
                if a[i] != b[j] { return a[i] < b[j] }
                i += 1
                j += 1
            }
        }
        return a.count - i < b.count - j
    }
}
