import Exposition
import Testing

@Suite struct SeriesCSVTests {
    private func rows(_ text: String) throws -> [SeriesCSV.Row] {
        var csv = SeriesCSV()
        return try Array(text.utf8).split(separator: 10, omittingEmptySubsequences: false).compactMap {
            try csv.read($0)
        }
    }

    @Test func stampsOfEveryUsualKind() throws {
        let stamps: [(String, Double)] = [
            ("1396310400", 1_396_310_400), ("1396310400.25", 1_396_310_400.25), ("1396310400000", 1_396_310_400),
            ("2014-04-01 00:00:00", 1_396_310_400), ("2014-04-01T00:00:00Z", 1_396_310_400),
            ("2014-04-01 00:00:00.500000", 1_396_310_400.5), ("2014-04-01T02:00:00+02:00", 1_396_310_400),
            ("2014-03-31T19:00:00-0500", 1_396_310_400), ("2014-04-01", 1_396_310_400),
            ("2014-04-01 00:00", 1_396_310_400), ("-1", -1), ("1969-12-31 23:59:59", -1),
            ("2000-02-29 00:00:00", 951_782_400),
        ]
        for (text, seconds) in stamps { #expect(try rows("\(text),5").first?.seconds == seconds, "\(text)") }
        for text in [
            "", "now", "2014-02-29 00:00:00", "2014-13-01", "2014-04-01 25:00:00", "2014-04-01 00:00:00 x", "NaN",
        ] {
            #expect(throws: SeriesCSV.Fault.self, "\(text)") { try rows("1,1\n\(text),5") }
        }
    }

    @Test func columnsAndLineEnds() throws {
        #expect(try rows("timestamp,value\r\n1,2\r\n\r\n3,4").map(\.number) == [2, 4])
        #expect(try rows("value,host,timestamp\n2,a,1\n").map { [$0.seconds, $0.number] } == [[1, 2]])
        #expect(try rows("\u{FEFF}timestamp,value\n1,2").count == 1)
        #expect(try rows("time,load\n1,2").count == 1, "names of another kind")
        #expect(try rows("\"1\", \"2.5\" ,x").map(\.number) == [2.5])
        #expect(
            try rows("value,host,timestamp\n2,\"a, \"\"b\"\", c\",1\n").map { [$0.seconds, $0.number] } == [[1, 2]])
        #expect(try rows("1,NaN\n2,+Inf").map { $0.number.isFinite } == [false, false])
    }

    @Test func faultsSayWhere() {
        #expect(throws: SeriesCSV.Fault(line: 3, words: "“x” is no number")) { try rows("timestamp,value\n1,2\n3,x\n") }
        #expect(throws: SeriesCSV.Fault(line: 1, words: "a stamp and a value are expected, with a comma between them"))
        {
            try rows("12")
        }
        #expect(throws: SeriesCSV.Fault(line: 2, words: "the value is missing")) { try rows("1,2\n3,\n") }
    }
}
