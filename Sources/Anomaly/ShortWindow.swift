/// The last few values, oldest first.
struct ShortWindow: Sendable {
    static var capacity: Int { 24 }
    private var values = InlineArray<24, Double>(repeating: 0)
    private var count: Int32 = 0

    /// Takes a value; mean and deviation once the window is full.
    mutating func take(_ value: Double, size: Int32) -> (mean: Double, deviation: Double)? {
        if count < size {
            values[Int(count)] = value
            count += 1
        } else {
            for at in 1..<Int(size) { values[at - 1] = values[at] }
            values[Int(size) - 1] = value
        }
        guard count == size else { return nil }
        var sum = 0.0
        for at in 0..<Int(size) { sum += values[at] }
        let mean = sum / Double(size)
        var squares = 0.0
        for at in 0..<Int(size) {
            let distance = values[at] - mean
            squares += distance * distance
        }
        return (mean, (squares / Double(size)).squareRoot())
    }

    mutating func clear() { count = 0 }

    /// The mean of the last few; nil while there is none.
    func recent(_ wanted: Int) -> Double? {
        let taken = min(wanted, Int(count))
        guard taken > 0 else { return nil }
        var sum = 0.0
        for at in (Int(count) - taken)..<Int(count) { sum += values[at] }
        return sum / Double(taken)
    }

    mutating func visit(_ codec: inout StateCodec) {
        for at in values.indices { codec.visit(&values[at]) }
        codec.visit(&count)
        codec.check(count >= 0 && count <= Int32(Self.capacity))
    }
}
