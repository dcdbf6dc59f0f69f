import ArgumentParser
import HostMetrics
import TerminalKit
import TocsinAPI
import TocsinModel

/// `tocsin token`
struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Let programs and people in over the network.",
        subcommands: [Create.self, List.self, Revoke.self], defaultSubcommand: List.self)

    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a token and print it, once: the engine keeps its hash alone.")

        @Argument(help: "Whose it is.") var name: String
        @Option(help: "viewer, operator or admin.") var role = "viewer"
        @Option(name: .customLong("service"), help: "A service it may act on; may be given several times, * for all.")
        var services: [String] = []
        @Option(help: "How long it opens: 30d, 12h; for ever when left out.") var expires: String?
        @OptionGroup var engine: EngineConsole.Options

        func run() throws {
            guard let role = AccessRole(rawValue: role) else {
                throw Failure("--role is viewer, operator or admin; not \"\(role)\"")
            }
            let end = try expires.map { LinuxClock().now().wall + (try Ack.milliseconds($0, "--expires")) }
            var generator = SystemRandomNumberGenerator()
            let secret = "tocsin_" + (0..<4).map { _ in Hex.string(generator.next()) }.joined()
            let access = Access(role, services: services.contains("*") ? .all : .only(services))
            let token = AccessToken(
                name: name, hash: SHA256.hex(Array(secret.utf8)), access: access, createdBy: .engine, createdAt: 0,
                expiresAt: end)
            let console = try EngineConsole(engine)
            defer { console.close() }
            try console.watch(acting: true)
            StandardError.say(Scrub.text(try console.perform(.addToken(token)).words))
            print(secret)
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show the tokens, without what opens (the default).")

        @Flag(help: "Print JSON.") var json = false
        @OptionGroup var engine: EngineConsole.Options

        func run() throws {
            let console = try EngineConsole(engine)
            defer { console.close() }
            try console.watch(acting: true)
            guard case .tokens(let page) = try console.page(.tokens).body else { return }
            if json { return print(try EngineConsole.json(page.tokens)) }
            if page.tokens.isEmpty { return print("there is no token") }
            for token in page.tokens {
                let end = token.expiresAt.map { "until \(WireTime.text($0))" } ?? "for ever"
                print(
                    Scrub.text(
                        "\(token.name)  \(token.access.role?.rawValue ?? "nothing")  \(end)  by \(token.createdBy.name)"
                    ))
            }
        }
    }

    struct Revoke: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take a token back; it opens nothing from now on.")

        @Argument(help: "Its name.") var name: String
        @OptionGroup var engine: EngineConsole.Options

        func run() throws {
            let console = try EngineConsole(engine)
            defer { console.close() }
            try console.watch(acting: true)
            print(Scrub.text(try console.perform(.revokeToken(name: name)).words))
        }
    }
}
