import TestKit
import Testing
import TimeSeries
import TocsinModel

@Suite struct RecordingTests {
    @Test func theLogHoldsEverySample() {
        let store = SeriesStore(limits: .none)
        store.beginRecording()
        var random = SeededRandom(9)
        var expected: [HeadLog.Entry] = []
        let names: [Labels] = (0..<20).map { ["__name__": "m", "n": "\($0)", "ü": "\u{1F600}"] }
        var bytes: [UInt8] = []
        for step in 0..<200 {
            let time = Milliseconds(step) * 1_000 - 50_000
            var batch: [(SeriesStore.Reference, Double)] = []
            for (number, labels) in names.enumerated() where Int.random(in: 0..<3, using: &random) > 0 {
                guard let reference = store.reference(for: labels) else { continue }
                let value: Double = [0, 1, .nan, .infinity, Double(step) / 7, Double(number)].randomElement(
                    using: &random)!
                batch.append((reference, value))
                expected.append(.init(labels: labels, time: time, value: value))
            }
            store.append(batch, at: time)
            bytes += store.takeLog(restarting: step == 120)
        }
        var found: [HeadLog.Entry] = []
        #expect(HeadLog.read(bytes) { found += $0 } == bytes.count)
        #expect(found.count == expected.count)
        #expect(
            zip(found, expected).allSatisfy {
                $0.labels == $1.labels && $0.time == $1.time && $0.value.bitPattern == $1.value.bitPattern
            })
        // Wherever it is cut, what comes before the cut is good.
        for cut in stride(from: 0, to: bytes.count, by: 97) {
            var part: [HeadLog.Entry] = []
            HeadLog.read(Array(bytes[..<cut])) { part += $0 }
            #expect(zip(part, expected).allSatisfy { $0.time == $1.time && $0.labels == $1.labels })
        }
    }

    @Test func rollupsRoundTrip() {
        let points = (0..<50).map { number in
            RollupPoint(
                start: Milliseconds(number) * Rollup.fine, least: -Double(number), greatest: Double(number) * 1.5,
                sum: 0.1 * Double(number), count: 20)
        }
        let bytes = Rollup.encode(points)
        #expect(Rollup.decode(bytes) == points)
        #expect(Rollup.decode(Array(bytes.dropLast(8))) == nil)
        #expect(Rollup.decode([]) == nil)
    }

    /// A source that makes up labels is bounded, others are not touched, and the metric that fills it is named.
    @Test func aSourceThatMakesUpLabelsIsBoundedAndNamed() {
        let store = SeriesStore(limits: .init(seriesPerSource: 50))
        for number in 0..<200 {
            store.append(["__name__": "sessions", "instance": "bad", "user": "\(number)"], 1, at: 1_000)
            store.append(["__name__": "load", "instance": "host-\(number)"], 1, at: 1_000)
        }
        store.append(["__name__": "up", "instance": "bad"], 1, at: 1_000)
        store.enforceLimits(now: 2_000)
        let refusals = store.statistics.refusals
        #expect(refusals.map(\.source) == ["bad"])
        #expect(refusals.first?.metric == "sessions" && refusals.first?.metricSeries == 50)
        #expect(refusals.first?.refused == 151)
        #expect(store.statistics.series == 250)
        // What is dropped makes room again.
        store.enforceLimits(now: 10_000_000)
        store.append(["__name__": "up", "instance": "bad"], 1, at: 10_000_000)
        #expect(store.statistics.series == 1)
    }

    /// Writing, reading, sealing, logging and dropping at once; the thread sanitizer looks on in `.ci/tsan`.
    @Test func everythingAtOnce() async throws {
        let store = SeriesStore(limits: .init(retention: 200_000, seriesPerSource: 300))
        store.beginRecording()
        let matchers = [LabelMatcher("__name__", .matches, "m[0-4]"), LabelMatcher("instance", .notEqual, "i9")]
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<2 {
                group.addTask {
                    let references = (0..<50).compactMap {
                        store.reference(for: ["__name__": "m\($0 % 10)", "instance": "i\(writer)", "n": "\($0)"])
                    }
                    for step in 0..<500 {
                        store.append(references.map { ($0, Double(step)) }, at: Milliseconds(step) * 1_000)
                        store.append(["__name__": "new", "n": "\(writer)-\(step)"], 1, at: Milliseconds(step) * 1_000)
                    }
                }
            }
            group.addTask {
                for step in 0..<200 {
                    let block = try? store.samples(matching: matchers, from: 0, through: .max - 1)
                    #expect(block?.values.allSatisfy { $0 >= 0 && $0 < 500 } == true)
                    _ = try? store.latest(matching: matchers, after: 0, at: Milliseconds(step) * 2_000)
                }
            }
            group.addTask {
                for step in 0..<100 {
                    store.seal(idleSince: step % 10 == 0 ? nil : 50_000)
                    _ = store.takeSealed()
                    HeadLog.read(store.takeLog(restarting: step % 7 == 0)) { _ in }
                    store.enforceLimits(now: Milliseconds(step) * 4_000)
                    _ = store.statistics
                }
            }
        }
        #expect(store.statistics.counters.appended > 0)
    }

    @Test func chunksComeBackBeforeWhatCameSince() throws {
        var builder = ChunkBuilder()
        for step in 0..<500 { builder.add(["__name__": "m"], Double(step), at: Milliseconds(step) * 1_000) }
        let store = SeriesStore(limits: .none)
        store.append(["__name__": "m"], 500, at: 500_000)
        store.restore(builder.chunks)
        store.append(["__name__": "m"], 501, at: 501_000)
        let found = try store.series(matching: [LabelMatcher("__name__", .equal, "m")], from: 0, through: 1_000_000)
        #expect(found.first?.values == (0...501).map(Double.init))
        #expect(found.first?.bornAt == 0)
        // Put back twice changes nothing.
        store.restore(builder.chunks)
        #expect(try store.series(matching: [], from: 0, through: 1_000_000) == found)
    }
}
