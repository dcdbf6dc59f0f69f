import Logging
import NcursesTerminal
import TocsinModel
import TocsinUI

/// Log lines of a dashboard: warnings and worse are said on the screen, nothing is written across it.
struct ScreenLog: LogHandler {
    let mailbox: Mailbox<Message>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.warning

    init(_ mailbox: Mailbox<Message>) { self.mailbox = mailbox }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let details = (event.metadata ?? [:]).map { "\($0.value)" }.sorted().joined(separator: ", ")
        let severity: Severity = event.level >= .error ? .critical : .warning
        mailbox.post(.toast(severity, "\(event.message)" + (details.isEmpty ? "" : ": \(details)")))
    }
}
