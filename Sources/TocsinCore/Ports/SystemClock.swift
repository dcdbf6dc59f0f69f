import TocsinModel

/// Where time comes from; a fixture in tests.
package protocol SystemClock: Sendable {
    /// The wall clock in milliseconds since the epoch, and the time since boot in milliseconds, suspension included.
    func now() -> (wall: Milliseconds, boot: Milliseconds)
}

/// The engine's steady time line, made from both clocks.
///
/// It starts at the wall clock and then follows the boot-time clock. As long as the wall clock stays near, the line is
/// slewed towards it by at most 2 %, so that it does not drift away over weeks; a step of the wall clock leaves it alone.
package struct TimeLine: Sendable {
    private var offset: Milliseconds?
    private var lastBoot: Milliseconds = 0

    /// A difference up to this is drift and is slewed away; a larger one is a step.
    private static let drift: Milliseconds = 2_000

    package init() {}

    /// The moment both clocks stand for.
    package mutating func moment(_ clock: (wall: Milliseconds, boot: Milliseconds)) -> Moment {
        guard let known = offset else {
            offset = clock.wall - clock.boot
            lastBoot = clock.boot
            return Moment(clock.wall)
        }
        let elapsed = max(0, clock.boot - lastBoot)
        lastBoot = clock.boot
        let difference = clock.wall - (clock.boot + known)
        if difference.magnitude <= Self.drift {
            let most = elapsed / 50
            offset = known + max(-most, min(most, difference))
        }
        return Moment(engine: clock.boot + (offset ?? known), wall: clock.wall)
    }
}
