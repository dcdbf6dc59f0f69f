import TocsinCore
import TocsinModel

/// What a role program says: `primary` or `standby`, then words of the form `name=value` in any order.
///
/// `lag=BYTES`, `lag_seconds=S`, `at=EPOCH_SECONDS` (when this was true), `follows=MEMBER`, `writable=yes|no`,
/// `hears=MEMBER` and `hears_not=MEMBER:SECONDS` (whether it still hears another member, and for how long it has not).
/// Words it does not know are shown and otherwise ignored.
enum RoleText {
    static func parse(_ text: String) -> (statements: [ProbeReport.Statement], statedAtWall: Milliseconds?) {
        let words = text.split { $0 == " " || $0 == "\n" || $0 == "\t" || $0 == "\r" }
        var statements: [ProbeReport.Statement] = []
        var at: Milliseconds?
        switch words.first?.lowercased() {
        case "primary": statements.append(.role(.primary))
        case "standby": statements.append(.role(.standby))
        default: break
        }
        for word in words {
            guard let equals = word.firstIndex(of: "=") else { continue }
            let value = String(word[word.index(after: equals)...])
            switch word[..<equals].lowercased() {
            case "lag": if let bytes = Int64(value), bytes >= 0 { statements.append(.lagBytes(bytes)) }
            case "lag_seconds": if let seconds = number(value) { statements.append(.lagSeconds(seconds)) }
            case "at": at = number(value).map { Milliseconds($0 * 1000) }
            case "follows": statements.append(.follows(value))
            case "writable": if let takes = yes(value) { statements.append(.writable(takes)) }
            case "hears": statements.append(.hears(value, true, silentFor: nil))
            case "hears_not": statements.append(silence(value))
            default: break
            }
        }
        return (statements, at)
    }

    private static func silence(_ value: String) -> ProbeReport.Statement {
        guard let colon = value.lastIndex(of: ":"), let seconds = number(String(value[value.index(after: colon)...]))
        else { return .hears(value, false, silentFor: nil) }
        return .hears(String(value[..<colon]), false, silentFor: Milliseconds(seconds * 1000))
    }

    private static func number(_ text: String) -> Double? {
        Double(text).flatMap { $0.isFinite && $0 >= 0 && $0 < 1e12 ? $0 : nil }
    }

    private static func yes(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "yes", "true", "1": true
        case "no", "false", "0": false
        default: nil
        }
    }
}
