import TocsinModel

/// A request as the routes see it: without a connection, so that they can be tested and fuzzed without one.
public struct APIRequest: Sendable {
    /// `GET`, `POST`, … in capitals.
    public var method: String
    /// The path without the query, percent-encoding undone piece by piece when it is matched.
    public var path: String
    /// What stood behind `?`, and in the body of a form.
    public var parameters: Parameters
    /// By lower-case name.
    public var headers: [String: String]
    public var body: [UInt8]

    public init(
        method: String, target: String, headers: [String: String] = [:], body: [UInt8] = []
    ) {
        self.method = method
        self.headers = headers
        self.body = body
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = String(parts.first ?? "/")
        parameters = Parameters(parts.count > 1 ? String(parts[1]) : "")
        if headers["content-type"]?.hasPrefix("application/x-www-form-urlencoded") == true {
            parameters.add(Parameters(String(decoding: body, as: UTF8.self)))
        }
    }
}

/// Names and values of a query string or form, in order; a name may come more than once.
public struct Parameters: Sendable, Equatable {
    public private(set) var pairs: [(name: String, value: String)] = []

    public init() {}

    /// Reads `a=1&b=x%20y`.
    public init(_ text: String) {
        for piece in text.utf8.split(separator: UInt8(ascii: "&")) where !piece.isEmpty {
            let parts = piece.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            pairs.append(
                (
                    PercentCoding.decode(parts[0], plus: true),
                    parts.count > 1 ? PercentCoding.decode(parts[1], plus: true) : ""
                ))
        }
    }

    public mutating func add(_ name: String, _ value: String) { pairs.append((name, value)) }
    mutating func add(_ other: Parameters) { pairs += other.pairs }

    /// The first value of a name; nil when it is missing.
    public subscript(_ name: String) -> String? { pairs.first { $0.name == name }?.value }
    public func all(_ name: String) -> [String] { pairs.filter { $0.name == name }.map(\.value) }

    /// As it stands in a URL, behind `?` where there is any.
    public var text: String {
        pairs.isEmpty
            ? ""
            : "?"
                + pairs.map { "\(PercentCoding.encode($0.name))=\(PercentCoding.encode($0.value))" }.joined(
                    separator: "&")
    }

    public static func == (a: Parameters, b: Parameters) -> Bool {
        a.pairs.count == b.pairs.count && zip(a.pairs, b.pairs).allSatisfy { $0 == $1 }
    }
}

/// Percent-encoding (RFC 3986, section 2.1).
public enum PercentCoding {
    /// Bytes that are no valid UTF-8 become U+FFFD; a `%` without two digits stands for itself.
    public static func decode(_ bytes: some Collection<UInt8>, plus: Bool = false) -> String {
        let bytes = Array(bytes)
        var out: [UInt8] = []
        var at = 0
        while at < bytes.count {
            if bytes[at] == UInt8(ascii: "%"), at + 2 < bytes.count, let high = digit(bytes[at + 1]),
                let low = digit(bytes[at + 2])
            {
                out.append(high << 4 | low)
                at += 3
            } else {
                out.append(plus && bytes[at] == UInt8(ascii: "+") ? UInt8(ascii: " ") : bytes[at])
                at += 1
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    public static func decode(_ text: String) -> String { decode(text.utf8) }

    /// Everything but letters, digits and `-._~`.
    public static func encode(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var out: [UInt8] = []
        for byte in text.utf8 {
            if (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || "-._~".utf8.contains(byte) {
                out.append(byte)
            } else {
                out += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
