import Exposition
import Scraping
import Testing
import TimeSeries
import TocsinCore
import TocsinModel

@Suite struct IntakeTests {
    private let store = SeriesStore()

    private func intake(_ change: (inout ScrapeConfig) -> Void = { _ in }) throws -> PageIntake {
        var config = ScrapeConfig(job: "j")
        change(&config)
        guard case .target(let target) = ScrapeTarget.make(["__address__": "h:1"], in: .none, of: config) else {
            throw Missing()
        }
        return PageIntake(target, config, store)
    }

    private struct Missing: Error {}

    private func newest(_ at: Milliseconds) throws -> [String: Double] {
        let samples = try store.latest(
            matching: [LabelMatcher("job", .equal, "j")], after: at - 300_000, at: at)
        return Dictionary(
            samples.map { ($0.labels.dropping(["job", "instance"]).description, $0.value) }
        ) { first, _ in first }
    }

    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test func pagesMayChangeInAnyWay() throws {
        var intake = try intake()
        var outcome = intake.take(bytes("a 1\nb{x=\"1\"} 2\nc 3\n"), .prometheus, at: Moment(1_000_000))
        #expect((outcome.scraped, outcome.kept, outcome.added) == (3, 3, 3))
        #expect(try newest(1_000_000) == ["a": 1, "b{x=\"1\"}": 2, "c": 3])
        // Another order, one new in the middle, one gone.
        outcome = intake.take(bytes("c 4\nn 9\na 5\n"), .prometheus, at: Moment(1_005_000))
        #expect((outcome.scraped, outcome.kept, outcome.added) == (3, 3, 1))
        #expect(try newest(1_005_000) == ["a": 5, "c": 4, "n": 9])
        // What comes back is not new to the cache.
        outcome = intake.take(bytes("b{x=\"1\"} 7\na 6\nc 5\nn 1\n"), .prometheus, at: Moment(1_010_000))
        #expect(outcome.added == 0)
        #expect(try newest(1_010_000)["b{x=\"1\"}"] == 7)
        intake.end(at: 1_015_000)
        #expect(try newest(1_015_000).isEmpty)
    }

    @Test func aFaultyPageIsNothingButAFault() throws {
        var intake = try intake()
        _ = intake.take(bytes("a 1\nb 2\n"), .prometheus, at: Moment(1_000_000))
        let outcome = intake.take(bytes("a 2\nb x\n"), .prometheus, at: Moment(1_005_000))
        #expect(outcome.error == "the page cannot be read: line 2: expected a value, got \"x\"")
        #expect(try newest(1_005_000).isEmpty)
        _ = intake.take(bytes("a 3\n"), .prometheus, at: Moment(1_010_000))
        #expect(try newest(1_010_000) == ["a": 3])
    }

    @Test func limitsFailTheWholePage() throws {
        for (name, change) in [
            ("sample limit", { (config: inout ScrapeConfig) in config.limits.samples = 1 }),
            ("label_limit", { $0.limits.labels = 3 }), ("label_name_length_limit", { $0.limits.labelNameLength = 5 }),
            ("label_value_length_limit", { $0.limits.labelValueLength = 3 }),
        ] {
            var intake = try intake(change)
            let outcome = intake.take(bytes("a{long=\"name\"} 1\nb 2\n"), .prometheus, at: Moment(2_000_000))
            #expect(outcome.error?.contains(name) == true, "\(name): \(outcome.error ?? "nothing")")
            #expect(outcome.scraped == 2)
        }
        #expect(try newest(2_000_000).isEmpty)
    }

    @Test func statedTimesAreKeptOrPassedOver() throws {
        var honest = try intake()
        _ = honest.take(bytes("a 1 999000\nb 2\n"), .prometheus, at: Moment(1_000_000))
        let times = try store.series(
            matching: [LabelMatcher("__name__", .equal, "a")], from: 0, through: 2_000_000
        ).flatMap(\.timestamps)
        #expect(times == [999_000])
        // A series that states its own time does not end with the page.
        _ = honest.take(bytes("b 2\n"), .prometheus, at: Moment(1_005_000))
        #expect(try newest(1_005_000)["a"] == 1)
        var other = try intake { $0.honorsTimestamps = false }
        _ = other.take(bytes("d 1 999000\n"), .prometheus, at: Moment(1_010_000))
        #expect(
            try store.series(matching: [LabelMatcher("__name__", .equal, "d")], from: 0, through: 2_000_000)
                .flatMap(\.timestamps) == [1_010_000])
    }

    @Test func metadataComesWithThePage() throws {
        var intake = try intake()
        _ = intake.take(
            bytes("# HELP a What it is.\n# TYPE a counter\na 1\n"), .prometheus, at: Moment(1_000_000))
        #expect(intake.families["a"] == MetricFamily("a", .counter, "What it is."))
    }

    @Test func manySeriesComeAndGoWithoutPilingUp() throws {
        var intake = try intake()
        for round in 0..<50 {
            let page = (0..<20).map { "m{round=\"\(round)\",n=\"\($0)\"} 1\n" }.joined()
            let at = Moment(1_000_000 + Milliseconds(round) * 1_000)
            #expect(intake.take(bytes(page), .prometheus, at: at).added == 20)
            #expect(try newest(at.engine).count == 20)
        }
    }
}
