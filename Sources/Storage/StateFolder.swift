import FoundationEssentials
import Glibc

/// The folder that holds the journal, and the lock that lets one engine write to it.
package final class StateFolder: @unchecked Sendable {
    // Only the descriptor is held, and it is never changed after init.
    package let path: String
    private let lock: Int32

    /// Why the folder cannot be used.
    package enum Refusal: Error, CustomStringConvertible, Sendable {
        case unusable(String)
        /// Another engine has it; its pid when it told us.
        case taken(Int32?)

        package var description: String {
            switch self {
            case .unusable(let reason): reason
            case .taken(let pid): "another Tocsin\(pid.map { " (pid \($0))" } ?? "") keeps its journal here"
            }
        }
    }

    /// Makes the folder when it is missing (mode 0700) and takes the lock.
    package init(_ path: String) throws(Refusal) {
        self.path = path
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch { throw .unusable("\(path) cannot be made") }
        lock = open(path + "/engine.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw .unusable("\(path) cannot be written: \(String(cString: strerror(errno)))") }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            let pid = Self.pid(in: lock)
            close(lock)
            throw .taken(pid)
        }
        var before = stat()
        fstat(lock, &before)
        lastAliveMilliseconds =
            before.st_size == 0
            ? nil : Int64(before.st_mtim.tv_sec) * 1000 + Int64(before.st_mtim.tv_nsec) / 1_000_000
        ftruncate(lock, 0)
        let text = Array("\(getpid())\n".utf8)
        _ = text.withUnsafeBytes { pwrite(lock, $0.baseAddress, $0.count, 0) }
    }

    deinit { close(lock) }

    /// When the engine before us was last alive, by the wall clock; nil when there was none.
    package let lastAliveMilliseconds: Int64?

    /// Notes that the engine is alive. The time of the file says it; nothing is written to the disk at once.
    package func touch() { futimens(lock, nil) }

    /// True while some engine has the folder at a path.
    package static func isHeld(_ path: String) -> Bool {
        let lock = open(path + "/engine.lock", O_RDONLY | O_CLOEXEC)
        guard lock >= 0 else { return false }
        defer { close(lock) }
        // Let go again at once.
        return flock(lock, LOCK_SH | LOCK_NB) != 0
    }

    private static func pid(in descriptor: Int32) -> Int32? {
        var buffer = [UInt8](repeating: 0, count: 16)
        let count = pread(descriptor, &buffer, 16, 0)
        return Int32(String(decoding: buffer.prefix(max(0, count)).prefix { $0 >= 0x30 }, as: UTF8.self))
    }
}
