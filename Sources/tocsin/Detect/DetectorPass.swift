import Anomaly
import Exposition
import TocsinModel

/// One run of both detectors over a recorded series, line by line.
struct DetectorPass {
    static let header = "timestamp,value,anomaly_score,spike_score,expected_low,expected_high,reason,learning\n"

    private var csv = SeriesCSV()
    private let detector = Detector()
    private var state = DetectorState()

    /// The line to write for a line that was read; nil for an empty one and for the names of the columns.
    mutating func take(_ line: ArraySlice<UInt8>) throws(SeriesCSV.Fault) -> String? {
        guard let row = try csv.read(line) else { return nil }
        let assessment = detector.push(row.number, at: row.seconds, into: &state)
        let band = assessment.expected
        return "\(row.time),\(row.value),\(assessment.novelty),\(assessment.spike),"
            + "\(Self.text(band?.low)),\(Self.text(band?.high)),\(assessment.reason?.rawValue ?? ""),\(assessment.learning)\n"
    }

    private static func text(_ bound: Double?) -> String {
        guard let bound, bound.isFinite else { return "" }
        return "\(bound)"
    }
}
