import BlockingWork
import CLinux
import Glibc
import Synchronization
import TocsinModel

/// Follows systemd's journal by `journalctl --follow`, which is started again when it ends.
final class JournalTail: Sendable {
    private struct State {
        var fault: String? = "journalctl has not started yet"
        var isOver = false
        var child: pid_t = 0
    }

    private let arguments: [String]
    private let state = Mutex(State())
    private let thread = SerialThread(name: "tocsin-journal")

    /// - Parameter line: called on a thread of its own with each line.
    init(unit: String?, program: String = "journalctl", line: @escaping @Sendable (UnsafeBufferPointer<UInt8>) -> Void)
    {
        arguments =
            [program, "--follow", "--lines=0", "--output=cat", "--quiet"] + (unit.map { ["--unit=\($0)"] } ?? [])
        thread.async { [weak self] in
            var wait: UInt32 = 1
            while let self, !self.state.withLock({ $0.isOver }) {
                if self.follow(line) { wait = 1 }
                sleep(wait)
                wait = min(60, wait * 2)
            }
        }
    }

    deinit {
        state.withLock { state in
            state.isOver = true
            if state.child > 0 { kill(state.child, SIGTERM) }
        }
    }

    /// Why nothing is read; nil while it is.
    var fault: String? { state.withLock { $0.fault } }

    /// One life of the program. True when it said something.
    private func follow(_ line: (UnsafeBufferPointer<UInt8>) -> Void) -> Bool {
        var pipes: [Int32] = [0, 0]
        guard pipe2(&pipes, O_CLOEXEC) == 0 else {
            state.withLock { $0.fault = "no pipe: \(String(cString: strerror(errno)))" }
            return false
        }
        defer { close(pipes[0]) }
        guard let child = spawn(into: pipes[1]) else { return false }
        state.withLock {
            $0.child = child
            $0.fault = nil
        }
        let isHeard = read(pipes[0], line)
        var status: Int32 = 0
        waitpid(child, &status, 0)
        state.withLock {
            $0.child = 0
            $0.fault = "journalctl ended with status \((status >> 8) & 255)"
        }
        return isHeard
    }

    private func spawn(into pipe: Int32) -> pid_t? {
        defer { close(pipe) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, pipe, 1)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var words = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var child: pid_t = 0
        let status = posix_spawnp(&child, arguments[0], &actions, nil, &words, environ)
        if status == 0 { return child }
        let reason = String(cString: strerror(status)).lowercased()
        state.withLock { $0.fault = "journalctl cannot be started: \(reason)" }
        return nil
    }

    private func read(_ pipe: Int32, _ line: (UnsafeBufferPointer<UInt8>) -> Void) -> Bool {
        var rest: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        var isHeard = false
        while true {
            let count = Glibc.read(pipe, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return isHeard }
            isHeard = true
            rest += buffer[..<count]
            var start = 0
            rest.withUnsafeBufferPointer { bytes in
                for at in bytes.indices where bytes[at] == 10 {
                    line(UnsafeBufferPointer(rebasing: bytes[start..<at]))
                    start = at + 1
                }
            }
            rest.removeFirst(start)
            if rest.count > 1 << 20 { rest = [] }
        }
    }
}
