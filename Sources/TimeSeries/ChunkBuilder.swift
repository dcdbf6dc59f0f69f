import TocsinModel

/// Makes chunks of loose samples, as a log holds them.
public struct ChunkBuilder: Sendable {
    private var open: [Labels: ChunkEncoder] = [:]
    private var full: [SealedChunk] = []

    public init() {}

    /// Adds a sample; one that is not later than the last of its series is left out.
    public mutating func add(_ labels: Labels, _ value: Double, at time: Milliseconds) {
        var encoder = open.removeValue(forKey: labels) ?? ChunkEncoder()
        if encoder.count == 0 || time > encoder.last {
            if encoder.count == Chunk.capacity {
                full.append(SealedChunk(labels: labels, chunk: encoder.sealed()))
                encoder = ChunkEncoder()
            }
            encoder.append(time, value)
        }
        open[labels] = encoder
    }

    /// Everything in chunks, those of a series in ascending order.
    public var chunks: [SealedChunk] {
        (full + open.map { SealedChunk(labels: $0.key, chunk: $0.value.sealed()) })
            .sorted { ($0.labels, $0.chunk.first) < ($1.labels, $1.chunk.first) }
    }
}
