import Anomaly
import TestKit
import Testing

@Suite struct BudgetTests {
    /// Scores of a series whose strong ones come far more often than is wished for.
    private func alarms(perWeek: Double, weeks: Int, seed: UInt64, often: Double) -> [Int] {
        var random = SeededRandom(seed)
        var budget = AlarmBudget()
        let points = 10_080
        return (0..<weeks).map { _ in
            (0..<points).count { _ in
                let isStrong = Double.random(in: 0...1, using: &random) < often
                let score = isStrong ? Double.random(in: 0.5...0.98, using: &random) : 0
                return budget.take(score, after: 1 / Double(points), perWeek: perWeek)
            }
        }
    }

    @Test(arguments: [0.5, 1, 5]) func theThresholdFollowsTheWish(_ perWeek: Double) {
        let weeks = alarms(perWeek: perWeek, weeks: 60, seed: 1, often: 0.01)
        let later = weeks.suffix(40).reduce(0, +)
        #expect(Double(later) / 40 < perWeek * 1.5, "\(weeks)")
        #expect(Double(later) / 40 > perWeek * 0.3, "\(weeks)")
        // Without a budget it would be a hundred a week.
        #expect(alarms(perWeek: 1e6, weeks: 5, seed: 1, often: 0.01).allSatisfy { $0 > 50 })
    }

    @Test func aQuietSeriesKeepsTheFloor() {
        var budget = AlarmBudget()
        for _ in 0..<5 { _ = budget.take(0.1, after: 1, perWeek: 1) }
        #expect(budget.threshold == 0.5)
        let began = budget.take(0.6, after: 1, perWeek: 1)
        #expect(began && budget.isActive)
        #expect(budget.threshold > 0.5)
    }

    @Test func anAlarmLastsUntilItIsCalm() {
        var budget = AlarmBudget()
        let began = budget.take(0.9, after: 0, perWeek: 1)
        #expect(began)
        for _ in 0..<20 { _ = budget.take(0.6, after: 0, perWeek: 1) }
        #expect(budget.isActive, "above half of what it began with")
        for _ in 0..<4 { _ = budget.take(0.1, after: 0, perWeek: 1) }
        #expect(budget.isActive)
        _ = budget.take(0.1, after: 0, perWeek: 1)
        #expect(!budget.isActive)
        let before = budget.threshold
        budget.refuse()
        #expect(budget.threshold > before)
        #expect(AlarmBudget(budget.numbers) == budget)
        #expect(AlarmBudget([.nan, 0, 0]) == AlarmBudget() && AlarmBudget([1]) == AlarmBudget())
    }

    @Test func theBinomialTail() {
        // 1 - (1 - p)^n - n p (1 - p)^(n - 1) for two or more.
        func two(_ n: Double, _ p: Double) -> Double {
            var none = 1.0
            for _ in 0..<Int(n) { none *= 1 - p }
            return 1 - none - n * p * none / (1 - p)
        }
        for (n, p) in [(10.0, 0.01), (40, 0.001), (500, 0.0005)] {
            let decades = GroupTest.decades(2, of: Int(n), rate: p)
            var expected = two(n, p)
            var found = 1.0
            for _ in 0..<Int(decades) { found /= 10 }
            // Within the decade and then within a thousandth.
            expected /= found
            #expect(expected <= 1 && expected > 0.1)
        }
        #expect(GroupTest.decades(0, of: 10, rate: 0.1) == 0)
        #expect(GroupTest.decades(1, of: 10, rate: 0.5) == 0, "fewer than usual")
        #expect(GroupTest.decades(10, of: 10, rate: 0.1) > 9.9)
        #expect(GroupTest.decades(5_000, of: 5_000, rate: 1e-9).isFinite)
        #expect(GroupTest.decades(8, of: 40, rate: 0.001) > 12)
        #expect(abs(GroupTest.score(4) - 0.5) < 1e-9)
    }

    @Test func theSlabKeepsEverySeriesApart() {
        let slab = DetectorSlab()
        let detector = Detector()
        let places = (0..<300).map { _ in slab.add() }
        #expect(Set(places).count == 300)
        var alone = DetectorState()
        for number in 0..<200 {
            let time = Double(number) * 60
            for place in places { _ = detector.push(Double(place + number % 7), at: time, into: &slab[place]) }
            _ = detector.push(Double(42 + number % 7), at: time, into: &alone)
        }
        #expect(slab[42].encoded(.standard) == alone.encoded(.standard))
        slab.remove(7)
        #expect(slab.add() == 7 && slab[7].points == 0)
    }
}
