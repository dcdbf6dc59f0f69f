/// How bad an alert is. The order is that of urgency on the screen.
public enum Severity: String, Sendable, Codable, Comparable, CaseIterable {
    case info, unknown, warning, critical

    /// Reads the `severity` label. Words in common use map to the four levels; an absent or unheard-of word counts as a
    /// warning, so that nothing gets quieter by a typing error.
    public init(label: String?) {
        switch label?.lowercased() {
        case "critical", "page", "error", "emergency", "fatal", "high": self = .critical
        case "info", "none", "notice", "low": self = .info
        case "unknown": self = .unknown
        default: self = .warning
        }
    }

    private var rank: Int { Severity.allCases.firstIndex(of: self) ?? 0 }
    public static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }
}

/// The life of an alert, in Prometheus' words.
public enum AlertState: String, Sendable, Codable {
    case inactive, pending, firing, resolved
}

/// One firing of one label set: the fingerprint says which alert, the number says which time.
public struct EpisodeID: Sendable, Hashable, CustomStringConvertible {
    /// The fingerprint of the alert's labels.
    public let fingerprint: UInt64
    /// 1 for the first time these labels fired, then 2, and so on, across restarts.
    public let number: Int

    public init(fingerprint: UInt64, number: Int) {
        self.fingerprint = fingerprint
        self.number = number
    }

    /// `1f2e…/3`, sixteen hexadecimal digits and the number.
    public var description: String { Hex.string(fingerprint) + "/\(number)" }

    /// Reads ``description`` back; nil when the text has another shape.
    public init?(_ text: String) {
        let parts = text.split(separator: "/")
        guard parts.count == 2, parts[0].count == 16, let print = UInt64(parts[0], radix: 16), let n = Int(parts[1])
        else { return nil }
        self.init(fingerprint: print, number: n)
    }
}

/// As one text: a fingerprint is too large for the numbers of many JSON readers.
extension EpisodeID: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let episode = EpisodeID(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(text) is no episode")
        }
        self = episode
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// Hexadecimal in fixed width.
public enum Hex {
    /// Sixteen lower-case digits.
    public static func string(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    static func encode(_ value: UInt64, _ encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(string(value))
    }

    static func decode(_ decoder: any Decoder) throws -> UInt64 {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = UInt64(text, radix: 16) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(text) is no hexadecimal number")
        }
        return value
    }
}

/// An alert as the engine knows it, with everything an operator may ask about it.
public struct Alert: Sendable, Codable, Equatable {
    public var episode: EpisodeID
    /// Labels of the alert, `alertname` included.
    public var labels: Labels
    public var annotations: [Annotation]
    /// The rule that made it: `group/name`.
    public var rule: String
    public var expression: String
    public var severity: Severity
    public var state: AlertState
    /// The `for` of the rule in milliseconds.
    public var holdFor: Milliseconds
    /// When the expression became true, on the engine's time line.
    public var activeSince: Milliseconds
    /// When it began to fire; told to the outside as the start.
    public var firingSince: Milliseconds?
    /// When it was resolved.
    public var resolvedAt: Milliseconds?
    /// Why it was resolved, where that is not simply that the expression is no longer true.
    public var resolvedReason: String?
    /// When the expression was first seen false while `keep_firing_for` holds the alert.
    public var keptSince: Milliseconds?
    /// When it was last judged true.
    public var lastTrue: Milliseconds
    /// When its rule was last evaluated.
    public var judgedAt: Milliseconds
    /// Since when it cannot be judged for want of data; the alert is kept as it was.
    public var unjudgedSince: Milliseconds?
    /// The value of the expression when last true.
    public var value: Double
    public var acknowledgement: Acknowledgement?

    public init(
        episode: EpisodeID, labels: Labels, annotations: [Annotation], rule: String, expression: String,
        severity: Severity, state: AlertState, holdFor: Milliseconds, activeSince: Milliseconds,
        lastTrue: Milliseconds, judgedAt: Milliseconds, value: Double
    ) {
        self.episode = episode
        self.labels = labels
        self.annotations = annotations
        self.rule = rule
        self.expression = expression
        self.severity = severity
        self.state = state
        self.holdFor = holdFor
        self.activeSince = activeSince
        self.lastTrue = lastTrue
        self.judgedAt = judgedAt
        self.value = value
    }

    /// The name of the alert.
    public var name: String { labels["alertname"] ?? "" }

    /// The text of an annotation, or nil.
    public func annotation(_ name: String) -> String? { annotations.first { $0.name == name }?.text }
}

/// One annotation with its template carried out.
public struct Annotation: Sendable, Codable, Equatable {
    public let name: String
    public let text: String

    public init(_ name: String, _ text: String) {
        self.name = name
        self.text = text
    }
}
