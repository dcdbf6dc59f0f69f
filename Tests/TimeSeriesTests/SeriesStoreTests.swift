import TestKit
import Testing
import TimeSeries
import TocsinModel

@Suite struct SeriesStoreTests {
    private func store(_ series: [Labels]) -> SeriesStore {
        let store = SeriesStore()
        for labels in series { store.append(labels, 1, at: 1_000) }
        return store
    }

    private let four: [Labels] = [
        ["__name__": "up", "job": "a", "host": "1"], ["__name__": "up", "job": "b", "host": "2"],
        ["__name__": "up", "job": "b"], ["__name__": "down", "job": "a"],
    ]

    /// Every combination of matchers gives what checking each series one by one gives.
    @Test func selectionEqualsTheNaiveOne() throws {
        let store = store(four)
        let operations: [(LabelMatcher.Operation, String)] = [
            (.equal, "1"), (.equal, ""), (.notEqual, "1"), (.notEqual, ""), (.matches, "1|2"), (.matches, ".*"),
            (.notMatches, "2"), (.notMatches, ".+"),
        ]
        for (first, value) in operations {
            for name in ["up", "down", "neither"] {
                let found = try store.latest(
                    matching: [LabelMatcher("__name__", .equal, name), LabelMatcher("host", first, value)], after: 0,
                    at: 2_000)
                let expected = four.filter { labels in
                    let host = labels["host"] ?? ""
                    let holds: Bool
                    switch (first, value) {
                    case (.equal, _): holds = host == value
                    case (.notEqual, _): holds = host != value
                    case (.matches, "1|2"): holds = host == "1" || host == "2"
                    case (.matches, _): holds = true
                    case (.notMatches, "2"): holds = host != "2"
                    case (.notMatches, _): holds = host.isEmpty
                    }
                    return labels.metricName == name && holds
                }
                #expect(found.map(\.labels).sorted() == expected.sorted(), "\(name) host\(first.rawValue)\(value)")
            }
        }
    }

    @Test func duplicatesAndLateSamplesAreRefusedAndCounted() throws {
        let store = SeriesStore()
        let reference = try #require(store.reference(for: ["__name__": "x"]))
        store.append([(reference, 1)], at: 1_000)
        store.append([(reference, 2)], at: 1_000)
        store.append([(reference, 3)], at: 500)
        let series = try store.series(matching: [], from: 0, through: 5_000)
        #expect(series.first?.values == [1])
        #expect(store.statistics.counters.duplicates == 1)
        #expect(store.statistics.counters.outOfOrder == 1)
    }

    @Test func oldChunksGoAndForgottenSeriesAreMadeAnew() throws {
        let store = SeriesStore(limits: .init(retention: 600_000))
        let labels: Labels = ["__name__": "x"]
        let reference = try #require(store.reference(for: labels))
        for second in 0..<2_000 { store.append([(reference, Double(second))], at: Milliseconds(second) * 1_000) }
        store.enforceLimits(now: 2_000_000)
        let kept = try #require(try store.series(matching: [], from: 0, through: .max / 2).first)
        #expect(kept.timestamps.first! >= 1_400_000 - 240_000)
        #expect(kept.timestamps.last == 1_999_000)
        store.enforceLimits(now: 9_000_000)
        #expect(store.statistics.series == 0)
        #expect(store.append([(reference, 1)], at: 9_000_000) == [reference])
        store.append(labels, 7, at: 9_000_000)
        #expect(try store.latest(matching: [], after: 0, at: 9_000_000).first?.value == 7)
    }

    @Test func pastTheByteBoundRetentionShortensForAllAndSaysSo() throws {
        let store = SeriesStore(limits: .init(retention: 3_600_000, bytes: 40_000))
        var random = SeededRandom(7)
        let references = (0..<20).map { store.reference(for: ["__name__": "x", "n": "\($0)"])! }
        for second in 0..<3_600 {
            store.append(
                references.map { ($0, Double.random(in: 0...1, using: &random)) }, at: Milliseconds(second) * 1_000)
            if second % 60 == 0 { store.enforceLimits(now: Milliseconds(second) * 1_000) }
        }
        store.enforceLimits(now: 3_600_000)
        let statistics = store.statistics
        // What is open cannot go; it is at most a chunk for each series.
        #expect(statistics.bytes <= 40_000 + 20 * 240 * 9)
        let shortened = try #require(statistics.counters.shortenedTo)
        #expect(shortened < 3_600_000)
        let all = try store.series(matching: [], from: 0, through: .max / 2)
        #expect(all.count == 20)
        #expect(all.allSatisfy { $0.timestamps.last == 3_599_000 })
    }

    @Test func seriesBeyondTheLimitAreRefused() {
        let store = SeriesStore(limits: .init(series: 3))
        for number in 0..<5 { store.append(["__name__": "x", "n": "\(number)"], 1, at: 1_000) }
        #expect(store.statistics.series == 3)
        #expect(store.statistics.counters.refusedSeries == 2)
    }

    @Test func readersSeeWholeSamplesWhileAWriterWrites() async throws {
        let store = SeriesStore()
        let references = (0..<50).map { store.reference(for: ["__name__": "x", "n": "\($0)"])! }
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for step in 1...2_000 { store.append(references.map { ($0, Double(step)) }, at: Milliseconds(step)) }
            }
            group.addTask {
                for _ in 0..<200 {
                    let series = (try? store.series(matching: [], from: 0, through: .max / 2)) ?? []
                    for one in series {
                        #expect(zip(one.timestamps, one.values).allSatisfy { Double($0) == $1 })
                    }
                }
            }
        }
    }

    @Test func staleSeriesAreNotTheLatest() throws {
        let store = SeriesStore()
        store.append(["__name__": "x"], 1, at: 1_000)
        store.append(["__name__": "x"], StaleMarker.value, at: 2_000)
        #expect(try store.latest(matching: [], after: 0, at: 3_000).isEmpty)
        #expect(try store.latest(matching: [], after: 0, at: 1_500).count == 1)
    }

    @Test func aMalformedPatternIsAnError() {
        #expect(throws: (any Error).self) {
            try SeriesStore().latest(matching: [LabelMatcher("a", .matches, "(")], after: 0, at: 1)
        }
    }
}
