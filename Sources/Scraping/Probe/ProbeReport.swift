import Exposition
import Synchronization
import TocsinModel

/// What a probe finds, by blackbox_exporter's names.
struct ProbeReport {
    private var writer = ExpositionWriter()
    /// False until the probe has found everything as it should be.
    var isSuccess = false

    mutating func set(_ name: String, _ help: String, _ value: Double, _ labels: Labels = .none) {
        writer.add(MetricFamily("probe_" + name, .gauge, help), labels, value)
    }

    mutating func set(_ name: String, _ help: String, _ value: Bool) { set(name, help, value ? 1 : 0) }

    /// The page.
    func page(seconds: Double) -> [UInt8] {
        var all = self
        all.set("success", "Displays whether or not the probe was a success", isSuccess)
        all.set("duration_seconds", "Returns how long the probe took to complete in seconds", seconds)
        return Array(all.writer.text.utf8)
    }
}

/// Collects a report while the probe may still be cut off by its deadline: what was found until then counts.
final class ProbeNotes: Sendable {
    private let report = Mutex(ProbeReport())

    func note(_ body: (inout sending ProbeReport) -> Void) { report.withLock { body(&$0) } }
    func page(seconds: Double) -> [UInt8] { report.withLock { $0.page(seconds: seconds) } }
}
