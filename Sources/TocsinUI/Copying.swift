import TerminalKit
import TocsinModel

/// What goes to the clipboard.
extension App {
    mutating func runbook() -> [UIEffect] {
        guard let row = target, let address = row.alert.annotation("runbook_url") ?? row.alert.annotation("runbook")
        else {
            say("this rule names no runbook (annotation runbook_url)", .warning)
            return []
        }
        say("copied \(address)")
        return [.copy(address)]
    }

    mutating func copyRow() -> [UIEffect] {
        var text: String?
        if let row = target, screen == .overview || screen == .alerts {
            text =
                "\(row.alert.severity.rawValue) \(row.alert.name) \(row.subject): \(row.account); \(row.alert.labels)"
        } else if case .processes(let list)? = page?.body {
            let row = list.rows.first { $0.pid == cursorPID } ?? list.rows.first
            text = row.map { "\($0.pid) \($0.user) \($0.command)" }
        } else if case .audit(let list)? = page?.body {
            text = list.entries.first.map { "\($0.sequence) \($0.by.name) \($0.action) \($0.target) \($0.detail)" }
        } else {
            text = serviceText
        }
        guard let text else { return [] }
        say("copied to the clipboard, where the terminal allows it")
        // Several commands stay several lines.
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { Scrub.text(String($0)) }
        return [.copy(lines.joined(separator: "\n"))]
    }
}
