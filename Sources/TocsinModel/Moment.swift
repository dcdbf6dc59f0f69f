/// Milliseconds since the Unix epoch.
public typealias Milliseconds = Int64

/// One instant, told twice.
///
/// `engine` is the engine's own time line: it starts at the wall clock and then only follows the boot-time clock, slewed
/// gently towards the wall. All durations (`for`, expiry, windows) are differences of `engine`, so a step of the wall
/// clock neither fires, resolves nor expires anything. `wall` is what people read.
public struct Moment: Sendable, Hashable, Codable {
    /// Milliseconds on the engine's steady time line.
    public var engine: Milliseconds
    /// Milliseconds of the wall clock in UTC.
    public var wall: Milliseconds

    public init(engine: Milliseconds, wall: Milliseconds) {
        self.engine = engine
        self.wall = wall
    }

    /// A moment at which both clocks agree.
    public init(_ both: Milliseconds) { self.init(engine: both, wall: both) }

    /// What must be added to an engine time to show it to a person now.
    public var offset: Milliseconds { wall - engine }
}

/// The bit pattern Prometheus writes when a series ends: a NaN that no computation yields.
public enum StaleMarker {
    /// The marker as a value.
    public static let value = Double(bitPattern: 0x7ff0_0000_0000_0002)

    /// True only for the marker itself; an ordinary NaN is data.
    @inlinable
    public static func isStale(_ value: Double) -> Bool { value.bitPattern == 0x7ff0_0000_0000_0002 }
}
