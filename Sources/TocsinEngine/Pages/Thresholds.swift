import PromQL
import Templates
import TocsinCore
import TocsinModel

/// Where the rules in force draw their lines on the overview's bars. Nothing is drawn that no rule judges.
package struct Thresholds: Sendable {
    package struct Lines: Sendable, Equatable {
        package var warns: Double?
        package var critical: Double?
    }

    /// Percent busy, percent used of memory, percent used of a filesystem, milliseconds of a request, percent of a
    /// container's memory limit.
    package private(set) var cpu = Lines()
    package private(set) var memory = Lines()
    package private(set) var filesystem = Lines()
    package private(set) var latency = Lines()
    package private(set) var container = Lines()

    package init(_ groups: [RuleGroup]) {
        for rule in groups.flatMap(\.rules) {
            guard case .alerting(let alerting) = rule, let shape = RuleShape(alerting.expression) else { continue }
            let severity = Severity(label: alerting.labels.first { $0.name == "severity" }?.template.source)
            take(shape, severity)
        }
    }

    private mutating func take(_ shape: RuleShape, _ severity: Severity) {
        let names = shape.judged.metricNames
        let line = shape.threshold
        // Ratios are written as 0.9 or as 90: the bars are in percent.
        let percent = line <= 1 ? line * 100 : line
        let above = shape.operation == .greater || shape.operation == .greaterOrEqual
        guard !shape.judged.usesPrediction else { return }
        switch names {
        case ["node_cpu_seconds_total"]
        where above && shape.judged.reads(label: "mode", "idle") && !shape.judged.keeps("cpu"):
            cpu.set(severity, percent)
        case ["node_memory_MemAvailable_bytes", "node_memory_MemTotal_bytes"] where !above:
            memory.set(severity, 100 - percent)
        case ["node_filesystem_avail_bytes", "node_filesystem_size_bytes"] where !above:
            filesystem.set(severity, 100 - percent)
        case [
            "node_disk_read_time_seconds_total", "node_disk_reads_completed_total",
            "node_disk_write_time_seconds_total",
            "node_disk_writes_completed_total",
        ] where above:
            latency.set(severity, line < 1 ? line * 1000 : line)
        case ["tocsin_cgroup_memory_limit_bytes", "tocsin_cgroup_memory_working_set_bytes"] where above:
            container.set(severity, percent)
        default: break
        }
    }
}

extension Thresholds.Lines {
    fileprivate mutating func set(_ severity: Severity, _ line: Double) {
        switch severity {
        case .critical: critical = min(critical ?? line, line)
        case .warning: warns = min(warns ?? line, line)
        case .info, .unknown: break
        }
    }
}

extension Expr {
    fileprivate var metricNames: [String] {
        var names: Set<String> = []
        walk { expression in
            switch expression {
            case .selector(let selector), .range(let selector, _): names.insert(selector.name)
            default: break
            }
        }
        return names.sorted()
    }

    fileprivate var usesPrediction: Bool {
        var found = false
        walk {
            if case .call(let call) = $0, ["predict_linear", "deriv"].contains(call.function.name) { found = true }
        }
        return found
    }

    fileprivate func reads(label: String, _ value: String) -> Bool {
        var found = false
        walk { expression in
            switch expression {
            case .selector(let selector), .range(let selector, _):
                found = found || selector.matchers.contains(LabelMatcher(label, .equal, value))
            default: break
            }
        }
        return found
    }

    /// True when an aggregation keeps the label apart.
    fileprivate func keeps(_ label: String) -> Bool {
        var found = false
        walk { if case .aggregate(let node) = $0, !node.without, node.grouping.contains(label) { found = true } }
        return found
    }
}
