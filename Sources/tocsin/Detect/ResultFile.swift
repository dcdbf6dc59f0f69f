import Glibc

/// What a command writes: a file, or standard output.
final class ResultFile {
    private let descriptor: Int32
    private let name: String
    private var waiting: [UInt8] = []
    private static let block = 1 << 16

    /// - Parameters:
    ///   - name: the file, which is written over; nil for standard output.
    ///   - input: what is read meanwhile, and would be lost were it the same file.
    init(_ name: String?, besides input: FileIdentity?) throws {
        self.name = name ?? "standard output"
        descriptor = name.map { open($0, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644) } ?? STDOUT_FILENO
        guard descriptor >= 0 else { throw Failure("\(self.name): \(String(cString: strerror(errno)))") }
        let identity = FileIdentity(descriptor)
        guard identity == nil || identity != input else {
            throw Failure("\(self.name) is the file that is read: --out needs another name")
        }
        if name != nil, identity != nil, ftruncate(descriptor, 0) != 0 {
            throw Failure("\(self.name): \(String(cString: strerror(errno)))")
        }
    }

    func append(_ text: String) { waiting += text.utf8 }

    func writeWhenFull() throws { if waiting.count >= Self.block { try write() } }

    /// Writes the rest.
    func finish() throws {
        try write()
        if descriptor != STDOUT_FILENO, close(descriptor) != 0 {
            throw Failure("\(name): \(String(cString: strerror(errno)))")
        }
    }

    private func write() throws {
        var at = 0
        while at < waiting.count {
            let count = waiting.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + at, $0.count - at) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Failure("\(name): \(String(cString: strerror(errno)))") }
            at += count
        }
        waiting.removeAll(keepingCapacity: true)
    }
}
