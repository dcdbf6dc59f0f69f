import TocsinModel

/// What is left of a span of samples when they are thinned out for long views.
public struct RollupPoint: Sendable, Equatable {
    /// The beginning of the span, a multiple of its length.
    public let start: Milliseconds
    public var least: Double
    public var greatest: Double
    public var sum: Double
    /// Samples in the span, NaN and stale markers not among them.
    public var count: Double

    public init(start: Milliseconds, least: Double, greatest: Double, sum: Double, count: Double) {
        self.start = start
        self.least = least
        self.greatest = greatest
        self.sum = sum
        self.count = count
    }

    public var mean: Double { sum / count }
}

/// Thins samples out, and writes the result as four compressed columns.
public enum Rollup {
    /// The two lengths of span that are kept: 5 minutes and an hour.
    public static let fine: Milliseconds = 300_000
    public static let coarse: Milliseconds = 3_600_000

    /// The points of samples that come in ascending order.
    public static func points(
        _ times: some Collection<Milliseconds>, _ values: some Collection<Double>, step: Milliseconds
    ) -> [RollupPoint] {
        var out: [RollupPoint] = []
        for (time, value) in zip(times, values) where !value.isNaN {
            add(RollupPoint(start: floor(time, step), least: value, greatest: value, sum: value, count: 1), to: &out)
        }
        return out
    }

    /// Points of a longer span.
    public static func coarser(_ points: [RollupPoint], step: Milliseconds) -> [RollupPoint] {
        var out: [RollupPoint] = []
        for point in points {
            add(
                RollupPoint(
                    start: floor(point.start, step), least: point.least, greatest: point.greatest, sum: point.sum,
                    count: point.count), to: &out)
        }
        return out
    }

    private static func add(_ point: RollupPoint, to out: inout [RollupPoint]) {
        guard let last = out.last, last.start == point.start else {
            out.append(point)
            return
        }
        out[out.count - 1].least = min(last.least, point.least)
        out[out.count - 1].greatest = max(last.greatest, point.greatest)
        out[out.count - 1].sum += point.sum
        out[out.count - 1].count += point.count
    }

    static func floor(_ time: Milliseconds, _ step: Milliseconds) -> Milliseconds {
        let rest = time % step
        return time - (rest < 0 ? rest + step : rest)
    }

    /// The points as bytes: their number, then each column with its length before it.
    public static func encode(_ points: [RollupPoint]) -> [UInt8] {
        var bytes: [UInt8] = []
        Varint.append(UInt64(points.count), to: &bytes)
        for column in [\RollupPoint.least, \.greatest, \.sum, \.count] {
            var encoder = ChunkEncoder()
            for point in points { encoder.append(point.start, point[keyPath: column]) }
            let chunk = encoder.sealed()
            Varint.append(UInt64(chunk.bytes.count), to: &bytes)
            bytes += chunk.bytes
        }
        return bytes
    }

    /// The points again; nil when the bytes are damaged.
    public static func decode(_ bytes: [UInt8]) -> [RollupPoint]? {
        var at = 0
        guard let count = Varint.read(bytes, &at), count < 1 << 24 else { return nil }
        var starts: [Milliseconds] = []
        var columns: [[Double]] = []
        for _ in 0..<4 {
            guard let length = Varint.read(bytes, &at), length <= bytes.count - at else { return nil }
            let chunk = Chunk(
                bytes: Array(bytes[at..<(at + Int(length))]), count: Int(count), first: .min, last: .max)
            var values: [Double] = []
            starts = []
            guard chunk.decode(from: .min, through: .max, times: &starts, values: &values) else { return nil }
            columns.append(values)
            at += Int(length)
        }
        return starts.indices.map { index in
            RollupPoint(
                start: starts[index], least: columns[0][index], greatest: columns[1][index], sum: columns[2][index],
                count: columns[3][index])
        }
    }
}
