/// The name of a silence: a UUID, as Alertmanager's tools expect.
public struct SilenceID: Sendable, Hashable, Codable, Comparable, CustomStringConvertible {
    public let description: String

    public init(_ text: String) { description = text }

    /// A version 4 UUID from 128 bits that somebody else has drawn.
    public init(_ high: UInt64, _ low: UInt64) {
        let text = Hex.string(high & ~0xF000 | 0x4000) + Hex.string(low & ~(3 << 62) | 2 << 62)
        let digits = Array(text)
        let parts = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }
        description = parts.joined(separator: "-")
    }

    public static func < (a: SilenceID, b: SilenceID) -> Bool { a.description < b.description }

    public init(from decoder: any Decoder) throws {
        description = try decoder.singleValueContainer().decode(String.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// "Do not tell anybody about these for a while": the alerts whose labels satisfy every matcher.
///
/// A silenced alert stays on the screen and says by whom; it only stops being told and being counted as unowned. It
/// applies for `startsAt ≤ now < endsAt`. All times of this value are on one time line: the engine's inside the engine,
/// the wall clock's in the journal and on the wire.
public struct Silence: Sendable, Codable, Equatable {
    public var id: SilenceID
    public var matchers: [LabelMatcher]
    public var startsAt: Milliseconds
    public var endsAt: Milliseconds
    public var by: Operator
    public var comment: String
    /// When it was last changed.
    public var updatedAt: Milliseconds
    /// Its end has been told.
    public var ended = false

    public init(
        id: SilenceID, matchers: [LabelMatcher], startsAt: Milliseconds, endsAt: Milliseconds, by: Operator,
        comment: String, updatedAt: Milliseconds
    ) {
        self.id = id
        self.matchers = matchers
        self.startsAt = startsAt
        self.endsAt = endsAt
        self.by = by
        self.comment = comment
        self.updatedAt = updatedAt
    }

    public enum State: String, Sendable, Codable {
        case pending, active, expired
    }

    public func state(at now: Milliseconds) -> State {
        if now < startsAt { return .pending }
        return now < endsAt ? .active : .expired
    }

    /// The same on another time line.
    public func shifted(by offset: Milliseconds) -> Silence {
        var silence = self
        silence.startsAt += offset
        silence.endsAt += offset
        silence.updatedAt += offset
        return silence
    }

    /// `alertname="DiskFull", mountpoint=~"/srv.*"`
    public var words: String {
        matchers.map { "\($0.name)\($0.operation.rawValue)\(Labels.quote($0.value))" }.joined(separator: ", ")
    }
}

/// What an operator wants silenced.
public struct SilenceRequest: Sendable, Codable, Equatable {
    /// The silence to change; nil for a new one.
    public var id: SilenceID?
    public var matchers: [LabelMatcher]
    /// Wall time; nil for now. A time in the past becomes now.
    public var startsAt: Milliseconds?
    /// How long it lasts from its start, in milliseconds.
    public var duration: Milliseconds
    public var comment: String

    public init(
        id: SilenceID? = nil, matchers: [LabelMatcher], startsAt: Milliseconds? = nil, duration: Milliseconds,
        comment: String
    ) {
        self.id = id
        self.matchers = matchers
        self.startsAt = startsAt
        self.duration = duration
        self.comment = comment
    }
}

/// On the wire as `{"name": …, "operation": "=~", "value": …}`.
extension LabelMatcher: Codable {
    private enum Key: CodingKey { case name, operation, value }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let sign = try container.decode(String.self, forKey: .operation)
        guard let operation = Operation(rawValue: sign) else {
            throw DecodingError.dataCorruptedError(
                forKey: .operation, in: container, debugDescription: "\(sign) is none of =, !=, =~, !~")
        }
        self.init(
            try container.decode(String.self, forKey: .name), operation,
            try container.decode(String.self, forKey: .value))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(name, forKey: .name)
        try container.encode(operation.rawValue, forKey: .operation)
        try container.encode(value, forKey: .value)
    }
}
