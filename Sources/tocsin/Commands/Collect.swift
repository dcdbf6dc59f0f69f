import ArgumentParser
import Exposition
import HostMetrics
import TocsinCore
import TocsinModel

/// `tocsin collect`: one exposition of this machine on standard output.
struct Collect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print one Prometheus text exposition of this machine.",
        discussion: "Names, labels and units are node_exporter's, and so are the default exclusions.")

    @Option(help: "The root of /proc.") var proc = "/proc"
    @Option(help: "The root of /sys.") var sys = "/sys"

    func run() throws {
        let roots = HostRoots(proc: proc, sys: sys)
        var writer = ExpositionWriter()
        let duration = MetricFamily(
            "node_scrape_collector_duration_seconds", .gauge, "node_exporter: Duration of a collector scrape.")
        let success = MetricFamily(
            "node_scrape_collector_success", .gauge, "node_exporter: Whether a collector succeeded.")
        let clock = ContinuousClock()
        for collector in HostCollectors.all(roots, mounts: .nodeExporter) {
            var batch = SampleBatch()
            var failure: CollectFailure?
            let spent = clock.measure {
                do throws(CollectFailure) { try collector.collect(into: &batch) } catch { failure = error }
            }
            for (slot, value) in zip(batch.slots, batch.values) {
                writer.add(batch.series[slot.index].family, batch.series[slot.index].labels, value)
            }
            if failure?.absent == true { continue }
            let labels: Labels = ["collector": collector.name]
            writer.add(duration, labels, Double(spent.components.attoseconds) / 1e18 + Double(spent.components.seconds))
            writer.add(success, labels, failure == nil ? 1 : 0)
        }
        print(writer.text, terminator: "")
    }
}
