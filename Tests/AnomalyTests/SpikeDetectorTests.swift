import Anomaly
import TestKit
import Testing

@Suite struct SpikeDetectorTests {
    private func learned(_ seed: UInt64 = 1, floor: Double = 0.5) -> (SpikeDetector, SeededRandom) {
        var settings = SpikeDetector.Settings()
        settings.absoluteFloor = floor
        var detector = SpikeDetector(settings: settings)
        var random = SeededRandom(seed)
        for _ in 0..<1_000 { _ = detector.push(40 + Double.random(in: -3...3, using: &random)) }
        return (detector, random)
    }

    @Test func aSpikeScoresAndAnOrdinaryValueDoesNot() throws {
        var (detector, _) = learned()
        var copy = detector
        let ordinary = detector.push(41)
        #expect(try #require(ordinary).score < 0.2)
        let pushed = copy.push(95)
        let spike = try #require(pushed)
        #expect(spike.score > 0.6)
        #expect(!spike.expected.contains(95))
        #expect(spike.expected.contains(40))
    }

    @Test func nothingIsSaidWhileLearning() throws {
        var detector = SpikeDetector()
        for step in 0..<700 {
            let pushed = detector.push(step == 600 ? 1e6 : 1)
            let verdict = try #require(pushed)
            #expect(verdict.score == 0)
            #expect(verdict.learning < 1)
        }
    }

    @Test func quietSeriesDoNotAlarmOverNothing() throws {
        var settings = SpikeDetector.Settings()
        settings.absoluteFloor = 0.5
        var detector = SpikeDetector(settings: settings)
        for _ in 0..<1_000 { _ = detector.push(0) }
        let pushed = detector.push(0.01)
        #expect(try #require(pushed).score < 0.1)
    }

    @Test func falseAlarmsAreRareOnNoise() {
        var (detector, random) = learned(9)
        var alarms = 0
        for _ in 0..<20_000 {
            if let verdict = detector.push(40 + Double.random(in: -3...3, using: &random)), verdict.score > 0.5 {
                alarms += 1
            }
        }
        #expect(alarms == 0)
    }

    /// What was said of the past does not depend on the future, and a copy of the memory goes on as the original.
    @Test func theStateIsAllThereIs() {
        var (detector, random) = learned(4)
        var twin = SpikeDetector(settings: detector.settings, state: detector.state)
        for _ in 0..<100 {
            let value = Double.random(in: 0...100, using: &random)
            let (own, other) = (detector.push(value), twin.push(value))
            #expect(own == other)
        }
    }

    @Test func aLongGapBeginsTheLevelAnew() throws {
        var (detector, _) = learned()
        let pushed = detector.push(90, missing: 50)
        #expect(try #require(pushed).score < 0.5)
        let nothing = detector.push(.nan)
        #expect(nothing == nil)
    }
}
