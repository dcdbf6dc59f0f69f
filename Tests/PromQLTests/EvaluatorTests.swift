import PromQL
import Testing
import TocsinModel

/// Series in memory.
struct Samples: SampleSource {
    var all: [SampleSeries] = []

    /// Values at 0, step, 2·step … milliseconds; nil leaves a gap.
    mutating func load(_ labels: Labels, step: Milliseconds, _ values: [Double?]) {
        var one = SampleSeries(labels: labels, timestamps: [], values: [], bornAt: 0)
        for (index, value) in values.enumerated() {
            guard let value else { continue }
            one.timestamps.append(Milliseconds(index) * step)
            one.values.append(value)
        }
        one.bornAt = one.timestamps.first ?? 0
        all.append(one)
    }

    func samples(matching matchers: [LabelMatcher], from: Milliseconds, through: Milliseconds) -> SampleBlock {
        var block = SampleBlock()
        for series in all where matchers.allSatisfy({ Self.accepts($0, series.labels) }) {
            block.add(series.labels, bornAt: series.bornAt) { times, values in
                for (time, value) in zip(series.timestamps, series.values) where time >= from && time <= through {
                    times.append(time)
                    values.append(value)
                }
            }
        }
        return block
    }

    private static func accepts(_ matcher: LabelMatcher, _ labels: Labels) -> Bool {
        let value = labels[matcher.name] ?? ""
        switch matcher.operation {
        case .equal: return value == matcher.value
        case .notEqual: return value != matcher.value
        case .matches: return matcher.value.split(separator: "|").contains { $0 == value }
        case .notMatches: return !matcher.value.split(separator: "|").contains { $0 == value }
        }
    }
}

@Suite struct EvaluatorTests {
    private static func source() -> Samples {
        var samples = Samples()
        samples.load(["__name__": "c", "i": "1"], step: 15_000, (0...40).map { Double($0 * 15) })
        samples.load(["__name__": "c", "i": "2"], step: 15_000, (0...40).map { Double($0 % 10 * 10) })
        samples.load(["__name__": "g", "i": "1", "d": "x"], step: 15_000, (0...40).map { _ in 4 })
        samples.load(["__name__": "g", "i": "2", "d": "x"], step: 15_000, (0...40).map { _ in 9 })
        samples.load(["__name__": "g", "i": "2", "d": "y"], step: 15_000, (0...40).map { _ in 1 })
        samples.load(["__name__": "m", "i": "1"], step: 15_000, (0...40).map { _ in 2 })
        samples.load(["__name__": "m", "i": "2"], step: 15_000, (0...40).map { _ in 3 })
        return samples
    }

    private func value(_ text: String, at time: Milliseconds = 600_000) throws -> String {
        var evaluator = Evaluator(source: Self.source(), at: time)
        // Twelve digits: the last ones depend on the order of summation.
        func format(_ number: Double) -> String { GoNumber.plain((number * 1e12).rounded() / 1e12) }
        switch try evaluator.evaluate(try Expr(parsing: text)) {
        case .scalar(let number): return format(number)
        case .string(let text): return text
        case .vector(let samples):
            return samples.map { "\($0.labels) \(format($0.value))" }.joined(separator: "; ")
        case .matrix(let series): return series.map { "\($0.labels) ×\($0.values.count)" }.joined(separator: "; ")
        }
    }

    @Test(arguments: [
        ("1 + 2 * 3 ^ 2", "19"), ("7 % 4", "3"), ("-2 ^ 2", "-4"), ("1 == bool 1", "1"), ("1 / 0", "+Inf"),
        ("time()", "600"), ("5m", "300"),
        ("rate(c{i=\"1\"}[5m])", "{i=\"1\"} 1"),
        ("increase(c{i=\"1\"}[1m])", "{i=\"1\"} 60"),
        ("c{i=\"1\"}[1m]", "c{i=\"1\"} ×4"),
        ("resets(c{i=\"2\"}[5m])", "{i=\"2\"} 2"),
        ("changes(g{i=\"1\"}[5m])", "{d=\"x\", i=\"1\"} 0"),
        ("deriv(c{i=\"1\"}[5m])", "{i=\"1\"} 1"),
        ("predict_linear(c{i=\"1\"}[5m], 60)", "{i=\"1\"} 660"),
        ("sum(g)", "{} 14"), ("sum by (i) (g)", "{i=\"1\"} 4; {i=\"2\"} 10"),
        ("sum without (d) (g)", "{i=\"1\"} 4; {i=\"2\"} 10"), ("count(g)", "{} 3"), ("max(g)", "{} 9"),
        ("avg(g)", "{} 4.666666666667"), ("quantile(0.5, g)", "{} 4"), ("stddev(m)", "{} 0.5"),
        ("topk(1, g)", "g{d=\"x\", i=\"2\"} 9"), ("bottomk(1, g)", "g{d=\"y\", i=\"2\"} 1"), ("group(g)", "{} 1"),
        ("count_values(\"v\", m)", "{v=\"2\"} 1; {v=\"3\"} 1"),
        ("g > 3", "g{d=\"x\", i=\"1\"} 4; g{d=\"x\", i=\"2\"} 9"),
        ("g > bool 3", "{d=\"x\", i=\"1\"} 1; {d=\"x\", i=\"2\"} 1; {d=\"y\", i=\"2\"} 0"),
        ("g * on (i) group_left () m", "{d=\"x\", i=\"1\"} 8; {d=\"x\", i=\"2\"} 27; {d=\"y\", i=\"2\"} 3"),
        ("m and g", ""), ("m and on (i) g{d=\"y\"}", "m{i=\"2\"} 3"), ("m unless on (i) g{d=\"y\"}", "m{i=\"1\"} 2"),
        ("m or on (i) g", "m{i=\"1\"} 2; m{i=\"2\"} 3"), ("m + m", "{i=\"1\"} 4; {i=\"2\"} 6"),
        ("absent(nope{a=\"b\"})", "{a=\"b\"} 1"), ("absent(m)", ""),
        ("label_replace(m{i=\"1\"}, \"j\", \"x$1\", \"i\", \"(.*)\")", "m{i=\"1\", j=\"x1\"} 2"),
        ("max_over_time(c{i=\"2\"}[5m])", "{i=\"2\"} 90"), ("avg_over_time(m{i=\"1\"}[5m])", "{i=\"1\"} 2"),
        ("max_over_time(rate(c{i=\"1\"}[1m])[5m:1m])", "{i=\"1\"} 1"),
        ("m offset 10m", "m{i=\"1\"} 2; m{i=\"2\"} 3"), ("c{i=\"1\"} @ 60", "c{i=\"1\"} 60"),
        ("scalar(m{i=\"1\"})", "2"), ("vector(7)", "{} 7"), ("round(m{i=\"1\"} / 3, 0.1)", "{i=\"1\"} 0.7"),
        ("clamp(g, 2, 5)", "{d=\"x\", i=\"1\"} 4; {d=\"x\", i=\"2\"} 5; {d=\"y\", i=\"2\"} 2"),
        ("-m", "{i=\"1\"} -2; {i=\"2\"} -3"), ("irate(c{i=\"1\"}[5m])", "{i=\"1\"} 1"),
        ("sort_desc(m)", "m{i=\"2\"} 3; m{i=\"1\"} 2"),
    ])
    func values(text: String, expected: String) throws { #expect(try value(text) == expected) }

    @Test func theLookbackIsOpenAtFiveMinutes() throws {
        #expect(try value("m", at: 600_000 + 299_999) != "")
        #expect(try value("m", at: 600_000 + 300_000) == "")
    }

    @Test func ambiguousMatchesAreErrors() {
        #expect(throws: EvaluationFailure.self) { try value("g * on (i) m") }
        #expect(throws: EvaluationFailure.self) { try value("m * on (i) group_left () g") }
    }

    @Test func aWindowThatIsNotFullIsLeftOutAndReportedOnlyWhenAsked() throws {
        var samples = Samples()
        samples.load(["__name__": "c"], step: 1_000, (0...10).map { Double($0) })
        var options = EvaluationOptions()
        options.requireFullWindows = true
        var strict = Evaluator(source: samples, at: 10_000, options: options)
        #expect(try strict.evaluate(try Expr(parsing: "rate(c[1m])")) == .vector([]))
        #expect(strict.unfilled.first?.missing == 47_000)
        var evidence = Evaluator(source: samples, at: 10_000, options: options)
        #expect(try evidence.evaluate(try Expr(parsing: "increase(c[1m]) > 0")).vector(at: 0).count == 1)
        var plain = Evaluator(source: samples, at: 10_000)
        #expect(try plain.evaluate(try Expr(parsing: "rate(c[1m])")).vector(at: 0).count == 1)
        var full = Evaluator(source: samples, at: 10_000, options: options)
        #expect(try full.evaluate(try Expr(parsing: "rate(c[10s])")).vector(at: 0).count == 1)
    }

    @Test func aRangeEqualsItsInstants() throws {
        let source = Self.source()
        for text in ["rate(c[1m])", "sum by (i) (g) * 2", "max_over_time(c[2m:30s])", "c > 50", "m offset 1m"] {
            let expression = try Expr(parsing: text)
            let range = try RangeEvaluation.evaluate(
                expression, source: source, start: 120_000, end: 540_000, step: 30_000)
            var byTime: [Milliseconds: [Labels: Double]] = [:]
            for series in range {
                for (time, value) in zip(series.timestamps, series.values) {
                    byTime[time, default: [:]][series.labels] = value
                }
            }
            for time in stride(from: Milliseconds(120_000), through: 540_000, by: 30_000) {
                var evaluator = Evaluator(source: source, at: time)
                let instant = try evaluator.evaluate(expression).vector(at: time)
                let expected = Dictionary(uniqueKeysWithValues: instant.map { ($0.labels, $0.value) })
                #expect(byTime[time] ?? [:] == expected, "\(text) at \(time)")
            }
        }
    }

    @Test func evaluationCanBeStoppedAndBounded() throws {
        var options = EvaluationOptions()
        options.shouldStop = { true }
        var stopped = Evaluator(source: Self.source(), at: 0, options: options)
        #expect(throws: EvaluationFailure.cancelled) { try stopped.evaluate(try Expr(parsing: "m")) }
        options = EvaluationOptions()
        options.maximumSamples = 3
        var bounded = Evaluator(source: Self.source(), at: 600_000, options: options)
        #expect(throws: EvaluationFailure.tooManySamples(3)) { try bounded.evaluate(try Expr(parsing: "c[5m]")) }
    }
}
