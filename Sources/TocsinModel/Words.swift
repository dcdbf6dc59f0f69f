/// Quantities in words, the same on every screen, in every sentence.
public enum Words {
    /// `42 s`, `12 m`, `2 h 10`, `3 d`, `3 d 4 h`. Less than a second counts as none.
    public static func duration(_ milliseconds: Milliseconds) -> String {
        let seconds = max(0, milliseconds / 1000)
        if seconds < 60 { return "\(seconds) s" }
        let minutes = seconds / 60
        if minutes < 5, seconds % 60 != 0 { return "\(minutes) m \(seconds % 60) s" }
        if minutes < 60 { return "\(minutes) m" }
        let hours = minutes / 60
        if hours < 24 {
            let rest = minutes % 60
            return rest == 0 ? "\(hours) h" : "\(hours) h \(rest < 10 ? "0" : "")\(rest)"
        }
        let days = hours / 24
        return days >= 10 || hours % 24 == 0 ? "\(days) d" : "\(days) d \(hours % 24) h"
    }
}
