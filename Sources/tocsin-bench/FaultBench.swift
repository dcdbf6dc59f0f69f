import Anomaly
import ArgumentParser
import Glibc

/// Faults put into recorded series, and which of them the detectors find.
struct FaultBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "faults",
        abstract: "Put faults into recorded series and count what each channel finds, and how late.",
        discussion: """
            FOLDER holds data/CATEGORY/NAME.csv and windows.json. Faults lie outside of the labelled windows. The threshold \
            of each channel is the one that gives the wished false alarms on the untouched series, one for all series; \
            alarms within an hour are one. Both together have half of the false alarms each.
            """)

    @Argument(help: "The folder with data and windows.json.") var folder: String
    @Option(help: "How many faults.") var cases = 600
    @Option(help: "False alarms for each series and day.") var falseAlarms = 0.05
    @Option(help: "Only series whose name holds this, realAWSCloudwatch for the servers' own.") var only = ""
    @Option(help: "The seed.") var seed: UInt64 = 2_026

    private enum Channel: String, CaseIterable {
        case novelty, spike

        func score(_ assessment: Assessment) -> Double { self == .novelty ? assessment.novelty : assessment.spike }
    }

    /// Channels that are asked together, each with its share of the false alarms.
    private struct Way {
        var name: String
        var thresholds: [(channel: Channel, least: Double)]

        func speaks(_ assessment: Assessment) -> Bool {
            thresholds.contains { $0.channel.score(assessment) >= $0.least }
        }
    }

    private struct Outcome {
        var found: [Double?] = []

        var recall: Double { Double(found.count { $0 != nil }) / Double(max(1, found.count)) }

        /// Minutes.
        var delay: Double? {
            let sorted = found.compactMap { $0 }.sorted()
            return sorted.isEmpty ? nil : sorted[sorted.count / 2]
        }
    }

    func run() throws {
        let series = try Nab.read(folder).filter { (only.isEmpty || $0.name.contains(only)) && $0.values.count > 3_000 }
        guard !series.isEmpty else { throw ValidationError("there is no series of more than 3,000 points") }
        let detector = Detector()
        let clean = series.map { Nab.judge($0, detector) }
        func threshold(_ channel: Channel, _ share: Double) -> (Channel, Double) {
            (channel, self.threshold(channel, share, series, clean))
        }
        let ways =
            Channel.allCases.map { Way(name: $0.rawValue, thresholds: [threshold($0, 1)]) } + [
                Way(name: "both", thresholds: Channel.allCases.map { threshold($0, 0.5) })
            ]
        var random = SplitMix(seed: seed)
        var outcomes: [Fault: [Outcome]] = [:]
        for number in 0..<cases {
            let fault = Fault.allCases[number % Fault.allCases.count]
            guard let (recorded, range) = place(fault, series, &random) else { continue }
            let assessments = Nab.judge(recorded, detector)
            var row = outcomes[fault] ?? ways.map { _ in Outcome() }
            for (at, way) in ways.enumerated() {
                let first = (range.lowerBound..<min(recorded.values.count, range.upperBound + 3)).first {
                    way.speaks(assessments[$0])
                }
                row[at].found.append(first.map { (recorded.times[$0] - recorded.times[range.lowerBound]) / 60 })
            }
            outcomes[fault] = row
        }
        report(series, ways, outcomes)
    }

    private func report(_ series: [Nab.Recorded], _ ways: [Way], _ outcomes: [Fault: [Outcome]]) {
        let days = series.reduce(0) { $0 + Self.days($1) }
        let placed = outcomes.values.reduce(0) { $0 + ($1.first?.found.count ?? 0) }
        print(
            "\(placed) faults in \(series.count) series of \(Int(days)) days, \(falseAlarms) false alarms a series and day"
        )
        for (at, way) in ways.enumerated() {
            let bars = way.thresholds.map { fixed($0.least, 3) }.joined(separator: " and ")
            print("\(way.name), threshold \(bars): recall (median delay in minutes)")
            var all = Outcome()
            for fault in Fault.allCases {
                guard let outcome = outcomes[fault]?[at] else { continue }
                all.found += outcome.found
                let delay = outcome.delay.map { fixed($0, 0) } ?? "–"
                print("  \(fault.rawValue): \(fixed(outcome.recall, 2)) (\(delay)) of \(outcome.found.count)")
            }
            print("  all: \(fixed(all.recall, 2))")
        }
    }

    private static func days(_ series: Nab.Recorded) -> Double {
        ((series.times.last ?? 0) - (series.times.first ?? 0)) / 86_400
    }

    /// The least score with no more than the wished false alarms on untouched series.
    private func threshold(
        _ channel: Channel, _ share: Double, _ series: [Nab.Recorded], _ clean: [[Assessment]]
    ) -> Double {
        var scores: [(score: Double, series: Int, time: Double)] = []
        for (number, one) in series.enumerated() {
            for row in one.labelled.probation..<one.values.count
            where !one.labelled.windows.contains(where: { $0.contains(row) }) {
                let score = channel.score(clean[number][row])
                if score > 0.01 { scores.append((score, number, one.times[row])) }
            }
        }
        scores.sort { $0.score > $1.score }
        let allowed = series.reduce(0) { $0 + Self.days($1) } * falseAlarms * share
        var alarms: [Int: [Double]] = [:]
        var count = 0
        for one in scores {
            if alarms[one.series]?.contains(where: { abs($0 - one.time) < 3_600 }) != true {
                count += 1
                if Double(count) > allowed { return one.score.nextUp }
            }
            alarms[one.series, default: []].append(one.time)
        }
        return scores.last?.score ?? 1
    }

    /// A copy of a series with a fault in it, where nothing else is labelled.
    private func place(
        _ fault: Fault, _ series: [Nab.Recorded], _ random: inout SplitMix
    ) -> (Nab.Recorded, Range<Int>)? {
        for _ in 0..<200 {
            guard let one = series.randomElement(using: &random) else { return nil }
            let perDay = Double(one.values.count) / max(1, Self.days(one))
            let length = fault.length(pointsPerDay: perDay, &random)
            let from = max(1_500, Int(perDay))
            guard one.values.count - length - 20 > from else { continue }
            let start = Int.random(in: from..<(one.values.count - length - 20), using: &random)
            let range = start..<(start + length)
            // Far enough from what is labelled that neither hides the other.
            let wide = max(0, range.lowerBound - 150)...(range.upperBound + 10)
            guard !one.labelled.windows.contains(where: { $0.overlaps(wide) }) else { continue }
            let sorted = one.values.sorted()
            let usual = sorted[sorted.count * 95 / 100] - sorted[sorted.count * 5 / 100]
            guard usual > 0 else { continue }
            var values = one.values
            fault.inject(into: &values, range, usual: usual, pointsPerDay: Int(perDay), &random)
            return (Nab.Recorded(name: one.name, times: one.times, values: values, labelled: one.labelled), range)
        }
        return nil
    }
}
