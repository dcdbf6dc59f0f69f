import FoundationEssentials

/// An answer as the routes make it.
public struct APIResponse: Sendable {
    public var status: Int
    /// By lower-case name, in the order they are sent.
    public var headers: [(name: String, value: String)] = []
    public var body: [UInt8]

    public init(_ status: Int, _ body: [UInt8] = [], type: String? = nil) {
        self.status = status
        self.body = body
        if let type { headers.append(("content-type", type)) }
    }

    /// Text as `text/plain`.
    public static func text(_ text: String, status: Int = 200) -> APIResponse {
        APIResponse(status, Array(text.utf8), type: "text/plain; charset=utf-8")
    }

    /// Bytes that are JSON already.
    public static func json(_ bytes: [UInt8], status: Int = 200) -> APIResponse {
        APIResponse(status, bytes, type: "application/json")
    }

    /// A value as JSON.
    public static func json(_ value: some Encodable, status: Int = 200) throws -> APIResponse {
        json(try JSONCoding.bytes(value), status: status)
    }

    public func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}

/// JSON with words for infinities and NaN, which it has no numbers for.
public enum JSONCoding {
    public static func bytes(_ value: some Encodable, sorted: Bool = false) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = sorted ? [.sortedKeys, .withoutEscapingSlashes] : [.withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "+Inf", negativeInfinity: "-Inf", nan: "NaN")
        return Array(try encoder.encode(value))
    }

    public static func value<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8]) throws -> Value {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "+Inf", negativeInfinity: "-Inf", nan: "NaN")
        return try decoder.decode(type, from: Data(bytes))
    }
}

/// Why a request to `/tocsin/v1` was not carried out: a code for programs, a sentence for people, and the mend.
public struct APIProblem: Error, Sendable, Codable, Equatable, CustomStringConvertible {
    public let status: Int
    /// A word such as `forbidden`, `not_found`, `too_large`.
    public let code: String
    public let detail: String
    /// What would mend it; empty when nothing would.
    public let remedy: String

    public init(_ status: Int, _ code: String, _ detail: String, remedy: String = "") {
        self.status = status
        self.code = code
        self.detail = detail
        self.remedy = remedy
    }

    public var description: String { remedy.isEmpty ? detail : "\(detail): \(remedy)" }
}
