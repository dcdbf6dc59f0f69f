/// A sorted set of label names and values: the identity of a series or of an alert.
///
/// The set is held as one byte buffer, `name 0xFF value 0xFF …`, sorted by name. 0xFF cannot occur in UTF-8, so equal
/// sets have equal bytes, and comparing or hashing touches one buffer. Labels with an empty value are left out, because
/// Prometheus treats an empty label as an absent one.
public struct Labels: Sendable, Hashable {
    /// The encoded pairs.
    public let bytes: [UInt8]
    /// FNV-1a over ``bytes``. It equals Prometheus' and Alertmanager's `LabelSet.Fingerprint`, so an alert has the same
    /// fingerprint here as there, on every node and in every version.
    public let fingerprint: UInt64

    @usableFromInline static let separator: UInt8 = 0xFF

    /// The set without labels.
    public static let none = Labels(encoded: [])

    /// Makes a set from pairs in any order. A name given twice keeps its last value.
    public init(_ pairs: [(String, String)]) {
        var last: [(String, String)] = []
        for pair in pairs {
            if let at = last.firstIndex(where: { $0.0 == pair.0 }) { last[at].1 = pair.1 } else { last.append(pair) }
        }
        last.sort { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
        var buffer: [UInt8] = []
        for (name, value) in last where !value.isEmpty {
            buffer.append(contentsOf: name.utf8)
            buffer.append(Self.separator)
            buffer.append(contentsOf: value.utf8)
            buffer.append(Self.separator)
        }
        self.init(encoded: buffer)
    }

    /// Takes the encoded form back from a file, ``bytes`` as they were; nil when they are no such form.
    public init?(stored bytes: some Collection<UInt8>) {
        let buffer = Array(bytes)
        var parts = 0
        for byte in buffer where byte == Self.separator { parts += 1 }
        guard parts % 2 == 0, buffer.isEmpty || buffer.last == Self.separator else { return nil }
        self.init(encoded: buffer)
    }

    init(encoded: [UInt8]) {
        bytes = encoded
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in encoded { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        fingerprint = hash
    }

    @inlinable
    public static func == (a: Labels, b: Labels) -> Bool { a.fingerprint == b.fingerprint && a.bytes == b.bytes }

    @inlinable
    public func hash(into hasher: inout Hasher) { hasher.combine(fingerprint) }

    /// True when no label is set.
    public var isEmpty: Bool { bytes.isEmpty }

    /// The value of a label, or nil when the label is absent.
    public subscript(name: String) -> String? {
        var name = name
        return name.withUTF8 { wanted in
            var at = 0
            while at < bytes.count {
                let nameEnd = end(from: at)
                let valueEnd = end(from: nameEnd + 1)
                if nameEnd - at == wanted.count, bytes[at..<nameEnd].elementsEqual(wanted) {
                    return String(decoding: bytes[(nameEnd + 1)..<valueEnd], as: UTF8.self)
                }
                at = valueEnd + 1
            }
            return nil
        }
    }

    private func end(from start: Int) -> Int {
        var at = start
        while bytes[at] != Self.separator { at += 1 }
        return at
    }

    /// The pairs, sorted by name.
    public var pairs: [(name: String, value: String)] {
        var out: [(name: String, value: String)] = []
        forEachPair { name, value in
            out.append((String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self)))
        }
        return out
    }

    /// Calls `body` with the bytes of each name and value, sorted by name.
    public func forEachPair(_ body: (ArraySlice<UInt8>, ArraySlice<UInt8>) -> Void) {
        var at = 0
        while at < bytes.count {
            let nameEnd = end(from: at)
            let valueEnd = end(from: nameEnd + 1)
            body(bytes[at..<nameEnd], bytes[(nameEnd + 1)..<valueEnd])
            at = valueEnd + 1
        }
    }

    /// The set whose names satisfy `keep`.
    public func filter(_ keep: (ArraySlice<UInt8>) -> Bool) -> Labels {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        forEachPair { name, value in
            if keep(name) {
                out.append(contentsOf: name)
                out.append(Self.separator)
                out.append(contentsOf: value)
                out.append(Self.separator)
            }
        }
        return out.count == bytes.count ? self : Labels(encoded: out)
    }

    /// The set restricted to the given names.
    public func keeping(_ names: Set<String>) -> Labels {
        filter { names.contains(String(decoding: $0, as: UTF8.self)) }
    }

    /// The set without the given names.
    public func dropping(_ names: Set<String>) -> Labels {
        filter { !names.contains(String(decoding: $0, as: UTF8.self)) }
    }

    /// The set with one label set, or removed when the value is nil or empty.
    public func setting(_ name: String, _ value: String?) -> Labels {
        var all = pairs.map { ($0.name, $0.value) }
        all.removeAll { $0.0 == name }
        if let value { all.append((name, value)) }
        return Labels(all)
    }

    /// The set with another's labels on top of these.
    public func merging(_ other: Labels) -> Labels {
        if other.isEmpty { return self }
        if isEmpty { return other }
        return Labels((pairs + other.pairs).map { ($0.name, $0.value) })
    }

    /// The metric name, or the empty string.
    public var metricName: String { self["__name__"] ?? "" }

    /// The set without the metric name, as every PromQL function leaves it.
    public var withoutName: Labels { filter { !$0.elementsEqual("__name__".utf8) } }
}

extension Labels: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, String)...) { self.init(elements) }
}

extension Labels: Comparable {
    /// Orders by the first differing name, then value, as Prometheus does: a name sorts before those it begins.
    public static func < (a: Labels, b: Labels) -> Bool {
        a.bytes.withUnsafeBufferPointer { x in
            b.bytes.withUnsafeBufferPointer { y in
                var at = 0
                let common = min(x.count, y.count)
                while at < common, x[at] == y[at] { at += 1 }
                guard at < common else { return x.count < y.count }
                // The separator ends a text, so it comes before every other byte.
                return x[at] == separator || (y[at] != separator && x[at] < y[at])
            }
        }
    }
}

extension Labels: CustomStringConvertible {
    /// The set as Prometheus writes it: `name{a="b", c="d"}`.
    public var description: String {
        let name = metricName
        let rest = pairs.filter { $0.name != "__name__" }
        if rest.isEmpty { return name.isEmpty ? "{}" : name }
        return name + "{" + rest.map { "\($0.name)=\(Self.quote($0.value))" }.joined(separator: ", ") + "}"
    }

    /// A label value in double quotes with backslash, quote and newline escaped.
    public static func quote(_ value: String) -> String {
        var out = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": out += "\\\\"
            case "\"": out += "\\\""
            case "\n": out += "\\n"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }
}

extension Labels: Codable {
    public init(from decoder: any Decoder) throws {
        let all = try decoder.singleValueContainer().decode([String: String].self)
        self.init(all.map { ($0.key, $0.value) })
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Dictionary(uniqueKeysWithValues: pairs.map { ($0.name, $0.value) }))
    }
}
