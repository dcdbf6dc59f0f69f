import Anomaly
import Foundation
import TestKit
import Testing

/// What holds for the detectors whatever the series.
@Suite struct DetectorTests {
    private let detector = Detector()

    /// A day and night course with noise, some odd hours, a gap and stamps that come twice.
    private func series(_ seed: UInt64, _ count: Int = 6_000) -> [(time: Double, value: Double)] {
        var random = SeededRandom(seed)
        var time = 1_700_000_000.0
        return (0..<count).map { number in
            time += number == 3_000 ? 7_200 : number % 701 == 700 ? 0 : 300
            var value = 40 + 20 * sin(Double(number) / 288 * 2 * .pi) + Double.random(in: -4...4, using: &random)
            if (4_000..<4_012).contains(number) { value += 90 }
            if (5_000..<5_300).contains(number) { value = 40 }
            return (time, value)
        }
    }

    private func judge(_ series: [(time: Double, value: Double)], _ detector: Detector? = nil) -> [Assessment] {
        var state = DetectorState()
        return series.map { (detector ?? self.detector).push($0.value, at: $0.time, into: &state) }
    }

    @Test func theStateKeepsToItsBudget() {
        #expect(MemoryLayout<DetectorState>.size <= 4_608)
        var state = DetectorState()
        for (time, value) in series(1) { _ = detector.push(value, at: time, into: &state) }
        #expect(state.encoded(.standard).count <= 4_608)
    }

    /// Past scores are the same whatever comes later.
    @Test func theFutureChangesNothing() {
        let whole = series(2)
        let all = judge(whole)
        for cut in [700, 2_999, 4_005, 5_500] {
            var changed = Array(whole[..<cut])
            changed += whole[cut...].map { ($0.time, -1_000 * $0.value) }
            #expect(Array(judge(changed)[..<cut]) == Array(all[..<cut]))
        }
    }

    @Test(arguments: [1_000.0, 0.001, -1, 0x1p40, -0x1p-70, 1e200, 1e-200]) func theUnitChangesNothing(_ scale: Double)
    {
        let plain = judge(series(3))
        let scaled = judge(series(3).map { ($0.time, $0.value * scale) })
        for (a, b) in zip(plain, scaled) {
            #expect(abs(a.novelty - b.novelty) < 1e-6 && abs(a.spike - b.spike) < 1e-6)
        }
    }

    @Test(arguments: [1e6, -1e6, 12_345.678]) func anOffsetChangesNothing(_ offset: Double) {
        // Values that lose nothing to the offset: eighths.
        let base = series(4).map { ($0.time, ($0.value * 8).rounded() / 8) }
        let plain = judge(base)
        let shifted = judge(base.map { ($0.0, $0.1 + offset) })
        for (a, b) in zip(plain, shifted) {
            #expect(abs(a.novelty - b.novelty) < 1e-6 && abs(a.spike - b.spike) < 1e-6)
        }
    }

    /// Saved and restored at any place, it goes on as if nothing had been.
    @Test func aRestartIsNotNoticed() throws {
        let whole = series(5)
        let all = judge(whole)
        var state = DetectorState()
        for (number, one) in whole.enumerated() {
            if number % 97 == 96 {
                state = try #require(DetectorState(decoding: state.encoded(.standard), .standard))
            }
            let assessment = detector.push(one.value, at: one.time, into: &state)
            #expect(assessment == all[number])
        }
    }

    @Test func aDamagedOrForeignStateIsRefused() {
        var state = DetectorState()
        for (time, value) in series(6, 2_000) { _ = detector.push(value, at: time, into: &state) }
        let good = state.encoded(.standard)
        #expect(DetectorState(decoding: good, .standard) != nil)
        var random = SeededRandom(6)
        for _ in 0..<500 {
            var bad = good
            let at = Int.random(in: 0..<bad.count, using: &random)
            bad[at] ^= 1 << UInt8.random(in: 0...7, using: &random)
            #expect(DetectorState(decoding: bad, .standard) == nil, "byte \(at)")
            #expect(DetectorState(decoding: Array(good.prefix(at)), .standard) == nil)
        }
        var other = Tuning()
        other.hold = 99
        #expect(DetectorState(decoding: good, other) == nil)
    }

    @Test func hostileSeriesNeverBreakIt() {
        var random = SeededRandom(7)
        let ugly: [Double] = [
            .nan, .infinity, -.infinity, 0, -0.0, 1e300, -1e300, 1e-300, .leastNonzeroMagnitude,
            .greatestFiniteMagnitude, 1, 1, 1,
        ]
        let kinds: [(String, (Int) -> Double)] = [
            ("constant", { _ in 7 }), ("zero", { _ in 0 }), ("two values", { Double($0 % 2) }),
            ("tiny", { 1e-300 * Double($0 % 17) }), ("huge", { 1e300 * sin(Double($0)) }),
            ("no number", { $0 % 3 == 0 ? .nan : Double($0 % 5) }), ("leap", { $0 < 1_000 ? 1 : 1e300 }),
        ]
        for (name, value) in kinds {
            var state = DetectorState()
            for number in 0..<3_000 {
                let one = detector.push(value(number), at: Double(number) * 60, into: &state)
                #expect(one.novelty.isFinite && one.spike.isFinite, "\(name) \(number)")
                #expect((0...1).contains(one.novelty) && (0...1).contains(one.spike), "\(name) \(number)")
            }
            // It does not stick: an ordinary course afterwards is no news for ever.
            let last = (3_000..<6_000).map { detector.push(value($0 % 997), at: Double($0) * 60, into: &state) }
            #expect(last.suffix(500).count { $0.novelty > 0.5 } < 50, "\(name)")
        }
        var state = DetectorState()
        for _ in 0..<50_000 {
            let value = ugly.randomElement(using: &random)!
            let time = Double.random(in: -1e9...1e9, using: &random)
            let one = detector.push(value, at: Bool.random(using: &random) ? time : state.last + 60, into: &state)
            #expect((0...1).contains(one.novelty) && (0...1).contains(one.spike))
            if let band = one.expected { #expect(!band.low.isNaN && !band.high.isNaN) }
        }
        #expect(DetectorState(decoding: state.encoded(.standard), .standard) != nil)
    }

    @Test func stampsAreTakenOnceAndInOrder() {
        var state = DetectorState()
        for number in 0..<100 { _ = detector.push(Double(number % 7), at: Double(number) * 60, into: &state) }
        let before = state.encoded(.standard).count
        let twice = detector.push(5, at: 99 * 60, into: &state)
        #expect(!twice.isTaken && twice.learning == 100.0 / 750, "a stamp that comes twice")
        #expect(!detector.push(5, at: 10, into: &state).isTaken, "a late one")
        #expect(!detector.push(.nan, at: 1e6, into: &state).isTaken)
        #expect(state.points == 100 && state.step == 60 && state.encoded(.standard).count == before)
        // A clock that was set back for good is followed after a while.
        var taken = 0
        for number in 0..<200 where detector.push(1, at: Double(number), into: &state).isTaken { taken += 1 }
        #expect(taken > 50)
    }

    @Test func theReasonIsNamed() throws {
        var random = SeededRandom(8)
        func learned() -> (DetectorState, Double) {
            var state = DetectorState()
            var time = 0.0
            for number in 0..<4_000 {
                time += 60
                let value = 50 + 10 * sin(Double(number) / 60) + Double.random(in: -1...1, using: &random)
                _ = detector.push(value, at: time, into: &state)
            }
            return (state, time)
        }
        var (state, time) = learned()
        let above = detector.push(120, at: time + 60, into: &state)
        #expect(above.novelty > 0.5)
        let reason = try #require(above.reason)
        #expect(reason == .above, "the value is news by itself; its change and its deviation are too, and say less")
        let band = try #require(above.expected)
        #expect(band.low < band.high)
        #expect(above.noveltySize > 45 && above.spikeSize > 45, "how far it lies off, in the series' own unit")
        let usual = try #require(above.valueBand)
        #expect(usual.low > 20 && usual.high < 80 && usual.high > 60, "what neither channel takes for news")
        (state, time) = learned()
        var reasons: Set<AnomalyReason> = []
        for number in 0..<600 {
            // The course stops: every value has been seen, the pattern has not.
            let one = detector.push(
                50 + (number % 2 == 0 ? 0.3 : -0.3), at: time + 60 * Double(number + 1), into: &state)
            if one.novelty >= 0.3, let reason = one.reason { reasons.insert(reason) }
        }
        #expect(!reasons.isDisjoint(with: [.pattern, .variability]))
    }

    @Test func theNearestEarlierStretchIsFoundWhereItWas() throws {
        var state = DetectorState()
        var random = SeededRandom(8)
        var found = 0
        // A gap of ten steps in the middle moves the clock and not the points.
        for number in 0..<3_000 {
            let time = 60 * Double(number < 1_500 ? number : number + 10)
            let value = 50 + 10 * sin(Double(number) / 240 * 2 * .pi) + Double.random(in: -0.1...0.1, using: &random)
            let one = detector.push(value, at: time, into: &state)
            guard number > 1_700, let near = one.nearest else { continue }
            found += 1
            #expect(near.earlier < near.newest && near.newest < time)
            // Whole periods lie between what is alike: up to one aggregate beside, and the gap where it lies between.
            let steps = (near.newest - near.earlier) / 60 - (near.earlier < 60 * 1_505 ? 10 : 0)
            let beside = abs(steps - (steps / 240).rounded() * 240)
            #expect(beside <= 12, "\(steps) steps at \(number)")
        }
        #expect(found > 1_000)
    }

    @Test func whatIsAcceptedIsNormalFromThenOn() {
        var (accepted, plain) = (DetectorState(), DetectorState())
        var random = SeededRandom(9)
        var time = 0.0
        func feed(_ base: Double, _ count: Int) -> (Double, Double) {
            var worst = (0.0, 0.0)
            for _ in 0..<count {
                time += 60
                let value = base + Double.random(in: -2...2, using: &random)
                worst.0 = max(worst.0, detector.push(value, at: time, into: &accepted).unheldNovelty)
                worst.1 = max(worst.1, detector.push(value, at: time, into: &plain).unheldNovelty)
            }
            return worst
        }
        _ = feed(50, 3_000)
        detector.acceptPresent(&accepted)
        let (quiet, loud) = feed(90, 19)
        #expect(loud > 2 && quiet < loud / 4, "\(quiet), \(loud)")
    }
}
