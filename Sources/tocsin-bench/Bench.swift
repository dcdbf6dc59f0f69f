import ArgumentParser

/// Benchmarks: they measure and report, and never pass or fail.
@main
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tocsin-bench", abstract: "Measure Tocsin, beside its peers where they are installed.",
        subcommands: [Simulate.self, Peers.self, Inner.self, Queries.self, FleetBench.self, Nab.self, FaultBench.self],
        defaultSubcommand: Peers.self)
}
