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

/// Every fault of a file, as one error.
package struct Faults: Error, Sendable, CustomStringConvertible {
    package let all: [Fault]
    package init(_ all: [Fault]) { self.all = all }
    package var description: String { all.map(\.description).joined(separator: "\n") }
}
