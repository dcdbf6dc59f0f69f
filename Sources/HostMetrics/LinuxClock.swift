import Glibc
import TocsinCore
import TocsinModel

/// The clocks of this machine: `CLOCK_REALTIME` and `CLOCK_BOOTTIME`, which goes on while the machine is suspended.
package struct LinuxClock: SystemClock {
    package init() {}

    package func now() -> (wall: Milliseconds, boot: Milliseconds) {
        (Self.read(CLOCK_REALTIME), Self.read(CLOCK_BOOTTIME))
    }

    private static func read(_ clock: clockid_t) -> Milliseconds {
        var time = timespec()
        clock_gettime(clock, &time)
        return Milliseconds(time.tv_sec) * 1000 + Milliseconds(time.tv_nsec) / 1_000_000
    }
}
