import CRE2
import Synchronization

/// A regular expression in RE2's syntax, matched against the whole text in time linear in its length.
///
/// RE2 is what Prometheus uses, so a matcher means here what it means there, and no pattern can make the engine hang.
/// The compiled form is immutable and may be shared by threads.
public final class LinearRegex: Sendable {
    /// Why a pattern was refused, in RE2's words.
    public struct Malformed: Error, Sendable, Equatable {
        public let reason: String
    }

    /// The pattern as it was given, without the anchors.
    public let pattern: String
    private nonisolated(unsafe) let compiled: OpaquePointer

    /// Compiles a pattern; the anchors at both ends are implied.
    public init(_ pattern: String) throws(Malformed) {
        self.pattern = pattern
        // RE2 would match a single byte by it, and so tear characters apart; Go's expressions do not have it.
        if Self.holdsByteEscape(pattern) { throw Malformed(reason: "invalid escape sequence: `\\C`") }
        var text = pattern
        var reason = [CChar](repeating: 0, count: 256)
        let made = text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { cre2_compile($0.baseAddress, $0.count, &reason, 256) }
        }
        guard let made else {
            let words = reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            throw Malformed(reason: Self.inGoWords(String(decoding: words, as: UTF8.self)))
        }
        compiled = made
    }

    deinit { cre2_free(compiled) }

    private static func holdsByteEscape(_ pattern: String) -> Bool {
        var escaped = false
        for byte in pattern.utf8 {
            if escaped, byte == UInt8(ascii: "C") { return true }
            escaped = !escaped && byte == UInt8(ascii: "\\")
        }
        return false
    }

    /// RE2's reasons in the words of Go's package, which users of Prometheus search for.
    private static func inGoWords(_ reason: String) -> String {
        let words = [
            "missing )": "missing closing )",
            "no argument for repetition operator": "missing argument to repetition operator",
            "bad repetition operator": "invalid nested repetition operator",
            "invalid perl operator": "invalid or unsupported Perl syntax",
            "invalid repetition size": "invalid repeat count",
            "invalid named capture group": "invalid named capture",
        ]
        for (theirs, go) in words where reason.hasPrefix(theirs) { return go + reason.dropFirst(theirs.count) }
        return reason
    }

    private static let known = Mutex<[String: LinearRegex]>([:])

    /// The compiled form of a pattern that is used again and again, as those of rules are.
    public static func shared(_ pattern: String) throws(Malformed) -> LinearRegex {
        if let regex = known.withLock({ $0[pattern] }) { return regex }
        let regex = try LinearRegex(pattern)
        known.withLock { all in
            // Patterns typed by hand must not pile up.
            if all.count >= 512 { all = [:] }
            all[pattern] = regex
        }
        return regex
    }

    /// True when the whole text matches.
    public func matches(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { matches($0) }
    }

    /// True when the whole of these UTF-8 bytes matches.
    public func matches(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        bytes.withMemoryRebound(to: CChar.self) { cre2_matches(compiled, $0.baseAddress, $0.count) }
    }

    /// The text of each group, the whole match first, or nil when the text does not match. A group that took no part is
    /// the empty string, as in Go's `Expand`.
    public func captures(_ text: String) -> [String]? {
        let count = Int(cre2_groups(compiled)) + 1
        var starts = [Int32](repeating: -1, count: count)
        var ends = [Int32](repeating: -1, count: count)
        var text = text
        return text.withUTF8 { bytes -> [String]? in
            let found = bytes.withMemoryRebound(to: CChar.self) {
                cre2_captures(compiled, $0.baseAddress, $0.count, &starts, &ends, Int32(count))
            }
            guard found else { return nil }
            return (0..<count).map { group in
                guard starts[group] >= 0 else { return "" }
                return String(decoding: bytes[Int(starts[group])..<Int(ends[group])], as: UTF8.self)
            }
        }
    }

    /// The number of a named group, or nil.
    public func group(named name: String) -> Int? {
        let number = cre2_named_group(compiled, name)
        return number < 0 ? nil : Int(number)
    }
}
