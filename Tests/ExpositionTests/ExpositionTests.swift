import Exposition
import Testing
import TocsinModel

@Suite struct ExpositionTests {
    @Test func whatIsWrittenReadsBack() throws {
        var writer = ExpositionWriter()
        let family = MetricFamily("m", .gauge, "A \\ help\nof two lines")
        let labels: Labels = ["path": "C:\\a \"b\"\nc", "e": "ü"]
        for (number, value) in [1.5, -0.1, 1e300, .infinity, -.infinity, 12_345_678_901].enumerated() {
            writer.add(family, labels.setting("n", "\(number)"), value)
        }
        let page = try ExpositionReader.read(writer.text)
        #expect(page.kinds["m"] == .gauge)
        #expect(page.lines.map(\.value) == [1.5, -0.1, 1e300, .infinity, -.infinity, 12_345_678_901])
        #expect(page.lines.first?.labels == labels.merging(["__name__": "m", "n": "0"]))
        #expect(writer.text.hasPrefix("# HELP m A \\\\ help\\nof two lines\n# TYPE m gauge\n"))
    }

    @Test func familiesStandTogetherAndOnce() throws {
        var writer = ExpositionWriter()
        let a = MetricFamily("a", .counter, "a")
        let b = MetricFamily("b", .counter, "b")
        writer.add(b, ["x": "1"], 1)
        writer.add(a, .none, 1)
        writer.add(b, ["x": "0"], 1)
        #expect(
            writer.text.split(separator: "\n").map { String($0.prefix(8)) } == [
                "# HELP a", "# TYPE a", "a 1", "# HELP b", "# TYPE b", "b{x=\"0\"}", "b{x=\"1\"}",
            ])
    }

    @Test(arguments: [
        ("a", "line 1: expected a value, got \"\""), ("a{b=c} 1", "line 1: expected a quoted label value"),
        ("ok 1\nb{c=\"d} 1", "line 2: unterminated label value"), ("a 1 x", "line 1: expected a timestamp, got \"x\""),
        ("a{b} 1", "line 1: expected \"=\" after a label name"),
    ])
    func faultsSayWhere(text: String, message: String) {
        #expect { try ExpositionReader.read(text) } throws: { "\($0)" == message }
    }

    @Test func timestampsAndCommentsAreRead() throws {
        let page = try ExpositionReader.read("# a remark\n\n a{b=\"c\",} 2 1500\n")
        #expect(page.lines.map(\.labels) == [["__name__": "a", "b": "c"]])
        #expect(page.lines.map(\.value) == [2])
        #expect(page.lines.map(\.time) == [1_500])
    }
}
