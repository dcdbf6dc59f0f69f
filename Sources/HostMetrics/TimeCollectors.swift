import CLinux
import Glibc
import TocsinCore
import TocsinModel

/// The wall clock, the zone, and which clock sources the kernel has.
package final class TimeCollector: Collector {
    package let name = "time"
    private let root: String
    private var now: SampleBatch.Slot?
    private var zone: (name: String, slot: SampleBatch.Slot)?
    private var sources: [SampleBatch.Slot] = []
    private var current: (name: String, slot: SampleBatch.Slot)?
    private let currentFile: KeptFile
    private var round = 0

    private static let zoneFamily = MetricFamily(
        "node_time_zone_offset_seconds", .gauge, "System time zone offset in seconds.")
    private static let currentFamily = MetricFamily(
        "node_time_clocksource_current_info", .gauge,
        "Current clocksource read from '/sys/devices/system/clocksource'.")
    private static let availableFamily = MetricFamily(
        "node_time_clocksource_available_info", .gauge,
        "Available clocksources read from '/sys/devices/system/clocksource'.")

    package init(_ roots: HostRoots) {
        root = roots.sys + "/devices/system/clocksource/clocksource0/"
        currentFile = KeptFile(root + "current_clocksource", capacity: 64)
    }

    package func collect(into batch: inout SampleBatch) throws(CollectFailure) {
        if now == nil {
            now = batch.declare(
                MetricFamily("node_time_seconds", .gauge, "System time in seconds since epoch (1970)."))
            let available = KeptFile(root + "available_clocksource", capacity: 256).text() ?? ""
            sources = available.split(separator: " ").map {
                batch.declare(Self.availableFamily, ["clocksource": String($0), "device": "0"])
            }
        }
        var clock = timespec()
        clock_gettime(CLOCK_REALTIME, &clock)
        if let now { batch.put(now, Double(clock.tv_sec) + Double(clock.tv_nsec) / 1e9) }
        // The zone and the clock source change next to never.
        if round % 30 == 0 { refresh(clock.tv_sec, &batch) }
        round += 1
        if let zone { batch.put(zone.slot, Double(offset)) }
        for slot in sources { batch.put(slot, 1) }
        if let current { batch.put(current.slot, 1) }
    }

    private var offset = 0

    private func refresh(_ seconds: time_t, _ batch: inout SampleBatch) {
        var seconds = seconds
        var parts = tm()
        localtime_r(&seconds, &parts)
        offset = parts.tm_gmtoff
        let name = parts.tm_zone.map { String(cString: $0) } ?? "UTC"
        if zone?.name != name {
            if let zone { batch.retire(zone.slot) }
            zone = (name, batch.declare(Self.zoneFamily, ["time_zone": name]))
        }
        guard let source = currentFile.text(), !source.isEmpty, current?.name != source else { return }
        if let current { batch.retire(current.slot) }
        current = (source, batch.declare(Self.currentFamily, ["clocksource": source, "device": "0"]))
    }
}

/// `adjtimex(2)`: whether and how the clock is disciplined.
package final class TimexCollector: Collector {
    package let name = "timex"
    package let every = 5
    private var slots: [SampleBatch.Slot] = []
    private let live: Bool

    private static let families = [
        gauge("offset_seconds", "Time offset in between local system and reference clock."),
        gauge("frequency_adjustment_ratio", "Local clock frequency adjustment."),
        gauge("maxerror_seconds", "Maximum error in seconds."),
        gauge("estimated_error_seconds", "Estimated error in seconds."),
        gauge("status", "Value of the status array bits."),
        gauge("loop_time_constant", "Phase-locked loop time constant."),
        gauge("tick_seconds", "Seconds between clock ticks."),
        gauge("pps_frequency_hertz", "Pulse per second frequency."),
        gauge("pps_jitter_seconds", "Pulse per second jitter."),
        gauge("pps_shift_seconds", "Pulse per second interval duration."),
        gauge("pps_stability_hertz", "Pulse per second stability, average of recent frequency changes."),
        counter("pps_jitter_total", "Pulse per second count of jitter limit exceeded events."),
        counter("pps_calibration_total", "Pulse per second count of calibration intervals."),
        counter("pps_error_total", "Pulse per second count of calibration errors."),
        counter("pps_stability_exceeded_total", "Pulse per second count of stability limit exceeded events."),
        gauge("tai_offset_seconds", "International Atomic Time (TAI) offset."),
        gauge("sync_status", "Is clock synchronized to a reliable server (1 = yes, 0 = no)."),
    ]

    private static func gauge(_ name: String, _ help: String) -> MetricFamily {
        MetricFamily("node_timex_" + name, .gauge, help)
    }

    private static func counter(_ name: String, _ help: String) -> MetricFamily {
        MetricFamily("node_timex_" + name, .counter, help)
    }

    package init(_ roots: HostRoots) { live = roots.isLive }

    package func collect(into batch: inout SampleBatch) throws(CollectFailure) {
        guard live else { throw CollectFailure("adjtimex speaks of the live machine only", absent: true) }
        var clock = timex()
        let state = adjtimex(&clock)
        if state < 0 { throw CollectFailure("adjtimex: \(String(cString: strerror(errno)))") }
        if slots.isEmpty { slots = Self.families.map { batch.declare($0) } }
        // STA_NANO: offsets are nanoseconds rather than microseconds.
        let fraction = clock.status & 0x2000 != 0 ? 1e9 : 1e6
        let ppm = 1_000_000.0 * 65_536.0
        let values: [Double] = [
            Double(clock.offset) / fraction,
            1 + Double(clock.freq) / ppm,
            Double(clock.maxerror) / 1e6,
            Double(clock.esterror) / 1e6,
            Double(clock.status),
            Double(clock.constant),
            Double(clock.tick) / 1e6,
            Double(clock.ppsfreq) / ppm,
            Double(clock.jitter) / fraction,
            Double(clock.shift),
            Double(clock.stabil) / ppm,
            Double(clock.jitcnt),
            Double(clock.calcnt),
            Double(clock.errcnt),
            Double(clock.stbcnt),
            Double(clock.tai),
            state == TIME_ERROR ? 0 : 1,
        ]
        for (slot, value) in zip(slots, values) { batch.put(slot, value) }
    }
}
