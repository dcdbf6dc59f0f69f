import Glibc

/// The lines of a file or of standard input, one after the other, whatever the file's size.
final class TextLines {
    private let descriptor: Int32
    private let name: String
    private var buffer: [UInt8] = []
    private var begin = 0
    private var isAtEnd = false

    /// A line longer than this is none: what comes is not text.
    private static let longest = 1 << 20

    /// - Parameter name: the file; `-` for standard input.
    init(_ name: String) throws {
        self.name = name
        descriptor = name == "-" ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure("\(name): \(String(cString: strerror(errno)))") }
    }

    /// Which file it is, whatever its name; nil for what is no regular file.
    var identity: FileIdentity? { FileIdentity(descriptor) }

    deinit { if descriptor != STDIN_FILENO { close(descriptor) } }

    /// The next line without its end; nil after the last.
    func next() throws -> ArraySlice<UInt8>? {
        var looked = begin
        while true {
            if let end = buffer[looked...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { begin = end + 1 }
                return buffer[begin..<end]
            }
            if isAtEnd {
                guard begin < buffer.count else { return nil }
                defer { begin = buffer.count }
                return buffer[begin...]
            }
            looked = buffer.count - begin
            try fill()
        }
    }

    private func fill() throws {
        buffer.removeFirst(begin)
        begin = 0
        guard buffer.count < Self.longest else { throw Failure("\(name): a line of more than a mebibyte is no row") }
        var block = [UInt8](repeating: 0, count: 1 << 18)
        var count = read(descriptor, &block, block.count)
        while count < 0, errno == EINTR { count = read(descriptor, &block, block.count) }
        guard count >= 0 else { throw Failure("\(name): \(String(cString: strerror(errno)))") }
        if count == 0 { isAtEnd = true } else { buffer += block[..<count] }
    }
}
