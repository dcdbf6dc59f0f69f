import FoundationEssentials
import Storage
import TestKit
import Testing
import TimeSeries
import TocsinModel

@Suite struct HistoryTests {
    private let labels: Labels = ["__name__": "m", "instance": "h"]
    private let hour: Milliseconds = 3_600_000

    private func store() -> SeriesStore { SeriesStore(limits: .init(retention: 3_600_000 * 24)) }

    private func values(_ source: some SampleSource, _ through: Milliseconds) throws -> [Double] {
        try source.series(matching: [LabelMatcher("__name__", .equal, "m")], from: 0, through: through)
            .first?.values ?? []
    }

    /// Nothing sealed is lost when the process is killed, and of the head only what came after the last tick.
    @Test func aKilledProcessLosesNoMoreThanTheLastTick() throws {
        let fixture = Fixture()
        var now: Milliseconds = 1_700_000_000_000
        var expected: [Double] = []
        for life in 0..<3 {
            let store = store()
            let keeper = try HistoryKeeper(folder: fixture.path, store: store)
            try keeper.begin(now: now, retention: 24 * hour)
            #expect(try values(store, now) == expected)
            for step in 0..<700 {
                now += 1_000
                let value = Double(life * 1_000 + step)
                store.append(labels, value, at: now)
                expected.append(value)
                if step % 2 == 1 { keeper.tick(now: now) }
                #expect(keeper.fault == nil)
            }
            // One more that no tick sees.
            now += 1_000
            store.append(labels, -1, at: now)
            #expect(try values(try HistoryReader(folder: fixture.path), now) == expected)
        }
    }

    /// After an hour the log begins anew, and what it held is in sealed chunks.
    @Test func theLogBeginsAnewAndNothingIsLost() throws {
        let fixture = Fixture()
        let start: Milliseconds = 1_700_000_000_000
        let store = store()
        let keeper = try HistoryKeeper(folder: fixture.path, store: store)
        try keeper.begin(now: start, retention: 24 * hour)
        var expected: [Double] = []
        for step in 0..<300 {
            let now = start + Milliseconds(step) * 60_000
            store.append(labels, Double(step), at: now)
            expected.append(Double(step))
            keeper.tick(now: now)
        }
        let logs = try FileManager.default.contentsOfDirectory(atPath: fixture.path).filter { $0.hasPrefix("head-") }
        #expect(logs.count == 1)
        #expect(try values(try HistoryReader(folder: fixture.path), .max - 1) == expected)
    }

    @Test func aTornLogIsReadUpToTheTear() throws {
        let fixture = Fixture()
        let start: Milliseconds = 1_700_000_000_000
        let store = store()
        let keeper = try HistoryKeeper(folder: fixture.path, store: store)
        try keeper.begin(now: start, retention: hour)
        for step in 0..<10 {
            store.append(labels, Double(step), at: start + Milliseconds(step) * 1_000)
            keeper.tick(now: start + Milliseconds(step) * 1_000)
        }
        let path = fixture.path + "/head-1.log"
        let bytes = try #require(FileManager.default.contents(atPath: path))
        fixture.write("head-1.log", bytes: Array(bytes.dropLast(3)))
        let again = self.store()
        try HistoryKeeper(folder: fixture.path, store: again).begin(now: start + 20_000, retention: hour)
        #expect(try values(again, .max - 1) == (0..<9).map(Double.init))
    }

    @Test func aDamagedFileIsSetAside() throws {
        let fixture = Fixture()
        fixture.write("series.db", String(repeating: "no database ", count: 1_000))
        let keeper = try HistoryKeeper(folder: fixture.path, store: store())
        #expect(keeper.notice?.contains("set aside") == true)
        try keeper.begin(now: 1_700_000_000_000, retention: hour)
    }

    /// The points of 5 minutes and of an hour are what the samples make of them.
    @Test func longHistoryIsWhatTheSamplesSay() throws {
        let fixture = Fixture()
        let (chunks, _) = try ChunkStore.open(fixture.path + "/series.db")
        let start: Milliseconds = 1_699_999_200_000  // on a full two hours
        var builder = ChunkBuilder()
        var random = SeededRandom(5)
        var samples: [(time: Milliseconds, value: Double)] = []
        for step in 0..<480 {
            let value = step % 50 == 7 ? .nan : Double.random(in: -10...10, using: &random)
            samples.append((start + Milliseconds(step) * 30_000 + 1, value))
            builder.add(labels, value, at: samples[step].time)
        }
        try chunks.save(builder.chunks)
        #expect(try chunks.rollUp(now: start + 4 * hour) == 1)
        #expect(try chunks.rollUp(now: start + 20 * hour) >= 1)
        for step in [Rollup.fine, Rollup.coarse] {
            let found = try chunks.rollups(
                matching: [LabelMatcher("instance", .equal, "h")], step: step, from: start, through: start + 4 * hour)
            let points = try #require(found.first?.points)
            let spans = Dictionary(grouping: samples.filter { !$0.value.isNaN }) { ($0.time - start) / step }
            #expect(points.count == spans.count)
            for point in points {
                let values = try #require(spans[(point.start - start) / step]).map(\.value)
                #expect(point.least == values.min() && point.greatest == values.max())
                #expect(point.count == Double(values.count))
                #expect((point.sum - values.reduce(0, +)).magnitude < 1e-9)
            }
        }
    }

    /// When the samples themselves are gone, their means are still there to be asked for.
    @Test func whatWasThinnedOutCanBeAsked() throws {
        let fixture = Fixture()
        let (chunks, _) = try ChunkStore.open(fixture.path + "/series.db")
        let start: Milliseconds = 1_699_999_200_000
        var builder = ChunkBuilder()
        for step in 0..<960 { builder.add(labels, Double(step / 10), at: start + Milliseconds(step) * 30_000) }
        try chunks.save(builder.chunks)
        let end = start + 8 * hour
        try chunks.rollUp(now: end + 3 * hour)
        try chunks.enforce(HistoryLimits(samples: 2 * hour), now: end)
        let reader = try HistoryReader(folder: fixture.path)
        let values = try self.values(reader, end)
        // Six hours or a little less as means of five minutes, two as they came.
        #expect(values.count > 60 + 240 && values.count < 75 + 480)
        #expect(values.first == 0)
        #expect(values == values.sorted())
        let all = try chunks.rollups(matching: [], step: Rollup.coarse, from: start, through: end)
        #expect(all.first?.points.count == 8)
    }

    @Test func ageAndSizeBoundTheFile() throws {
        let fixture = Fixture()
        let (chunks, _) = try ChunkStore.open(fixture.path + "/series.db")
        var random = SeededRandom(1)
        let start: Milliseconds = 1_700_000_000_000
        for series in 0..<40 {
            var builder = ChunkBuilder()
            for step in 0..<2_000 {
                builder.add(
                    ["__name__": "n", "s": "\(series)"], Double.random(in: 0...1, using: &random),
                    at: start + Milliseconds(step) * 15_000)
            }
            try chunks.save(builder.chunks)
        }
        let now = start + 2_000 * 15_000
        let before = try chunks.usedBytes
        try chunks.enforce(HistoryLimits(samples: now, bytes: before / 2), now: now)
        #expect(try chunks.usedBytes <= before / 2)
        let left = try chunks.series(matching: [], from: 0, through: .max - 1)
        #expect(left.count == 40)
        // The newest stay.
        #expect(left.allSatisfy { $0.timestamps.last == now - 15_000 })
        try chunks.enforce(HistoryLimits(samples: 60_000), now: now + 10 * hour)
        #expect(try chunks.series(matching: [], from: 0, through: .max - 1).isEmpty)
    }
}
