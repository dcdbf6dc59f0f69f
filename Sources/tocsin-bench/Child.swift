import CPty
import Glibc

/// A measured program on a pseudo-terminal.
final class Child {
    private let pid: pid_t
    private var master: Int32 = -1
    /// Bytes it has written, and how many of them are characters one can see.
    private(set) var bytes = 0
    private(set) var visible = 0
    private var inEscape = false

    init?(_ path: String, _ arguments: [String], _ environment: [String], _ columns: Int, _ lines: Int) {
        var argv: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        var envp: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
        defer { for text in argv + envp { free(text) } }
        pid = cpty_spawn(path, &argv, &envp, Int32(columns), Int32(lines), &master)
        if pid < 0 { return nil }
        _ = fcntl(master, F_SETFL, O_NONBLOCK)
    }

    /// Takes what it writes for a while.
    func read(milliseconds: Int) {
        let end = now() + Double(milliseconds) / 1000
        var buffer = [UInt8](repeating: 0, count: 65_536)
        repeat {
            var descriptor = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
            let left = max(1, Int32((end - now()) * 1000))
            guard poll(&descriptor, 1, left) > 0 else { continue }
            let count = Glibc.read(master, &buffer, buffer.count)
            if count <= 0 { return }
            bytes += count
            for byte in buffer[0..<count] { see(byte) }
        } while now() < end
    }

    private func see(_ byte: UInt8) {
        if byte == 0x1B {
            inEscape = true
        } else if inEscape {
            // A control sequence ends with a letter or ~.
            if (0x40...0x7E).contains(byte), byte != UInt8(ascii: "["), byte != UInt8(ascii: "(") { inEscape = false }
        } else if byte > 0x20, byte != 0x7F {
            visible += 1
        }
    }

    /// Processor time of all threads, from the scheduler's nanoseconds.
    var cpuSeconds: Double {
        guard let folder = opendir("/proc/\(pid)/task") else { return 0 }
        defer { closedir(folder) }
        var total = 0.0
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard Int(name) != nil, let text = Self.contents("/proc/\(pid)/task/\(name)/schedstat") else { continue }
            total += (Double(text.split(separator: " ").first ?? "") ?? 0) / 1e9
        }
        return total
    }

    /// Memory that is this process' own.
    var privateKiB: Double {
        var total = 0.0
        for line in (Self.contents("/proc/\(pid)/smaps_rollup") ?? "").split(separator: "\n")
        where line.hasPrefix("Private_Dirty:") {
            total += Double(line.split(separator: " ")[1]) ?? 0
        }
        return total
    }

    /// Memory that is in use, whoever else has it too.
    var residentKiB: Double {
        for line in (Self.contents("/proc/\(pid)/status") ?? "").split(separator: "\n") where line.hasPrefix("VmRSS:") {
            return line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Double($0) } ?? 0
        }
        return 0
    }

    func end() {
        var status: Int32 = 0
        kill(pid, SIGTERM)
        for _ in 0..<100 {
            read(milliseconds: 10)
            if cpty_ended(pid, &status) != 0 { break }
        }
        kill(pid, SIGKILL)
        close(master)
    }

    private static func contents(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var buffer = [UInt8](repeating: 0, count: 8192)
        let count = fread(&buffer, 1, buffer.count, file)
        return String(decoding: buffer[0..<count], as: UTF8.self)
    }
}
