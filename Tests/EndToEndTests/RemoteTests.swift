import FoundationEssentials
import Glibc
import TestKit
import Testing

/// An engine reached from elsewhere: over TLS with certificates and tokens, and through a real sshd.
@Suite(.serialized) struct RemoteTests {
    private let folder = Fixture()
    private var socketPath: String { folder.path + "/t.sock" }
    private static var mustBeThere: Bool { getenv("CI") != nil }
    private static func isThere(_ path: String) -> Bool { access(path, X_OK) == 0 }

    private var environment: [String: String] {
        [
            "PATH": "\(folder.path)/bin:/usr/bin:/bin", "HOME": folder.path, "XDG_STATE_HOME": folder.path + "/home",
            "TERM": "xterm-256color", "LANG": "C.UTF-8", "XDG_RUNTIME_DIR": folder.path,
        ]
    }

    private func serve(_ more: String) throws -> Pty {
        folder.write(
            "tocsin.yaml", "storage: {path: \(folder.path)/state}\napi:\n  socket: \(socketPath)\n" + more)
        let daemon = try #require(
            Pty(
                productsFolder + "/tocsin", ["serve", "--config", folder.path + "/tocsin.yaml"],
                environment: environment))
        #expect(daemon.expect("listening on \(socketPath)"))
        return daemon
    }

    /// Runs a line of the shell; what it printed and how it ended.
    private func run(_ line: String) throws -> (text: String, code: Int32) {
        let pty = try #require(Pty("/bin/sh", ["-c", "\(line) > '\(folder.path)/out' 2>&1"], environment: environment))
        let ended = try #require(pty.exit(within: 40))
        let bytes = FileManager.default.contents(atPath: folder.path + "/out") ?? Data()
        return (String(decoding: bytes, as: UTF8.self), ended.code)
    }

    private static let certificates = """
        set -e; cd "$1"
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ca -keyout ca.key -out ca.pem
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=other -keyout x.key -out other.pem
        for who in localhost kim eve; do
          openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=$who -keyout $who.key -out $who.csr
          printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\\n' > ext
          openssl x509 -req -in $who.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out $who.pem
        done

        """

    @Test(.enabled(if: isThere("/usr/bin/openssl") || mustBeThere, "openssl is not installed"))
    func certificatesAndTokensOverTLS() throws {
        folder.write("make", Self.certificates)
        #expect(try run("sh '\(folder.path)/make' '\(folder.path)'").code == 0)
        let port = freePort()
        let daemon = try serve(
            """
              listen: 127.0.0.1:\(port)
              tls: {cert_file: \(folder.path)/localhost.pem, key_file: \(folder.path)/localhost.key, client_ca_file: \(folder.path)/ca.pem}
              access: [{certificate: CN=kim, role: operator}]

            """)
        #expect(daemon.expect("https://127.0.0.1:\(port)"))
        let (tocsin, at) = ("'\(productsFolder)/tocsin'", "--at https://localhost:\(port)")
        let ca = "--ca-file '\(folder.path)/ca.pem'"
        func certificate(_ who: String) -> String {
            "--cert-file '\(folder.path)/\(who).pem' --key-file '\(folder.path)/\(who).key'"
        }
        // Who proves nothing sees nothing.
        var answer = try run("\(tocsin) alerts \(at) \(ca)")
        #expect(answer.code != 0)
        // A certificate that is granted nothing is somebody, and may do nothing.
        answer = try run("\(tocsin) alerts \(at) \(ca) \(certificate("eve"))")
        #expect(answer.code != 0, "\(answer.text)")
        answer = try run("\(tocsin) alerts \(at) \(ca) \(certificate("kim"))")
        #expect(answer.code == 0, "\(answer.text)")
        answer = try run(
            "\(tocsin) silence add alertname=None --for 1h --comment c \(at) \(ca) \(certificate("kim"))")
        #expect(answer.code == 0, "\(answer.text)")
        #expect(try run("\(tocsin) audit --config '\(folder.path)/tocsin.yaml'").text.contains("kim"))
        // A server whose authority is not trusted is not spoken to: nothing is known of it.
        answer = try run("\(tocsin) alerts \(at) --ca-file '\(folder.path)/other.pem' \(certificate("kim"))")
        #expect(answer.code == 3, "\(answer.text)")
        // A renewed certificate is shown to the next client; half of a renewal is not.
        let look = "curl -sv --max-time 5 --cacert '\(folder.path)/ca.pem' https://localhost:\(port)/-/healthy"
        #expect(try run(look).text.contains("subject: CN=localhost"))
        #expect(try run("cp '\(folder.path)/eve.pem' '\(folder.path)/localhost.pem'").code == 0)
        #expect(try run(look).text.contains("subject: CN=localhost"))
        #expect(try run("cp '\(folder.path)/eve.key' '\(folder.path)/localhost.key'").code == 0)
        daemon.pause(3)
        #expect(try run(look).text.contains("subject: CN=eve"))
        daemon.signal(SIGTERM)
        #expect(daemon.exit(within: 20)?.code == 0)
    }

    @Test(.enabled(if: isThere("/usr/sbin/sshd") || mustBeThere, "openssh-server is not installed"))
    func attachThroughARealSSHServer() throws {
        let port = freePort()
        folder.write("bin/ssh", "#!/bin/sh\nexec /usr/bin/ssh -F '\(folder.path)/ssh_config' \"$@\"\n")
        folder.write(
            "ssh_config",
            """
            Host *
              IdentityFile \(folder.path)/id
              IdentitiesOnly yes
              UserKnownHostsFile \(folder.path)/known
              StrictHostKeyChecking no
              BatchMode yes

            """)
        folder.write(
            "sshd_config",
            """
            ListenAddress 127.0.0.1:\(port)
            HostKey \(folder.path)/host
            PidFile none
            UsePAM no
            StrictModes no
            PermitRootLogin yes
            PasswordAuthentication no
            AuthorizedKeysFile \(folder.path)/id.pub
            SetEnv PATH=\(productsFolder):/usr/bin:/bin

            """)
        let made = try run(
            """
            chmod +x '\(folder.path)/bin/ssh'; mkdir -p /run/sshd
            ssh-keygen -q -t ed25519 -N '' -f '\(folder.path)/host' && ssh-keygen -q -t ed25519 -N '' -f '\(folder.path)/id'
            """)
        #expect(made.code == 0, "\(made.text)")
        let server = try #require(
            Pty("/usr/sbin/sshd", ["-D", "-e", "-f", folder.path + "/sshd_config"], environment: environment))
        defer { server.signal(SIGTERM) }
        #expect(server.expect("Server listening"), "\(String(decoding: server.output, as: UTF8.self))")
        let daemon = try serve("")
        let place = "ssh://127.0.0.1:\(port)\(socketPath)"
        let answer = try run("'\(productsFolder)/tocsin' alerts --at '\(place)'")
        #expect(answer.code == 0, "\(answer.text)")
        let screen = try #require(
            Pty(
                productsFolder + "/tocsin", ["attach", place], environment: environment, columns: 120, lines: 40))
        #expect(screen.expect("rules judged", within: 20))
        screen.send("6")
        #expect(screen.expect("resident memory"))
        screen.send("q")
        #expect(screen.exit()?.code == 0)
        // A key that is not known: said in ssh's own words, and the exit status of an engine that cannot be reached.
        _ = try run(
            "rm '\(folder.path)/id'; ssh-keygen -q -t ed25519 -N '' -f '\(folder.path)/other'; mv '\(folder.path)/other' '\(folder.path)/id'"
        )
        let refused = try run("'\(productsFolder)/tocsin' alerts --at '\(place)'")
        #expect(refused.code == 3, "\(refused.text)")
        #expect(refused.text.contains("Permission denied"), "\(refused.text)")
        daemon.signal(SIGTERM)
        #expect(daemon.exit(within: 20)?.code == 0)
    }
}
