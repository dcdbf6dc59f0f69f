import Glibc
import TocsinCore

/// The roots of `/proc`, `/sys` and `/run`: arguments, so that tests run on fixture trees.
package struct HostRoots: Sendable {
    package let proc: String
    package let sys: String
    package let run: String

    package init(proc: String = "/proc", sys: String = "/sys", run: String = "/run") {
        self.proc = proc
        self.sys = sys
        self.run = run
    }

    /// True for the machine's own trees: only then do numbers from system calls belong to them.
    package var isLive: Bool { proc == "/proc" && sys == "/sys" }
}

/// A file of `/proc` or `/sys` that is read again and again: the descriptor stays open and the buffer is used again.
///
/// Reading is one `pread` from offset 0 as long as the content fits. A descriptor whose device has gone is closed and
/// opened anew at the next read.
package final class KeptFile {
    package let path: String
    private var descriptor: Int32 = -1
    private var buffer: UnsafeMutableRawBufferPointer
    /// A file that grows past this is refused: no kernel file of ours is that large.
    private static let largest = 64 << 20

    package init(_ path: String, capacity: Int = 4096) {
        self.path = path
        buffer = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        buffer.deallocate()
    }

    /// Reads the whole file and hands its bytes to `body`; they are valid only inside.
    package func read<Result>(_ body: (RawSpan) -> Result) throws(CollectFailure) -> Result {
        let count = try fill()
        return body(UnsafeRawBufferPointer(rebasing: buffer[0..<count]).bytes)
    }

    /// The whole file as text without the trailing line end; nil when it cannot be read.
    package func text() -> String? {
        guard let count = try? fill() else { return nil }
        var end = count
        while end > 0, buffer[end - 1] == 0x0A || buffer[end - 1] == 0 { end -= 1 }
        return String(decoding: buffer[0..<end], as: UTF8.self)
    }

    /// The whole file; nil when it cannot be read.
    package func bytes() -> [UInt8]? {
        guard let count = try? fill() else { return nil }
        return Array(buffer[0..<count])
    }

    /// The file as one number; nil when it cannot be read or is none. `max` is infinity.
    package func number() -> Double? {
        let value = try? read { bytes -> Double? in
            var cursor = ByteCursor()
            if cursor.take("max", in: bytes) { return .infinity }
            return cursor.decimal(in: bytes)
        }
        return value ?? nil
    }

    private func fill() throws(CollectFailure) -> Int {
        if descriptor < 0 { try reopen() }
        var filled = 0
        while true {
            let got = pread(
                descriptor, buffer.baseAddress! + filled, buffer.count - filled, off_t(filled))
            if got < 0 {
                if errno == EINTR { continue }
                let reason = failure("read")
                close(descriptor)
                descriptor = -1
                throw reason
            }
            filled += got
            // Kernel files hand out whole content at once; a full buffer means that there may be more.
            if got == 0 || filled < buffer.count { return filled }
            try grow()
            filled = 0
        }
    }

    private func grow() throws(CollectFailure) {
        guard buffer.count < Self.largest else { throw CollectFailure("\(path) is larger than \(Self.largest) bytes") }
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: buffer.count * 4, alignment: 16)
        buffer.deallocate()
        buffer = larger
    }

    private func reopen() throws(CollectFailure) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        if descriptor < 0 { throw failure("open") }
    }

    private func failure(_ what: String) -> CollectFailure {
        let code = errno
        return CollectFailure("\(what) \(path): \(String(cString: strerror(code)))", absent: code == ENOENT)
    }
}

/// Folders, read by name.
enum Directory {
    /// The entries of a folder but for `.` and `..`, in no particular order; nil when it cannot be read.
    static func entries(_ path: String) -> [String]? {
        guard let directory = opendir(path) else { return nil }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: UInt8.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }
}
