import TocsinCore

/// A DNS message (RFC 1035), as far as questions and their answers need.
package struct DNSMessage: Sendable, Equatable {
    package struct Record: Sendable, Equatable {
        package var name: String
        package var type: UInt16
        package var ttl: UInt32
        /// Where its data is in the message, because names in it may point back.
        package var data: Range<Int>
        /// The data as zone files write it.
        package var text: String
        /// The name that an SRV, MX, NS or CNAME record points to, without the final dot.
        package var target = ""
        /// The port of an SRV record.
        package var port: UInt16 = 0

        /// The record as zone files write it.
        package var line: String { "\(name).\t\(ttl)\tIN\t\(DNSTypes.name(type))\t\(text)" }
    }

    /// Bytes that are no message.
    package struct Malformed: Error, CustomStringConvertible {
        package var description: String { "the answer is no DNS message" }
    }

    package var id: UInt16
    package var code: Int
    package var isCut: Bool
    package var answers: [Record]
    package var authority: [Record]
    package var additional: [Record]

    /// A question for one name.
    package static func question(_ name: String, _ type: UInt16, id: UInt16, recursion: Bool) -> [UInt8]? {
        var out = [UInt8(id >> 8), UInt8(id & 255), recursion ? 1 : 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]
        for label in name.split(separator: ".") {
            let bytes = Array(label.utf8)
            if bytes.count > 63 { return nil }
            out.append(UInt8(bytes.count))
            out += bytes
        }
        if out.count > 12 + 254 { return nil }
        return out + [0, UInt8(type >> 8), UInt8(type & 255), 0, 1]
    }

    /// Reads a message.
    package init(_ bytes: [UInt8]) throws(Malformed) {
        var reader = DNSReader(bytes)
        id = try reader.number()
        let flags = try reader.number()
        guard flags & 0x8000 != 0 else { throw Malformed() }
        code = Int(flags & 15)
        isCut = flags & 0x0200 != 0
        let counts = [try reader.number(), try reader.number(), try reader.number(), try reader.number()]
        for _ in 0..<counts[0] {
            _ = try reader.name()
            _ = try reader.number()
            _ = try reader.number()
        }
        // A message that was cut off has fewer records than it says.
        answers = try reader.records(counts[1], isCut)
        authority = try reader.records(counts[2], isCut)
        additional = try reader.records(counts[3], isCut)
    }
}

/// Walks through the bytes of a message.
private struct DNSReader {
    private let bytes: [UInt8]
    private var at = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func byte() throws(DNSMessage.Malformed) -> UInt8 {
        guard at < bytes.count else { throw DNSMessage.Malformed() }
        at += 1
        return bytes[at - 1]
    }

    mutating func number() throws(DNSMessage.Malformed) -> UInt16 { UInt16(try byte()) << 8 | UInt16(try byte()) }

    /// A name with its pointers (section 4.1.4). A pointer only leads backwards, so none leads in circles.
    mutating func name() throws(DNSMessage.Malformed) -> String {
        var labels: [String] = []
        var back: Int?
        var least = at
        while true {
            let length = Int(try byte())
            if length == 0 { break }
            if length & 0xC0 == 0xC0 {
                let target = (length & 0x3F) << 8 | Int(try byte())
                guard target < least else { throw DNSMessage.Malformed() }
                back = back ?? at
                least = target
                at = target
            } else {
                guard length < 64, at + length <= bytes.count else { throw DNSMessage.Malformed() }
                labels.append(String(decoding: bytes[at..<(at + length)], as: UTF8.self))
                at += length
            }
        }
        if let back { at = back }
        return labels.joined(separator: ".")
    }

    mutating func records(_ count: UInt16, _ mayEnd: Bool) throws(DNSMessage.Malformed) -> [DNSMessage.Record] {
        var out: [DNSMessage.Record] = []
        for _ in 0..<count {
            if mayEnd, at >= bytes.count { break }
            out.append(try record())
        }
        return out
    }

    private mutating func record() throws(DNSMessage.Malformed) -> DNSMessage.Record {
        let name = try name()
        let type = try number()
        _ = try number()
        let ttl = UInt32(try number()) << 16 | UInt32(try number())
        let length = Int(try number())
        guard at + length <= bytes.count else { throw DNSMessage.Malformed() }
        let data = at..<(at + length)
        var record = DNSMessage.Record(name: name, type: type, ttl: ttl, data: data, text: "")
        try describe(&record)
        at = data.upperBound
        return record
    }

    private mutating func describe(_ record: inout DNSMessage.Record) throws(DNSMessage.Malformed) {
        let data = record.data
        switch record.type {
        case 1 where data.count == 4: record.text = bytes[data].map(String.init).joined(separator: ".")
        case 28 where data.count == 16: record.text = Self.address6(bytes[data])
        case 2, 5, 12:
            record.target = try name()
            record.text = record.target + "."
        case 15:
            let preference = try number()
            record.target = try name()
            record.text = "\(preference) \(record.target)."
        case 33:
            let (priority, weight) = (try number(), try number())
            record.port = try number()
            record.target = try name()
            record.text = "\(priority) \(weight) \(record.port) \(record.target)."
        case 6:
            let (server, mail) = (try name(), try name())
            var numbers: [UInt32] = []
            for _ in 0..<5 { numbers.append(UInt32(try number()) << 16 | UInt32(try number())) }
            record.text = "\(server). \(mail). " + numbers.map(String.init).joined(separator: " ")
        case 16: record.text = try texts(upTo: data.upperBound)
        default:
            let hex = bytes[data].map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
            record.text = "\\# \(data.count) \(hex)"
        }
    }

    private mutating func texts(upTo end: Int) throws(DNSMessage.Malformed) -> String {
        var out: [String] = []
        while at < end {
            let length = Int(try byte())
            guard at + length <= end else { throw DNSMessage.Malformed() }
            out.append("\"" + String(decoding: bytes[at..<(at + length)], as: UTF8.self) + "\"")
            at += length
        }
        return out.joined(separator: " ")
    }

    /// RFC 5952's short form.
    private static func address6(_ bytes: ArraySlice<UInt8>) -> String {
        let all = Array(bytes)
        let parts = stride(from: 0, to: 16, by: 2).map { UInt16(all[$0]) << 8 | UInt16(all[$0 + 1]) }
        var best = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, parts[end] == 0 { end += 1 }
            if end - start > max(1, best.count) { best = start..<end }
            start = max(end, start + 1)
        }
        let words = parts.map { String($0, radix: 16) }
        if best.isEmpty { return words.joined(separator: ":") }
        return words[..<best.lowerBound].joined(separator: ":") + "::"
            + words[best.upperBound...].joined(separator: ":")
    }
}
