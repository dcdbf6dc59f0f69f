import TocsinModel

/// Makes chunks of loose samples, as a log holds them.
public struct ChunkBuilder: Sendable {
    private var places: [Labels: Int] = [:]
    private var open: [(labels: Labels, encoder: ChunkEncoder)] = []
    private var full: [SealedChunk] = []

    public init() {}

    /// Adds a sample; one that is not later than the last of its series is left out.
    public mutating func add(_ labels: Labels, _ value: Double, at time: Milliseconds) {
        let place = place(of: labels)
        if open[place].encoder.count > 0, time <= open[place].encoder.last { return }
        if open[place].encoder.count == Chunk.capacity {
            full.append(SealedChunk(labels: labels, chunk: open[place].encoder.sealed()))
            open[place].encoder = ChunkEncoder()
        }
        open[place].encoder.append(time, value)
    }

    private mutating func place(of labels: Labels) -> Int {
        if let known = places[labels] { return known }
        places[labels] = open.count
        open.append((labels, ChunkEncoder()))
        return open.count - 1
    }

    /// Everything in chunks, those of a series in ascending order.
    public var chunks: [SealedChunk] {
        (full + open.map { SealedChunk(labels: $0.labels, chunk: $0.encoder.sealed()) })
            .sorted { ($0.labels, $0.chunk.first) < ($1.labels, $1.chunk.first) }
    }
}
