import Glibc
import PromQL
import TestKit
import Testing
import TimeSeries
import TocsinModel

/// The same data and the same random expressions in a real Prometheus and in our engine.
@Suite struct PromQLDifferentialTests {
    /// Where Prometheus 2.42, the one at hand, differs from 3.x, which we follow. The data keeps clear of the differences
    /// at the left end of windows and at the end of the lookback: no sample lies there.
    private static let knownDifferences: [(reason: String, applies: @Sendable (String) -> Bool)] = [
        ("3.x drops the metric name for atan2 (prometheus#12595)", { $0.contains("atan2") }),
        (
            "3.x propagates infinity and NaN through averages and deviations where 2.42 loses or invents them",
            { $0.contains("std") || ($0.contains("avg") && $0.contains("odd")) }
        ),
        (
            "3.x extrapolates a counter that begins near zero after it has applied the threshold, 2.42 before",
            { text in
                ["rate(", "increase("].contains { text.contains($0) }
                    && ["sparse", "reset", "odd", "__name__"].contains { text.contains($0) }
            }
        ),
        (
            "2.42 loses points of predict_linear over a window pinned with @ after the first step of a range",
            { $0.contains("predict_linear") && $0.contains("@") }
        ),
        (
            "the left end of a subquery within a subquery falls on a step, which 3.x leaves out",
            { $0.split(separator: "]").count { $0.contains("[") && $0.contains(":") } > 1 }
        ),
        (
            "which of equal elements topk and bottomk keep is left open",
            { $0.contains("topk") || $0.contains("bottomk") }
        ),
        (
            "the parts of the date of NaN and infinity are NaN here, and what the conversion leaves there",
            { text in
                ["hour(", "minute(", "year(", "month(", "day_of", "days_in"].contains { text.contains($0) }
            }
        ),
        (
            "the last bit of pow, exp and trigonometry belongs to the mathematical library; `%` and texts show it",
            { $0.contains("%") || $0.contains("count_values") }
        ),
    ]

    /// In CI nothing may be skipped.
    private static var mustBeThere: Bool { getenv("CI") != nil }

    /// `TOCSIN_EXPRESSIONS` gives another number, `TOCSIN_SEED` another seed.
    private static func number(_ name: String, _ usual: Int) -> Int {
        getenv(name).flatMap { Int(String(cString: $0)) } ?? usual
    }

    @Test(.enabled(if: PrometheusServer.isInstalled || mustBeThere, "prometheus is not installed"))
    func agreesWithPrometheus() throws {
        let seed = UInt64(Self.number("TOCSIN_SEED", 1))
        let data = DifferentialData(seed: seed)
        let started = PrometheusServer(openMetrics: data.openMetrics)
        let server = try #require(started, "prometheus does not start")
        let store = SeriesStore(limits: .init(retention: .max, bytes: .max, series: .max), shards: 2)
        for (labels, samples) in data.series {
            for (time, value) in samples { store.append(labels, value, at: time) }
        }
        var generator = ExpressionGenerator(seed: seed)
        var failures: [String] = []
        var known: [String: Int] = [:]
        var compared = 0
        for _ in 0..<Self.number("TOCSIN_EXPRESSIONS", 3_000) {
            let text = generator.expression()
            let expression = try Expr(parsing: text)
            for difference in [
                try Self.compareInstant(text, expression, store, server),
                try Self.compareRange(text, expression, store, server),
            ] {
                compared += 1
                guard let difference else { continue }
                if let reason = Self.knownDifferences.first(where: { $0.applies(text) })?.reason {
                    known[reason, default: 0] += 1
                    if getenv("TOCSIN_VERBOSE") != nil { print("known: \(text)\n    \(difference)") }
                } else {
                    failures.append("\(text)\n    \(difference)")
                }
            }
        }
        #expect(failures.isEmpty, "\(failures.count) of \(compared): \(failures.prefix(12).joined(separator: "\n"))")
        // What is excused must stay rare, or it would hide the rest.
        #expect(known.values.reduce(0, +) * 20 < compared, "\(known)")
    }

    private static let end = DifferentialData.start + Milliseconds(DifferentialData.count) * DifferentialData.interval

    private static func compareInstant(
        _ text: String, _ expression: Expr, _ store: SeriesStore, _ server: PrometheusServer
    ) throws -> String? {
        let time = end - 100_000 + 500
        let theirs = try server.query(text, at: time)
        var evaluator = Evaluator(source: store, at: time)
        do {
            let value = try evaluator.evaluate(expression)
            let ours = Dictionary(
                value.vector(at: time).map { ($0.labels, [($0.at, $0.value)]) }, uniquingKeysWith: { first, _ in first }
            )
            return difference(ours, theirs)
        } catch { return difference(error, theirs) }
    }

    private static func compareRange(
        _ text: String, _ expression: Expr, _ store: SeriesStore, _ server: PrometheusServer
    ) throws -> String? {
        let (start, step): (Milliseconds, Milliseconds) = (DifferentialData.start + 1_500, 97_000)
        let theirs = try server.range(text, start, end, step)
        do {
            let series = try RangeEvaluation.evaluate(expression, source: store, start: start, end: end, step: step)
            let ours = Dictionary(
                series.map { ($0.labels, Array(zip($0.timestamps, $0.values))) },
                uniquingKeysWith: { first, _ in first })
            return difference(ours, theirs).map { "range: " + $0 }
        } catch { return difference(error, theirs).map { "range: " + $0 } }
    }

    private static func difference(_ error: any Error, _ theirs: PrometheusServer.Reply) -> String? {
        if case .failure = theirs { return nil }
        return "we fail with \(error), they answer"
    }

    private static func difference(
        _ ours: [Labels: [(Milliseconds, Double)]], _ reply: PrometheusServer.Reply
    ) -> String? {
        guard case .rows(let theirs) = reply else {
            if case .failure(let reason) = reply { return "they fail with \(reason), we answer" }
            return nil
        }
        for labels in Set(ours.keys).union(theirs.keys).sorted() {
            guard let a = ours[labels] else { return "only they have \(labels)" }
            guard let b = theirs[labels] else { return "only we have \(labels)" }
            if a.map(\.0) != b.map(\.time) { return "\(labels): \(a.count) points here, \(b.count) there" }
            for (x, y) in zip(a, b) where !isAlmost(x.1, y.value) { return "\(labels): \(x.1) here, \(y.value) there" }
        }
        return nil
    }

    /// Equal but for the rounding that another order of summation brings.
    private static func isAlmost(_ a: Double, _ b: Double) -> Bool {
        if a == b || (a.isNaN && b.isNaN) { return true }
        return (a - b).magnitude <= 1e-8 * max(a.magnitude, b.magnitude) || max(a.magnitude, b.magnitude) < 1e-9
    }
}
