import FoundationEssentials
import PromQL
import TocsinModel

/// Reads the times of a query.
struct QueryTimes {
    /// What `now` means, in milliseconds.
    let now: Milliseconds

    func read(_ text: String, _ option: String) throws -> Milliseconds {
        if text == "now" { return now }
        if let seconds = Double(text), seconds.magnitude < 9e12 { return Milliseconds((seconds * 1000).rounded()) }
        if text.hasPrefix("-"), let before = DurationText.parse(String(text.dropFirst())) {
            let (time, overflow) = now.subtractingReportingOverflow(before)
            return overflow ? .min : time
        }
        if let date = (try? Date(text, strategy: .iso8601))
            ?? (try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))),
            // What the calendar moved, such as 30 February, was no date.
            QueryTable.time(Milliseconds(date.timeIntervalSince1970.rounded(.down)) * 1000).prefix(17)
                == text.prefix(17)
                || !text.hasSuffix("Z")
        {
            return Milliseconds((date.timeIntervalSince1970 * 1000).rounded())
        }
        throw Failure("\(option): \"\(text)\" is no time; write seconds since 1970, 2026-01-02T15:04:05Z, now, or -15m")
    }

    func duration(_ text: String, _ option: String) throws -> Milliseconds {
        if let duration = DurationText.parse(text), duration > 0 { return duration }
        if let seconds = Double(text), seconds >= 0.001, seconds < 9e9 {
            return Milliseconds((seconds * 1000).rounded())
        }
        throw Failure("\(option): \"\(text)\" is no duration; write 15s, 1m30s or a number of seconds, 0.001 at least")
    }
}
