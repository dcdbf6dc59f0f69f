import ArgumentParser
import CLinux
import Glibc
import Logging
import TocsinAPI

/// `tocsin serve`: the engine as a daemon.
struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the engine as a service that screens, scripts and Prometheus' tools attach to.",
        discussion: """
            It listens on a Unix socket (and on TCP where api.listen says so), reads its configuration anew on SIGHUP, \
            and on SIGTERM finishes the step of a failover that is under way and begins no other.
            """)

    @Option(name: .shortAndLong, help: "The configuration file.") var config: String?
    @Flag(name: .customLong("readonly"), help: "Nobody may change anything, whatever their role.") var readOnly = false
    @Flag(help: "Keep all of its memory resident (mlockall), so that it answers when memory is short.")
    var lockMemory = false
    @Flag(help: "Print the systemd unit and end.") var printUnit = false

    func run() throws {
        if printUnit {
            let program = realpath("/proc/self/exe", nil).map { String(cString: $0) } ?? "/usr/bin/tocsin"
            print(SystemdNotify.unit(program: program, config: config.map { Places.absolute($0) }), terminator: "")
            return
        }
        umask(0o077)
        // It has to answer when every core is busy. Threads take after the one that makes them, so this comes first;
        // without the right to it the engine takes its turn with the others.
        let own = __priority_which_t(PRIO_PROCESS.rawValue)
        if getpriority(own, 0) >= 0 { setpriority(own, 0, -5) }
        signal(SIGPIPE, SIG_IGN)
        let descriptors = Dashboard.raiseDescriptorLimit()
        guard descriptors >= 128 else {
            throw Failure(
                "only \(descriptors) files may be open at once; the engine needs 128 at least: raise ulimit -n, or LimitNOFILE= in the unit"
            )
        }
        APIServer.prepare()
        if lockMemory, mlockall(MCL_CURRENT | MCL_FUTURE) != 0 {
            StandardError.say("memory cannot be locked: \(String(cString: strerror(errno))); LimitMEMLOCK= allows it")
        }
        let logger = Logger(label: "tocsin") { label in StreamLogHandler.standardError(label: label) }
        let house = try EngineHouse(configPath: config, readOnly: readOnly, logger: logger)
        try Bridge.wait { try await Daemon(house: house, logger: logger).run() }.get()
    }
}
