import TocsinModel

/// The recent course of the values on the overview: one point each 5 s for an hour, so that a sparkline costs a copy and
/// not a query.
package struct TrendBook: Sendable {
    package static let step: Milliseconds = 5_000
    private static let capacity = 720

    private var times: [Milliseconds] = []
    private var lines: [String: [Double?]] = [:]

    package init() {}

    /// True when it is time for the next point.
    package func isDue(_ now: Milliseconds) -> Bool { times.last.map { now - $0 >= Self.step - 200 } ?? true }

    /// Adds a point to every line; lines without a value get none.
    package mutating func add(_ values: [String: Double], at now: Milliseconds) {
        // Time in which nothing was watched shows as a hole, not as a jump.
        if let last = times.last {
            let missed = min(Int((now - last) / Self.step) - 1, Self.capacity)
            for hole in 0..<max(0, missed) { append([:], at: last + Milliseconds(hole + 1) * Self.step) }
        }
        append(values, at: now)
    }

    private mutating func append(_ values: [String: Double], at time: Milliseconds) {
        for name in values.keys where lines[name] == nil { lines[name] = Array(repeating: nil, count: times.count) }
        times.append(time)
        for name in lines.keys { lines[name]?.append(values[name]) }
        if times.count > Self.capacity {
            let excess = times.count - Self.capacity
            times.removeFirst(excess)
            for name in lines.keys { lines[name]?.removeFirst(excess) }
            lines = lines.filter { $0.value.contains { $0 != nil } }
        }
    }

    /// The half hour of a line before a time.
    package func trend(_ name: String, before now: Milliseconds) -> Trend {
        guard let line = lines[name] else { return .none }
        let end = times.lastIndex { $0 <= now }.map { $0 + 1 } ?? 0
        func part(_ line: [Double?]) -> [Double?] { Array(line[max(0, end - 360)..<end]) }
        let low = lines[name + ".low"].map(part) ?? []
        let out = lines[name + ".out"].map(part)?.map { $0 != nil }
        return Trend(
            points: part(line), step: Self.step, low: low, high: lines[name + ".high"].map(part) ?? [],
            left: out ?? low.map { _ in false })
    }

    /// Least squares over the whole line: change per second, when there are ten minutes of it.
    package func slope(_ name: String) -> Double? {
        guard let line = lines[name] else { return nil }
        var count = 0.0
        var (sx, sy, sxy, sxx) = (0.0, 0.0, 0.0, 0.0)
        for (index, value) in line.enumerated() {
            guard let value else { continue }
            let x = Double(index) * Double(Self.step) / 1000
            count += 1
            sx += x
            sy += value
            sxy += x * value
            sxx += x * x
        }
        let spread = sxx - sx * sx / count
        guard count >= 120, spread > 0 else { return nil }
        return (sxy - sx * sy / count) / spread
    }
}
