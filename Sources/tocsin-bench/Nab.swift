import Anomaly
import ArgumentParser
import Exposition
import FoundationEssentials
import Glibc

/// The detectors on labelled series of the Numenta Anomaly Benchmark.
struct Nab: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Score the novelty channel on series of the Numenta Anomaly Benchmark.",
        discussion: """
            FOLDER holds data/CATEGORY/NAME.csv and windows.json, the labelled windows by file, as that benchmark has \
            them. Three profiles, each at its best threshold and at 0.5; then every constant shaken by a fifth.
            """)

    @Argument(help: "The folder with data and windows.json.") var folder: String
    @Option(help: "How many times every constant is shaken by up to 20 %, each by its own share.") var jitter = 60
    @Option(help: "Another number for a constant, as growth=2; may be given again.") var set: [String] = []
    @Flag(help: "Name the best score of every window, and what is found beside them.") var detail = false

    func run() throws {
        let tuning = try changed()
        let series = try Self.read(folder)
        let labelled = series.map(\.labelled)
        let begun = Self.cpuSeconds()
        let judged = series.map { Self.judge($0, Detector(tuning)) }
        let seconds = Self.cpuSeconds() - begun
        let points = series.reduce(0) { $0 + $1.values.count }
        print("\(series.count) series, \(points) points, \(labelled.reduce(0) { $0 + $1.windows.count }) windows")
        print(
            "both channels: \(fixed(seconds / Double(points) * 1e6, 2)) µs a point; \(Self.stateBytes) bytes a series")
        print("profile          best at     score   at 0.5    spike channel")
        for profile in NabScore.Profile.all {
            let score = NabScore(labelled, judged.map { $0.map(\.novelty) }, profile)
            let spike = NabScore(labelled, judged.map { $0.map(\.spike) }, profile)
            let best = score.best
            print(
                [
                    profile.name + String(repeating: " ", count: max(1, 17 - profile.name.count)),
                    fixed(best.threshold, 3), fixed(best.score, 2), fixed(score.score(at: 0.5), 2),
                    fixed(spike.best.score, 2),
                ].joined(separator: "\t"))
        }
        if detail { tell(series, judged) }
        if jitter > 0 { shake(tuning, series, labelled) }
    }

    /// The constants with those of `--set`.
    private func changed() throws -> Tuning {
        var tuning = Tuning()
        for change in set {
            let parts = change.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let number = Double(parts[1]),
                let field = Tuning.fields.first(where: { $0.name == parts[0] })
            else {
                let names = Tuning.fields.map(\.name).joined(separator: ", ")
                throw ValidationError("--set \(change): NAME=NUMBER with a name of \(names)")
            }
            tuning[keyPath: field.path] = number
        }
        return tuning
    }

    private static var stateBytes: Int { MemoryLayout<DetectorState>.size }

    /// How much hangs on the constants.
    private func shake(_ standard: Tuning, _ series: [Recorded], _ labelled: [NabScore.Labelled]) {
        var random = SplitMix(seed: 2_026)
        var (own, fixedThreshold): ([Double], [Double]) = ([], [])
        for _ in 0..<jitter {
            var tuning = standard
            for field in Tuning.fields where field.isShaken {
                tuning[keyPath: field.path] *= Double.random(in: 0.8...1.2, using: &random)
            }
            let detector = Detector(tuning)
            let scores = series.map { Self.judge($0, detector).map(\.novelty) }
            let score = NabScore(labelled, scores, NabScore.Profile.all[0])
            own.append(score.best.score)
            fixedThreshold.append(score.score(at: 0.5))
        }
        own.sort()
        fixedThreshold.sort()
        func line(_ all: [Double]) -> String {
            "median \(fixed(all[all.count / 2], 2)), \(fixed(all[0], 2)) to \(fixed(all[all.count - 1], 2))"
        }
        print("every constant shaken by up to 20 %, \(jitter) times, standard profile:")
        print("  at its own best threshold: \(line(own))")
        print("  at 0.5:                    \(line(fixedThreshold))")
    }

    private func tell(_ series: [Recorded], _ judged: [[Assessment]]) {
        for (one, assessments) in zip(series, judged) {
            print(one.name)
            for window in one.labelled.windows {
                let best = window.max { assessments[$0].novelty < assessments[$1].novelty } ?? window.lowerBound
                let found = assessments[best]
                print("  window \(window): \(fixed(found.novelty, 3)) in row \(best) \(found.reason?.rawValue ?? "")")
            }
            let outside = assessments.indices.filter { row in
                row >= one.labelled.probation && assessments[row].novelty >= 0.5
                    && !one.labelled.windows.contains { $0.contains(row) }
            }
            for row in outside {
                print(
                    "  beside: \(fixed(assessments[row].novelty, 3)) in row \(row) \(assessments[row].reason?.rawValue ?? "")"
                )
            }
        }
    }

    struct Recorded {
        let name: String
        let times: [Double]
        let values: [Double]
        let labelled: NabScore.Labelled
    }

    static func judge(_ series: Recorded, _ detector: Detector) -> [Assessment] {
        var state = DetectorState()
        return zip(series.times, series.values).map { detector.push($1, at: $0, into: &state) }
    }

    static func read(_ folder: String) throws -> [Recorded] {
        guard let json = FileManager.default.contents(atPath: folder + "/windows.json") else {
            throw ValidationError("\(folder)/windows.json cannot be read")
        }
        let windows = try JSONDecoder().decode([String: [[String]]].self, from: json)
        return try windows.sorted { $0.key < $1.key }.map { name, labels in
            guard let data = FileManager.default.contents(atPath: "\(folder)/data/\(name)") else {
                throw ValidationError("\(folder)/data/\(name) cannot be read")
            }
            var csv = SeriesCSV()
            var rows: [SeriesCSV.Row] = []
            for line in Array(data).split(separator: 10) { if let row = try csv.read(line) { rows.append(row) } }
            let ranges = try labels.map { ends in
                let stamps = ends.map { String($0.prefix(19)) }
                guard stamps.count == 2, let from = rows.firstIndex(where: { $0.time.hasPrefix(stamps[0]) }),
                    let to = rows.firstIndex(where: { $0.time.hasPrefix(stamps[1]) }), from <= to
                else { throw ValidationError("\(name): the window \(ends) is not in the series") }
                return from...to
            }
            return Recorded(
                name: name, times: rows.map(\.seconds), values: rows.map(\.number),
                labelled: NabScore.Labelled(rows: rows.count, windows: ranges))
        }
    }

    static func cpuSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

/// SplitMix64 (Steele, Lea and Flood, 2014): the same numbers from the same seed everywhere.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
