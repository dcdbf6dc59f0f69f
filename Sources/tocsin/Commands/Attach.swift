import ArgumentParser
import FoundationEssentials
import HostMetrics
import TocsinAPI
import TocsinModel

/// `tocsin attach WHERE`
struct Attach: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Open the dashboard on an engine elsewhere.",
        discussion: """
            WHERE is unix:PATH, https://HOST[:PORT] or ssh://[USER@]HOST[:PORT][/SOCKET]; over ssh it runs tocsin proxy \
            on the other host, so that SSH's keys are the login. TOCSIN_TOKEN in the environment does the same as \
            --token-file.
            """)

    /// How to prove who one is; scripts have the same options.
    struct Proof: ParsableArguments {
        @Option(help: "A file that holds a token.") var tokenFile: String?
        @Option(help: "A file of certificates to trust in place of the system's.") var caFile: String?
        @Option(help: "A client certificate.") var certFile: String?
        @Option(help: "The client certificate's key.") var keyFile: String?

        func credentials() throws -> Credentials {
            var credentials = Credentials.own
            credentials.authority = caFile
            credentials.certificate = certFile
            credentials.key = keyFile
            if let tokenFile {
                guard let data = FileManager.default.contents(atPath: tokenFile) else {
                    throw Failure("--token-file: \(tokenFile) cannot be read")
                }
                let text = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isWhitespace).first
                guard let text else { throw Failure("--token-file: \(tokenFile) is empty") }
                credentials.token = String(text)
            } else {
                credentials.token = Places.environment("TOCSIN_TOKEN").flatMap { $0.isEmpty ? nil : $0 }
            }
            return credentials
        }
    }

    @Argument(help: "The engine: unix:PATH, https://HOST:PORT, ssh://HOST.") var place: String
    @OptionGroup var proof: Proof
    @OptionGroup var look: Dashboard.Look
    @Flag(name: .customLong("readonly"), help: "Only look: no key changes anything.") var readOnly = false

    func run() throws {
        let endpoint = try Self.endpoint(place)
        let credentials = try proof.credentials()
        guard let screen = try Dashboard.Screen(look, theme: nil) else { throw ExitCode(1) }
        try screen.loop { LinuxClock().now().wall }.run { _ in
            try AttachedEngine.reach(endpoint, credentials, readOnly: readOnly)
        }
    }

    static func endpoint(_ text: String) throws -> Endpoint {
        do throws(Endpoint.Malformed) { return try Endpoint(text) } catch { throw Failure(error.description) }
    }
}
