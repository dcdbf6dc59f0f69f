import PromQL
import TocsinModel

/// How alerts are told: short, exact, in words a rule file uses.
package enum AlertWords {
    /// Labels that say what an alert is about, the most telling first.
    private static let telling = [
        "mountpoint", "device", "collector", "service", "cpu", "resource", "metric", "cgroup", "rule", "name",
    ]

    /// What an alert is about: a mount point, a device, else the host. Where it is not about this engine's own host, it
    /// says which: `nvme1n1 on db-03:9100`.
    ///
    /// - Parameter home: the `instance` of the engine's own host; nil where there is one host only.
    package static func subject(_ labels: Labels, home: String? = nil) -> String {
        let instance = labels["instance"] ?? ""
        guard let part = telling.lazy.compactMap({ labels[$0] }).first else { return instance }
        return instance.isEmpty || home == nil || instance == home ? part : "\(part) on \(instance)"
    }

    /// `DiskLatency nvme1n1`, and of another host `DiskLatency nvme1n1 on db-03:9100`.
    package static func title(_ alert: Alert, home: String? = nil) -> String {
        let subject = subject(alert.labels, home: home)
        let isPlain = subject.isEmpty || subject == home || (home == nil && subject == alert.labels["instance"])
        return isPlain ? alert.name : "\(alert.name) \(subject)"
    }

    /// One sentence: the summary where the rule has one.
    package static func sentence(_ alert: Alert, home: String? = nil) -> String {
        if let summary = alert.annotation("summary"), !summary.isEmpty {
            let instance = alert.labels["instance"] ?? ""
            let isNamed = home == nil || instance.isEmpty || instance == home || summary.contains(instance)
            return isNamed ? summary : "\(summary) on \(instance)"
        }
        return "\(title(alert, home: home)) is \(number(alert.value))"
    }

    /// The short account beside the name: the rule's own `account`, else value, comparison and `for`.
    package static func account(_ alert: Alert) -> String {
        if let own = alert.annotation("account"), !own.isEmpty { return own }
        guard let expression = try? Expr(parsing: alert.expression), let shape = RuleShape(expression) else {
            return number(alert.value)
        }
        var out = "\(number(alert.value)) \(shape.operation.rawValue) \(number(shape.threshold))"
        if alert.holdFor > 0 { out += " for \(duration(alert.holdFor))" }
        return out
    }

    /// Three significant digits.
    package static func number(_ value: Double) -> String {
        guard value.isFinite else { return GoNumber.plain(value) }
        if value == 0 { return "0" }
        var scale = 1.0
        var digits = 0
        while (value.magnitude * scale) < 100, digits < 6 {
            scale *= 10
            digits += 1
        }
        return GoNumber.plain((value * scale).rounded() / scale)
    }

    /// `42 s`, `12 m`, `2 h 10`, `3 d`.
    package static func duration(_ milliseconds: Milliseconds) -> String { Words.duration(milliseconds) }
}
