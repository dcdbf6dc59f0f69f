import Anomaly
import ArgumentParser
import Exposition
import FoundationEssentials
import Glibc

/// `tocsin detect FILE.csv`: both detectors over a recorded series.
struct Detect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Anomaly scores for a recorded series.",
        discussion: """
            Reads timestamp,value and writes a line for each line read, in order:
            timestamp,value,anomaly_score,spike_score,expected_low,expected_high,reason,learning.

            Scores lie between 0 and 1; one half is worth a look. What is said of a line depends on it and on those \
            before it alone. A value that is no number (NaN, Inf) and a stamp that is not later than the last get 0 and \
            teach nothing.
            """)

    enum OnBadRow: String, ExpressibleByArgument, CaseIterable { case fail, skip }

    @Argument(help: "The file; - for standard input.") var file: String
    @Option(help: "The file to write; standard output when left out.") var out: String?
    @Option(help: "What a line that cannot be read does: fail ends the run, skip names it and goes on.")
    var onBadRow = OnBadRow.fail

    func run() throws {
        let lines = try TextLines(file)
        let result = try ResultFile(out, besides: lines.identity)
        var pass = DetectorPass()
        var skipped = 0
        result.append(DetectorPass.header)
        while let line = try lines.next() {
            do throws(SeriesCSV.Fault) {
                if let row = try pass.take(line) { result.append(row) }
            } catch {
                guard onBadRow == .skip else {
                    try result.finish()
                    throw Failure("\(file): \(error); --on-bad-row skip goes on")
                }
                skipped += 1
                StandardError.say("\(file): \(error): skipped")
            }
            try result.writeWhenFull()
        }
        try result.finish()
        if skipped > 0 { StandardError.say(skipped == 1 ? "1 line was skipped" : "\(skipped) lines were skipped") }
    }
}
