import Anomaly

/// A detector's memory as it is kept: the state and the numbers of its thresholds.
struct DetectorRecord {
    var state: DetectorState
    var numbers: [Double]

    init(state: DetectorState, numbers: [Double]) {
        self.state = state
        self.numbers = numbers
    }

    /// Nil for anything that was not written with this tuning.
    init?(_ bytes: [UInt8], _ tuning: Tuning) {
        guard let count = bytes.first.map(Int.init), bytes.count > 1 + count * 8 else { return nil }
        numbers = (0..<count).map { number in
            var bits: UInt64 = 0
            for shift in 0..<8 { bits |= UInt64(bytes[1 + number * 8 + shift]) << UInt64(shift * 8) }
            return Double(bitPattern: bits)
        }
        guard let state = DetectorState(decoding: Array(bytes[(1 + count * 8)...]), tuning) else { return nil }
        self.state = state
    }

    func encoded(_ tuning: Tuning) -> [UInt8] {
        var bytes = [UInt8(numbers.count)]
        for number in numbers {
            for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: number.bitPattern >> UInt64(shift * 8))) }
        }
        return bytes + state.encoded(tuning)
    }
}
