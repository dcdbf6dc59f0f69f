import CLinux
import Glibc
import Synchronization

/// Carries connections to an engine on another host through `ssh HOST tocsin proxy`, so that SSH's keys are the login.
///
/// A socket in a folder of our own takes connections; for each one a `ssh` is started whose input and output are the
/// connection. They share one SSH connection where `ssh` can (`ControlMaster`), so that only the first one logs in.
public final class SSHTunnel: @unchecked Sendable {
    // The descriptor and the folder are never changed after init; the children are behind a lock.
    public let path: String
    private let folder: String
    private let listener: Int32
    private let arguments: [String]
    private let children = Mutex<Set<pid_t>>([])
    private let closed = Atomic(false)
    /// What `ssh` said last on its standard error: why a login failed.
    private let complaint = Mutex("")

    /// - Parameters:
    ///   - program: the SSH client, `ssh` on the path.
    ///   - command: what is run on the other host.
    public init(
        user: String?, host: String, port: Int?, options: [String] = [], program: String = "ssh",
        command: [String] = ["tocsin", "proxy"]
    ) throws {
        var template = Array(
            "\(getenv("XDG_RUNTIME_DIR").map { String(cString: $0) } ?? "/tmp")/tocsin-ssh.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw Unreachable("no folder for the tunnel can be made: \(String(cString: strerror(errno)))")
        }
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        path = folder + "/s"
        arguments =
            [
                program, "-T", "-o", "ControlMaster=auto", "-o", "ControlPath=\(folder)/c", "-o", "ControlPersist=60",
                "-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=2",
            ]
            + options + (port.map { ["-p", "\($0)"] } ?? []) + (user.map { ["-l", $0] } ?? []) + ["--", host] + command
        listener = try Self.listen(path)
        let thread = Thread { [weak self, listener] in
            while true {
                let connection = accept4(listener, nil, nil, Int32(SOCK_CLOEXEC.rawValue))
                if connection < 0, errno == EINTR { continue }
                guard connection >= 0, let self, !self.closed.load(ordering: .relaxed) else { return }
                self.carry(connection)
            }
        }
        thread.start()
    }

    deinit { close() }

    /// Ends the tunnel and everything that runs for it.
    public func close() {
        guard !closed.exchange(true, ordering: .relaxed) else { return }
        shutdown(listener, Int32(SHUT_RDWR))
        Glibc.close(listener)
        for child in children.withLock({ $0 }) { kill(child, SIGTERM) }
        unlink(path)
        unlink(folder + "/c")
        rmdir(folder)
    }

    /// Why the tunnel does not carry, in `ssh`'s words; empty when it said nothing.
    public var reason: String { complaint.withLock { $0 } }

    /// The same once `ssh` has ended, or after a second: the connection breaks a moment before the words are there.
    public var lastReason: String {
        for _ in 0..<50 where reason.isEmpty && !children.withLock({ $0.isEmpty }) { usleep(20_000) }
        return reason
    }

    private static func listen(_ path: String) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw Unreachable("\(path) is too long for a socket")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard bound == 0, Glibc.listen(descriptor, 16) == 0 else {
            throw Unreachable("no socket for the tunnel can be made: \(String(cString: strerror(errno)))")
        }
        return descriptor
    }

    /// Starts one `ssh` on a connection.
    private func carry(_ connection: Int32) {
        defer { Glibc.close(connection) }
        var errors: [Int32] = [-1, -1]
        guard pipe2(&errors, O_CLOEXEC) == 0 else { return }
        defer { Glibc.close(errors[1]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, connection, 0)
        posix_spawn_file_actions_adddup2(&actions, connection, 1)
        posix_spawn_file_actions_adddup2(&actions, errors[1], 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The child begins with no signal blocked, whatever the screen keeps for itself.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var pointers = arguments.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var child: pid_t = 0
        let failed = posix_spawnp(&child, arguments[0], &actions, &attributes, &pointers, environ)
        if failed != 0 {
            complaint.withLock { $0 = "\(arguments[0]) cannot be started: \(String(cString: strerror(failed)))" }
            Glibc.close(errors[0])
            return
        }
        _ = children.withLock { $0.insert(child) }
        let (reader, pid) = (errors[0], child)
        Thread { [weak self] in
            let said = Self.readAll(reader)
            Glibc.close(reader)
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
            guard let self else { return }
            if !said.isEmpty { self.complaint.withLock { $0 = said } }
            _ = self.children.withLock { $0.remove(pid) }
        }.start()
    }

    /// The last line of what comes, up to its end.
    private static func readAll(_ descriptor: Int32) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1_024)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            if count <= 0 { break }
            bytes += buffer[..<count]
            if bytes.count > 8_192 { bytes.removeFirst(bytes.count - 8_192) }
        }
        let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
        return lines.last.map(String.init) ?? ""
    }
}

/// A detached thread.
private struct Thread {
    private final class Work {
        let body: () -> Void
        init(_ body: @escaping () -> Void) { self.body = body }
    }

    private let work: Work
    init(_ body: @escaping () -> Void) { work = Work(body) }

    func start() {
        var thread = pthread_t()
        let held = Unmanaged.passRetained(work).toOpaque()
        let failed = pthread_create(
            &thread, nil,
            { argument in
                Unmanaged<Work>.fromOpaque(argument!).takeRetainedValue().body()
                return nil
            }, held)
        if failed != 0 { fatalError("no thread can be made: \(String(cString: strerror(failed)))") }
        pthread_detach(thread)
    }
}
