import ArgumentParser
import Glibc

/// `tocsin demo`
struct Demo: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Start a small real service on the loopback, and the dashboard on it.",
        discussion: """
            Two nodes with a replicated counter, a switch in front of them and a client that writes through it, all \
            processes of this program. Kill the primary and press F. Everything ends with the dashboard.
            """)

    @Flag(help: .private) var partsOnly = false
    @Option(help: .private) var folder: String?
    @OptionGroup var look: Dashboard.Look

    func run() throws {
        var world = try DemoWorld(folder: folder, owner: getpid())
        try world.start()
        if partsOnly { return idle(world) }
        defer { world.stop() }
        let primary = world.pids["a"] ?? 0
        try Dashboard.open(
            look, config: world.config,
            notice:
                "demo: in another terminal kill -9 \(primary) (the primary a), then press F here; q ends everything",
            own: true)
    }

    /// For tests: the parts alone, until nobody holds our standard input any more.
    private func idle(_ world: DemoWorld) {
        for (name, pid) in world.pids.sorted(by: { $0.key < $1.key }) { print("\(name) \(pid)") }
        print("ready \(world.config)")
        fflush(nil)
        while readLine() != nil {}
        world.stop()
    }
}
