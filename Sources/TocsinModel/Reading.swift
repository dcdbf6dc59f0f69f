/// A value that may be unknown or old, with the scale it is judged on.
public struct Reading: Sendable, Codable, Equatable {
    /// The value; nil when it is unknown, which is never the same as zero.
    public var value: Double?
    /// When the value was measured.
    public var at: Milliseconds?
    /// Where a rule warns, in the value's unit.
    public var warns: Double?
    /// Where a rule calls it critical, in the value's unit.
    public var critical: Double?
    /// The band in which the value is expected, once learned.
    public var expected: ClosedRange<Double>?

    public init(
        _ value: Double?, at: Milliseconds? = nil, warns: Double? = nil, critical: Double? = nil,
        expected: ClosedRange<Double>? = nil
    ) {
        self.value = value
        self.at = at
        self.warns = warns
        self.critical = critical
        self.expected = expected
    }
}

/// Equally spaced values, oldest first; nil where nothing was known.
public struct Trend: Sendable, Codable, Equatable {
    public var points: [Double?]
    /// Milliseconds between two points.
    public var step: Milliseconds
    /// The band in which each point was expected; empty where nothing has been learned.
    public var low: [Double?]
    public var high: [Double?]
    /// Where what is watched left its band; empty where it is the points themselves that tell.
    public var left: [Bool]

    public init(
        points: [Double?], step: Milliseconds, low: [Double?] = [], high: [Double?] = [], left: [Bool] = []
    ) {
        self.points = points
        self.step = step
        self.low = low
        self.high = high
        self.left = left
    }

    /// The trend of a value nobody has seen.
    public static let none = Trend(points: [], step: 5_000)
}
