import CZlib
import Glibc

/// The gzip format (RFC 1952), whole buffers at a time.
public enum Gzip {
    /// Why bytes could not be expanded.
    public enum Fault: Error, Sendable {
        /// They are no gzip, or were cut off.
        case malformed
        /// They hold more than was allowed: a small body may expand a thousandfold.
        case tooLarge
    }

    /// Compresses bytes. Level 1 is fast, 9 is small.
    public static func compress(_ bytes: [UInt8], level: Int32 = 1) -> [UInt8] {
        var size = 0
        guard let made = tocsin_gzip(bytes, bytes.count, level, &size) else {
            fatalError("no memory for \(bytes.count) compressed bytes")
        }
        defer { free(made) }
        return Array(UnsafeBufferPointer(start: made, count: size))
    }

    /// Expands bytes to at most so many.
    public static func expand(_ bytes: [UInt8], atMost most: Int) throws(Fault) -> [UInt8] {
        var size = 0
        guard let made = tocsin_gunzip(bytes, bytes.count, most, &size) else {
            throw size == 1 ? .tooLarge : .malformed
        }
        defer { free(made) }
        return Array(UnsafeBufferPointer(start: made, count: size))
    }
}
