/// The memories of many series, some hundred in one piece: they stay where they are while others come, and none is an
/// object of its own. Used from one thread.
public final class DetectorSlab {
    private static let block = 128
    private var blocks: [UnsafeMutablePointer<DetectorState>] = []
    private var count = 0
    /// Places that are free again.
    private var free: [Int] = []

    public init() {}

    deinit {
        for (number, block) in blocks.enumerated() {
            block.deinitialize(count: min(Self.block, count - number * Self.block))
            block.deallocate()
        }
    }

    /// A place for a series.
    public func add(_ state: DetectorState = DetectorState()) -> Int {
        if let place = free.popLast() {
            self[place] = state
            return place
        }
        if count == blocks.count * Self.block { blocks.append(.allocate(capacity: Self.block)) }
        (blocks[count / Self.block] + count % Self.block).initialize(to: state)
        count += 1
        return count - 1
    }

    /// Gives a place back.
    public func remove(_ place: Int) { free.append(place) }

    /// The memory at a place, which is used where it is.
    public subscript(place: Int) -> DetectorState {
        _read { yield slot(place).pointee }
        _modify {
            let slot = slot(place)
            yield &slot.pointee
        }
    }

    private func slot(_ place: Int) -> UnsafeMutablePointer<DetectorState> {
        precondition(place >= 0 && place < count)
        return blocks[place / Self.block] + place % Self.block
    }
}
