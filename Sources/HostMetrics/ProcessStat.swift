/// One line of `/proc/PID/stat`.
struct ProcessStat: Equatable {
    var comm: Range<Int>
    var state: UInt8
    /// User and system time in clock ticks.
    var ticks: UInt64
    var threads: UInt64
    /// Clock ticks after boot; with the pid it names a process for good.
    var startTime: UInt64
    /// Resident pages.
    var resident: UInt64
    /// True for a thread of the kernel.
    var isKernel: Bool

    /// Reads a line; nil when it is cut short. The name may hold spaces, parentheses and line ends, so the last closing
    /// parenthesis ends it.
    init?(_ bytes: RawSpan) {
        var close = bytes.byteCount - 1
        while close > 0, bytes[close] != UInt8(ascii: ")") { close -= 1 }
        var open = 0
        while open < close, bytes[open] != UInt8(ascii: "(") { open += 1 }
        guard open < close, close + 2 < bytes.byteCount else { return nil }
        comm = (open + 1)..<close
        state = bytes[close + 2]
        var cursor = ByteCursor(at: close + 3)
        var fields: (flags: UInt64, utime: UInt64, stime: UInt64) = (0, 0, 0)
        threads = 0
        startTime = 0
        resident = 0
        // Fields are numbered as in proc(5); ppid is the fourth.
        for number in 4...24 {
            cursor.skipBlank(in: bytes)
            if cursor.at < bytes.byteCount, bytes[cursor.at] == UInt8(ascii: "-") { cursor.at += 1 }
            guard let value = cursor.number(in: bytes) else { return nil }
            switch number {
            case 9: fields.flags = value
            case 14: fields.utime = value
            case 15: fields.stime = value
            case 20: threads = value
            case 22: startTime = value
            case 24: resident = value
            default: break
            }
        }
        ticks = fields.utime &+ fields.stime
        // PF_KTHREAD
        isKernel = fields.flags & 0x0020_0000 != 0
    }
}
