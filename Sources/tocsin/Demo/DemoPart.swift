import Adapters
import ArgumentParser
import FoundationEssentials
import Glibc
import TocsinCore

/// The processes of the demo, and what its steps call. Not for people.
struct DemoPart: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo-part", abstract: "A process of the demo.", shouldDisplay: false)

    @Argument var role: String
    @Argument var rest: [String] = []
    @Option var name = ""
    @Option var port: UInt16 = 0
    @Option var control: UInt16 = 0
    @Option var peer = ""
    @Option var to = ""
    @Option var folder = ""
    @Option var owner: Int32 = 0
    @Flag var primary = false
    @Flag var clean = false

    func run() throws {
        signal(SIGPIPE, SIG_IGN)
        switch role {
        case "node": try node()
        case "switch":
            belong()
            try DemoSwitch(target: to).serve(port: port, control: control)
        case "client":
            belong()
            var client = DemoClient(port: port)
            client.run()
        case "fence":
            guard DemoCall.fence(name, folder) else { throw Failure("\(name) could not be ended") }
            print("\(name) is ended")
        case "start": try start()
        case "call": try call()
        default: throw ValidationError("there is no part \(role)")
        }
    }

    private func belong() {
        guard owner > 0 else { return }
        let (folder, clean) = (folder, clean)
        Owner.follow(owner) {
            guard clean, folder.contains("tocsin-demo-") else { return }
            // The nodes end by themselves; what they may still write is gone with the folder.
            try? FileManager.default.removeItem(atPath: folder)
        }
    }

    private var upstream: (name: String, address: String) {
        let sides = peer.split(separator: "=", maxSplits: 1)
        return (String(sides.first ?? ""), sides.count > 1 ? String(sides[1]) : "")
    }

    private func node() throws {
        belong()
        try Data("\(getpid())\n".utf8).write(to: URL(filePath: "\(folder)/\(name).pid"))
        try DemoNode(name: name, isPrimary: primary, upstream: upstream).serve(port: port)
    }

    /// Brings a node back as a standby.
    private func start() throws {
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        _ = DemoCall.fence(name, folder)
        let pid = try DemoWorld.spawn(
            program,
            [
                "demo-part", "node", "--name", name, "--port", "\(port)", "--peer", peer, "--folder", folder, "--owner",
                "\(owner)",
            ])
        print("\(name) runs as pid \(pid), following \(upstream.name)")
    }

    private func call() throws {
        guard rest.count == 3 else { throw ValidationError("call METHOD ADDRESS PATH") }
        guard let answer = DemoCall.ask(rest[0], rest[1], rest[2]) else { throw Failure("\(rest[1]) does not answer") }
        print(answer.body.prefix { $0 != "\n" })
        if answer.status != 200 { throw ExitCode(1) }
    }
}

/// What the demo's steps do to its processes.
enum DemoCall {
    static func ask(_ method: String, _ address: String, _ path: String) -> PlainHTTP.Answer? {
        let (host, port) = Placeholders.split(address)
        return try? PlainHTTP.request(method, path, host: host, port: port, within: 2_000)
    }

    /// Ends a node for certain: its process, whatever state it is in. True when it is gone.
    static func fence(_ name: String, _ folder: String) -> Bool {
        guard let data = FileManager.default.contents(atPath: "\(folder)/\(name).pid"),
            let pid = Int32(String(decoding: data, as: UTF8.self).filter(\.isNumber)), isNode(pid, name)
        else { return true }
        kill(pid, SIGKILL)
        for _ in 0..<100 {
            if !isNode(pid, name) { return true }
            usleep(20_000)
        }
        return false
    }

    /// A pid may have been given to somebody else since.
    private static func isNode(_ pid: Int32, _ name: String) -> Bool {
        guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") else { return false }
        let words = data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        return words.contains("demo-part") && words.contains("node") && words.contains(name)
    }
}
