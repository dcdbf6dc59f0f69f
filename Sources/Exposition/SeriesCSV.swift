/// A recorded series as comma-separated text: `timestamp,value` in each line, as the Numenta Anomaly Benchmark has it.
///
/// A first line of words names the columns, in any order and beside others; without one the first two count. A stamp is
/// seconds since 1970 (milliseconds where the number is too large for that) or a date and a time, with `T` or a space
/// between them and taken for UTC where it names no zone. Lines end with or without a carriage return. A cell may stand between
/// quotation marks.
public struct SeriesCSV: Sendable {
    /// One line that could be read.
    public struct Row: Sendable, Equatable {
        /// Stamp and value as they were written.
        public var time: String
        public var value: String
        /// Seconds since 1970.
        public var seconds: Double
        public var number: Double
    }

    /// Why a line cannot be used.
    public struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
        public let line: Int
        public let words: String

        public init(line: Int, words: String) {
            self.line = line
            self.words = words
        }

        public var description: String { "line \(line): \(words)" }
    }

    /// The number of the last line that was read.
    public private(set) var line = 0
    private var columns: (time: Int, value: Int) = (0, 1)

    public init() {}

    /// Reads one line; nil for an empty one and for the names of the columns.
    public mutating func read(_ bytes: ArraySlice<UInt8>) throws(Fault) -> Row? {
        line += 1
        var bytes = bytes
        if bytes.last == UInt8(ascii: "\r") { bytes = bytes.dropLast() }
        // The mark that some programs begin a file with.
        if line == 1, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        if bytes.allSatisfy({ $0 == UInt8(ascii: " ") }) { return nil }
        let cells = Self.cells(bytes)
        if line == 1, try name(cells) { return nil }
        guard cells.count > max(columns.time, columns.value) else {
            throw Fault(line: line, words: "a stamp and a value are expected, with a comma between them")
        }
        let (time, value) = (cells[columns.time], cells[columns.value])
        guard let seconds = Self.seconds(time) else {
            throw Fault(line: line, words: "\(Self.shown(time)) is no time: seconds since 1970 or 2026-01-31 12:00:00")
        }
        guard let number = DecimalText.value(value) else {
            throw Fault(
                line: line, words: value.isEmpty ? "the value is missing" : "\(Self.shown(value)) is no number")
        }
        return Row(time: Self.text(time), value: Self.text(value), seconds: seconds, number: number)
    }

    private static func text(_ cell: ArraySlice<UInt8>) -> String { String(decoding: cell, as: UTF8.self) }

    /// What was found, short enough for a sentence.
    private static func shown(_ cell: ArraySlice<UInt8>) -> String {
        cell.isEmpty ? "nothing" : "“\(text(cell.prefix(40)))”"
    }

    /// Whether the first line names the columns.
    private mutating func name(_ cells: [ArraySlice<UInt8>]) throws(Fault) -> Bool {
        let names = cells.map { Self.text($0).lowercased() }
        if let time = names.firstIndex(of: "timestamp"), let value = names.firstIndex(of: "value") {
            columns = (time, value)
            return true
        }
        // Names of another kind: the first two columns count all the same.
        return cells.count > 1 && Self.seconds(cells[0]) == nil && DecimalText.value(cells[1]) == nil
    }

    /// The cells of a line, without the spaces and quotation marks around them. A comma between such marks is text, as
    /// RFC 4180 has it.
    private static func cells(_ bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        var isQuoted = false
        return bytes.split(omittingEmptySubsequences: false) { byte in
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            return byte == UInt8(ascii: ",") && !isQuoted
        }.map { cell in
            var cell = cell
            while let first = cell.first, first == 0x20 || first == 0x22 || first == 0x09 { cell = cell.dropFirst() }
            while let last = cell.last, last == 0x20 || last == 0x22 || last == 0x09 { cell = cell.dropLast() }
            return cell
        }
    }

    /// Seconds since 1970 of a stamp.
    static func seconds(_ cell: ArraySlice<UInt8>) -> Double? {
        if let number = DecimalText.value(cell) {
            guard number.isFinite else { return nil }
            // Seconds of the year 5138 are milliseconds of 1973.
            return number.magnitude >= 1e11 ? number / 1000 : number
        }
        return DateText.seconds(cell)
    }
}
