import Glibc
import TocsinModel

/// The operator's time zone, from the C library.
enum LocalZone {
    /// Seconds to add to UTC at a wall time, and the zone's name.
    @Sendable static func at(_ wall: Milliseconds) -> (seconds: Int, name: String) {
        var seconds = time_t(wall / 1000)
        var parts = tm()
        localtime_r(&seconds, &parts)
        return (parts.tm_gmtoff, parts.tm_zone.map { String(cString: $0) } ?? "UTC")
    }
}
