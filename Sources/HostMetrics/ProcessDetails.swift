import BlockingWork
import Glibc
import Synchronization

/// What is read of a process only when its row is shown.
final class ProcessDetails: Sendable {
    struct Known: Sendable {
        var command: String
        var cgroup: String
        /// Rounds until it is read again: a process may exec or change its title.
        var fresh: Int
    }

    private let root: String
    private let work = BlockingWork(name: "tocsin-proc")
    private let all = Mutex<[Int32: Known]>([:])
    /// Rows shown are read again after so many samples.
    private static let freshRounds = 10

    init(root: String) { self.root = root }

    func known(_ pid: Int32) -> Known? { all.withLock { $0[pid] } }

    func forget(_ pid: Int32) { all.withLock { $0[pid] = nil } }

    /// Makes sure that the details of these processes are known, as far as they come within a short time.
    func read(_ pids: [Int32]) {
        let wanted = all.withLock { held in
            pids.filter { pid in
                guard let one = held[pid] else { return true }
                held[pid]?.fresh -= 1
                return one.fresh <= 0
            }
        }
        if wanted.isEmpty { return }
        for pid in wanted {
            work.submit("\(pid)") { [self] in
                let one = Known(command: command(pid), cgroup: cgroup(pid), fresh: Self.freshRounds)
                all.withLock { $0[pid] = one }
            }
        }
        work.settle(milliseconds: 100)
    }

    /// Bytes read from and written to storage since the process began; nil where the kernel does not let us see them.
    func ioBytes(_ pid: Int32) -> Double? {
        guard let text = contents("\(root)/\(pid)/io", most: 512) else { return nil }
        var total = 0.0
        for line in String(decoding: text, as: UTF8.self).split(separator: "\n")
        where line.hasPrefix("read_bytes: ") || line.hasPrefix("write_bytes: ") {
            total += Double(line.split(separator: " ").last ?? "") ?? 0
        }
        return total
    }

    /// The command line with its arguments separated by blanks; empty for threads of the kernel.
    private func command(_ pid: Int32) -> String {
        guard var bytes = contents("\(root)/\(pid)/cmdline", most: 1024) else { return "" }
        while bytes.last == 0 { bytes.removeLast() }
        for at in bytes.indices where bytes[at] == 0 { bytes[at] = 0x20 }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The last part of the cgroup's path, of the unified hierarchy where there is one.
    private func cgroup(_ pid: Int32) -> String {
        guard let bytes = contents("\(root)/\(pid)/cgroup", most: 4096) else { return "" }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        let line = lines.first { $0.hasPrefix("0::/") && $0.count > 4 } ?? lines.first { $0.contains(":name=systemd:") }
        return line?.split(separator: "/").dropFirst().last.map(String.init) ?? ""
    }

    private func contents(_ path: String, most: Int) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return withUnsafeTemporaryAllocation(byteCount: most, alignment: 16) { buffer in
            let count = pread(descriptor, buffer.baseAddress, most, 0)
            return count < 0 ? nil : Array(buffer[0..<count])
        }
    }
}

/// Names of accounts, each asked once.
package final class UserNames {
    private var names: [UInt32: String] = [:]

    package init() {}

    /// The login name of a uid, or the number as text.
    package func name(_ uid: UInt32) -> String {
        if let known = names[uid] { return known }
        var record = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 4096)
        getpwuid_r(uid, &record, &buffer, buffer.count, &found)
        let name = found.map { String(cString: $0.pointee.pw_name) } ?? "\(uid)"
        names[uid] = name
        return name
    }
}
