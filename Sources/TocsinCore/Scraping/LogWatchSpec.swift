import LinearRegex
import TocsinModel

/// Lines of a log that count: each that matches a pattern adds to a counter, so that an event becomes a rule.
package struct LogWatchSpec: Sendable {
    package enum Source: Sendable, Equatable {
        /// A file, followed through rotation and truncation.
        case file(path: String)
        /// systemd's journal, of one unit or of all.
        case journal(unit: String?)
    }

    package struct Pattern: Sendable {
        package var name: String
        /// Matches anywhere in a line.
        package var regex: LinearRegex

        package init(name: String, regex: LinearRegex) {
            self.name = name
            self.regex = regex
        }
    }

    /// The label `log` of its counters.
    package var name: String
    package var source: Source
    package var patterns: [Pattern]

    package init(name: String, source: Source, patterns: [Pattern]) {
        self.name = name
        self.source = source
        self.patterns = patterns
    }
}
