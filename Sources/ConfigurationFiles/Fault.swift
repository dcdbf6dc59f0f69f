/// Something wrong in a file, with its place. All faults of a file are listed, not only the first.
package struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
    package let file: String
    /// Line and column, counted from 1; 0 where the whole file is meant.
    package let line: Int
    package let column: Int
    package let message: String

    package init(file: String, line: Int = 0, column: Int = 0, message: String) {
        self.file = file
        self.line = line
        self.column = column
        self.message = message
    }

    package var description: String { line == 0 ? "\(file): \(message)" : "\(file):\(line):\(column): \(message)" }
}

extension Fault {
    /// The line of the text that the fault is in and a caret below its column, or nothing when it has no place.
    package func excerpt(of text: String) -> String? {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard line > 0, line <= lines.count else { return nil }
        let source = lines[line - 1].replacing("\t", with: " ").trimmingEnd(to: 200)
        let before = max(0, min(column - 1, source.count))
        return "    \(source)\n    \(String(repeating: " ", count: before))^"
    }
}

extension String {
    fileprivate func trimmingEnd(to most: Int) -> String { count > most ? String(prefix(most)) + "…" : self }
}

extension Substring {
    fileprivate func replacing(_ old: Character, with new: Character) -> String {
        String(map { $0 == old ? new : $0 == "\r" ? " " : $0 })
    }
}

/// Every fault of a file, as one error.
package struct Faults: Error, Sendable, CustomStringConvertible {
    package let all: [Fault]
    package init(_ all: [Fault]) { self.all = all }
    package var description: String { all.map(\.description).joined(separator: "\n") }
}
