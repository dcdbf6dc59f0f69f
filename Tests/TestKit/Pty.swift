import CPty
import Glibc

/// A program on a pseudo-terminal, driven like a user would.
public final class Pty {
    public let pid: pid_t
    private var master: Int32 = -1
    /// Everything the program has written.
    public private(set) var output: [UInt8] = []
    private var status: Int32?

    /// Starts a program; nil when that is impossible.
    public init?(
        _ path: String, _ arguments: [String] = [], environment: [String: String], columns: Int = 80, lines: Int = 24
    ) {
        var argv: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        var envp: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in argv + envp { free(text) } }
        pid = cpty_spawn(path, &argv, &envp, Int32(columns), Int32(lines), &master)
        if pid < 0 { return nil }
        _ = fcntl(master, F_SETFL, O_NONBLOCK)
    }

    deinit {
        if status == nil { kill(pid, SIGKILL) }
        hangUp()
    }

    /// Closes our end, as a lost connection does.
    public func hangUp() {
        if master >= 0 { close(master) }
        master = -1
    }

    public func send(_ text: String) {
        let bytes = Array(text.utf8)
        _ = write(master, bytes, bytes.count)
    }

    public func signal(_ number: Int32) { kill(pid, number) }

    public func resize(columns: Int, lines: Int) { cpty_resize(master, Int32(columns), Int32(lines)) }

    /// Reads until the output after `from` holds a text; false when it does not within so many seconds.
    public func expect(_ needle: String, from: Int = 0, within seconds: Double = 15) -> Bool {
        let wanted = Array(needle.utf8)
        return wait(seconds) {
            output.count >= wanted.count && Self.contains(output[min(from, output.count)...], wanted)
        }
    }

    /// Reads on for a while.
    public func pause(_ seconds: Double) { _ = wait(seconds) { false } }

    /// The exit status, once the program has ended; nil when it does not within so many seconds.
    public func exit(within seconds: Double = 10) -> (code: Int32, signal: Int32)? {
        _ = wait(seconds) { ended() }
        guard ended(), let status else { return nil }
        return (cpty_exit_code(status), cpty_signal(status))
    }

    private func ended() -> Bool {
        if status != nil { return true }
        var raw: Int32 = 0
        if cpty_ended(pid, &raw) == 1 { status = raw }
        return status != nil
    }

    private func wait(_ seconds: Double, until done: () -> Bool) -> Bool {
        let end = ContinuousClock.now + .milliseconds(Int(seconds * 1000))
        repeat {
            drain()
            if done() { return true }
            var descriptor = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
            poll(&descriptor, master >= 0 ? 1 : 0, 20)
        } while ContinuousClock.now < end
        drain()
        return done()
    }

    private func drain() {
        guard master >= 0 else { return }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(master, &buffer, buffer.count)
            if count <= 0 { return }
            output.append(contentsOf: buffer[0..<count])
        }
    }

    private static func contains(_ hay: ArraySlice<UInt8>, _ needle: [UInt8]) -> Bool {
        guard let first = needle.first, hay.count >= needle.count else { return needle.isEmpty }
        var at = hay.startIndex
        while at <= hay.endIndex - needle.count {
            if hay[at] == first, hay[at..<(at + needle.count)].elementsEqual(needle) { return true }
            at += 1
        }
        return false
    }
}
