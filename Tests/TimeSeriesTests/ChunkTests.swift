import TestKit
import Testing
import TimeSeries
import TocsinModel

@Suite struct ChunkTests {
    /// Every value and time that goes in comes out, bit for bit, whatever they are.
    @Test(arguments: 0..<40)
    func roundTrip(seed: Int) throws {
        var random = SeededRandom(UInt64(seed))
        let store = SeriesStore(limits: .init(retention: .max / 4), shards: 1)
        let labels: Labels = ["__name__": "x"]
        let reference = try #require(store.reference(for: labels))
        var times: [Milliseconds] = []
        var values: [Double] = []
        var time: Milliseconds = Milliseconds.random(in: -1_000_000...1_000_000, using: &random)
        var value = 0.0
        for _ in 0..<1_000 {
            switch seed % 4 {
            case 0: time += 1_000
            case 1: time += Milliseconds.random(in: 1...20_000, using: &random)
            case 2: time += Milliseconds.random(in: 1...(1 << 30), using: &random)
            default: time += 15_000 + Milliseconds.random(in: -3...3, using: &random)
            }
            switch seed % 5 {
            case 0: value += 1
            case 1: value = Double.random(in: -1e9...1e9, using: &random)
            case 2: value = Double(bitPattern: UInt64.random(in: .min ... .max, using: &random))
            case 3: value = [0, -0.0, .nan, .infinity, -.infinity, StaleMarker.value].randomElement(using: &random)!
            default: value = Double(Int.random(in: 0...3, using: &random))
            }
            store.append([(reference, value)], at: time)
            times.append(time)
            values.append(value)
        }
        let out = try #require(try store.series(matching: [], from: .min / 2, through: .max / 2).first)
        #expect(out.timestamps == times)
        #expect(out.values.map(\.bitPattern) == values.map(\.bitPattern))
    }

    @Test func regularSamplesOfAConstantCostTwoBits() {
        let store = SeriesStore(shards: 1)
        let reference = store.reference(for: ["__name__": "x"])!
        for step in 0..<240 { store.append([(reference, 42)], at: Milliseconds(step) * 1_000) }
        #expect(store.statistics.bytes <= 16 + 240 * 2 / 8 + 8)
    }

    @Test func damagedBytesEndTheDecodingAndSaySo() {
        let chunk = Chunk(bytes: [1, 2, 3], count: 240, first: 0, last: 1)
        var times: [Milliseconds] = []
        var values: [Double] = []
        #expect(!chunk.decode(from: .min, through: .max, times: &times, values: &values))
    }
}
