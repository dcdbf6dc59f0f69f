import TocsinModel

/// Seeded random series for comparing two engines: counters with resets, gauges with NaN and infinity, gaps, histograms.
public struct DifferentialData {
    /// When the data begins, in milliseconds; samples lie a few seconds off any round step.
    public static let start: Milliseconds = 1_700_000_000_000
    public static let interval: Milliseconds = 15_000
    public static let count = 200

    public private(set) var series: [(labels: Labels, samples: [(time: Milliseconds, value: Double)])] = []
    private var random: SeededRandom

    public init(seed: UInt64) {
        random = SeededRandom(seed)
        for instance in 0..<4 {
            let zone = instance % 3 == 0 ? "" : "z\(instance % 3)"
            let labels: Labels = ["instance": "i\(instance)", "job": instance < 2 ? "a" : "b", "zone": zone]
            // Far above zero, where extrapolation is not bounded by it.
            var total = 1e6
            var level = 50.0
            add("counter", labels) { random, _ in
                total += Double(Int.random(in: 0...30, using: &random))
                return total
            }
            add("gauge", labels) { random, _ in
                level += Double.random(in: -5...5, using: &random)
                return level
            }
            var running = 0.0
            add("reset", labels) { random, _ in
                running = Double.random(in: 0..<1, using: &random) < 0.05 ? 0 : running + 1.5
                return running
            }
            add("sparse", labels) { random, step in
                Double.random(in: 0..<1, using: &random) < 0.3 || (40...80).contains(step) ? Double(step % 7) : nil
            }
            add("odd", labels) { random, step in
                let values: [Double] = [.nan, .infinity, -.infinity, 0, -1, 1, 3.5, 1e300]
                return step % 3 == 0 ? values[Int.random(in: 0..<8, using: &random)] : 1
            }
            var counts = [1e4, 2e4, 3e4, 4e4, 5e4]
            let bounds = ["0.1", "0.5", "1", "5", "+Inf"]
            for at in bounds.indices {
                add("bucket", labels.setting("le", bounds[at])) { random, _ in
                    counts[at] += Double(Int.random(in: 0...(at + 1) * 3, using: &random))
                    return counts[at]
                }
            }
        }
    }

    private mutating func add(_ name: String, _ labels: Labels, _ value: (inout SeededRandom, Int) -> Double?) {
        var samples: [(time: Milliseconds, value: Double)] = []
        let offset = Milliseconds(3_000 + series.count % 5 * 1_000)
        for step in 0..<Self.count {
            guard let value = value(&random, step) else { continue }
            samples.append((Self.start + Milliseconds(step) * Self.interval + offset, value))
        }
        series.append((labels.setting("__name__", name), samples))
    }

    /// The page from which Prometheus makes blocks.
    public var openMetrics: String {
        var out = ""
        for name in ["bucket", "counter", "gauge", "odd", "reset", "sparse"] {
            out += "# TYPE \(name) unknown\n"
            for (labels, samples) in series where labels.metricName == name {
                let pairs = labels.withoutName.pairs.map { "\($0.name)=\(Labels.quote($0.value))" }
                let braces = "{" + pairs.joined(separator: ",") + "}"
                for (time, value) in samples {
                    out +=
                        "\(name)\(braces) \(GoNumber.format(value)) \(GoNumber.fixed(Double(time) / 1000, decimals: 3))\n"
                }
            }
        }
        return out + "# EOF\n"
    }
}
