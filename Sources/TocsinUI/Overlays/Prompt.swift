import TerminalKit
import TocsinModel

/// A line that takes text. While it is open, lists stand still, and what it is about was fixed when it opened.
package struct Prompt: Sendable, Equatable {
    package enum Purpose: Sendable, Equatable {
        case filter(ScreenID)
        case note([EpisodeID])
        /// The labels of the alerts that were chosen.
        case silence([Labels])
        case command
        case closeRun(RunID)
        case maintain(String)
        /// Who sits behind a shared login.
        case name
    }

    package var purpose: Purpose
    package var text = ""
    /// What stands before the text.
    var label: String
    /// What would be understood, or what is missing.
    var hint: String

    init(_ purpose: Purpose, label: String, hint: String, text: String = "") {
        self.purpose = purpose
        self.label = label
        self.hint = hint
        self.text = text
    }

    /// Takes a key; true when the text may have changed.
    mutating func take(_ key: Key) -> Bool {
        switch key {
        case .character(let character): if text.count < 500 { text.append(character) }
        case .backspace, .delete: if !text.isEmpty { text.removeLast() }
        case .control("u"): text = ""
        case .control("w"):
            while text.last == " " { text.removeLast() }
            while let last = text.last, last != " " { text.removeLast() }
        case .tab:
            guard purpose == .command, let only = Keymap.completions(text).first else { return false }
            text = only + (Keymap.completions(text).count == 1 ? " " : "")
        default: return false
        }
        return true
    }

    /// Splits `2h growing the log` into an optional duration in milliseconds and a comment.
    package static func duration(in text: String) -> (duration: Milliseconds?, comment: String) {
        let words = text.split(separator: " ", maxSplits: 1).map(String.init)
        guard let first = words.first, let duration = milliseconds(first) else {
            return (nil, text.trimmed)
        }
        return (duration, words.count > 1 ? words[1].trimmed : "")
    }

    private static func milliseconds(_ word: String) -> Milliseconds? {
        let units: [Character: Milliseconds] = ["s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        guard let unit = word.last.flatMap({ units[$0] }), let count = Milliseconds(word.dropLast()), count > 0,
            count <= 10_000
        else { return nil }
        return count * unit
    }
}

extension String {
    /// Without blanks at both ends.
    var trimmed: String {
        var text = Substring(self)
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
