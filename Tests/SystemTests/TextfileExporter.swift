import Glibc
import TestKit

/// A real node_exporter on loopback that serves pages of our own and nothing else, stopped with the object.
final class TextfileExporter {
    static let program = "/usr/bin/prometheus-node-exporter"
    static let isInstalled = access(program, X_OK) == 0

    let port: Int
    private let process: Pty

    /// - Parameter folder: where the pages lie, as files that end in `.prom`.
    init?(_ folder: String, port: Int = freePort()) {
        self.port = port
        let process = Pty(
            Self.program,
            [
                "--web.listen-address=127.0.0.1:\(port)", "--collector.disable-defaults", "--collector.textfile",
                "--collector.textfile.directory=\(folder)",
            ], environment: ["PATH": "/usr/bin:/bin"])
        guard let process else { return nil }
        self.process = process
        guard process.expect("Listening on", within: 20) || process.expect("TLS is disabled", within: 5) else {
            return nil
        }
    }

    deinit { process.signal(SIGTERM) }
}
