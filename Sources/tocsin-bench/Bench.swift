import ArgumentParser

/// Benchmarks: they measure and report, and never pass or fail.
@main
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tocsin-bench", abstract: "Measure Tocsin, beside its peers where they are installed.",
        subcommands: [Peers.self, Inner.self], defaultSubcommand: Peers.self)
}
