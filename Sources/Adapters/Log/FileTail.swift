import Glibc

/// Follows a file as it grows: through rotation, truncation, and times in which it is not there.
///
/// It begins at the file's end: what was written before nobody watched does not count.
struct FileTail: ~Copyable {
    private let path: String
    private var descriptor: Int32 = -1
    private var inode: UInt64 = 0
    private var offset: off_t = 0
    private var rest: [UInt8] = []
    private var isFirst = true

    /// Bytes read at one look; more waits for the next.
    private static let mostBytes = 4 << 20
    /// A line without end counts as one when it is as long as this.
    private static let longestLine = 64 << 10

    init(path: String) { self.path = path }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Hands over every whole line that was added since the last look.
    ///
    /// - Returns: why the file cannot be read; nil when it can.
    mutating func read(_ line: (UnsafeBufferPointer<UInt8>) -> Void) -> String? {
        var info = stat()
        let isThere = stat(path, &info) == 0
        let reason = isThere ? nil : String(cString: strerror(errno)).lowercased()
        if descriptor >= 0 {
            var own = stat()
            fstat(descriptor, &own)
            // A file that became shorter was emptied and begins anew.
            if own.st_size < offset { restart() }
            take(line)
            if isThere, UInt64(info.st_ino) == inode || Int(own.st_size) > Int(offset) { return nil }
            close(descriptor)
            descriptor = -1
            rest = []
        }
        defer { isFirst = false }
        guard isThere else { return reason }
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return String(cString: strerror(errno)).lowercased() }
        inode = UInt64(info.st_ino)
        offset = isFirst ? lseek(descriptor, 0, Int32(SEEK_END)) : 0
        take(line)
        return nil
    }

    private mutating func restart() {
        offset = 0
        rest = []
    }

    private mutating func take(_ line: (UnsafeBufferPointer<UInt8>) -> Void) {
        var left = Self.mostBytes
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while left > 0 {
            let count = pread(descriptor, &buffer, buffer.count, offset)
            guard count > 0 else { return }
            offset += off_t(count)
            left -= count
            rest += buffer[..<count]
            split(line)
        }
    }

    private mutating func split(_ line: (UnsafeBufferPointer<UInt8>) -> Void) {
        var start = 0
        rest.withUnsafeBufferPointer { bytes in
            for at in bytes.indices where bytes[at] == 10 {
                line(UnsafeBufferPointer(rebasing: bytes[start..<at]))
                start = at + 1
            }
            if bytes.count - start > Self.longestLine {
                line(UnsafeBufferPointer(rebasing: bytes[start...]))
                start = bytes.count
            }
        }
        rest.removeFirst(start)
    }
}
