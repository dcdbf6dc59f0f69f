import ArgumentParser

/// The program: without a subcommand it opens the dashboard.
///
/// Commands are synchronous on purpose: the dashboard draws on the main thread, which an asynchronous main would leave.
@main
struct Tocsin: ParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "tocsin",
        abstract: "A terminal console for keeping systems up.",
        discussion: "Without a subcommand it opens the dashboard of this machine.",
        version: version,
        subcommands: [
            Dashboard.self, Serve.self, Attach.self, Proxy.self, Alerts.self, Ack.self, SilenceCommand.self,
            Services.self, Failover.self, Runs.self, Audit.self, TokenCommand.self, StateCommand.self, Demo.self,
            Collect.self, Rules.self, Check.self,
            Test.self, Query.self, Detect.self, Anomalies.self, Manual.self, Completions.self, DemoPart.self,
        ],
        defaultSubcommand: Dashboard.self)
}
