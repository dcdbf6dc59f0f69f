import Glibc

/// Values as the detectors see them: relative to the first one, and scaled by a power of two taken from the first
/// difference, so that neither an offset nor a unit changes any score.
struct Normalisation: Sendable {
    private var first = 0.0
    private var exponent: Int32 = 0
    private var hasFirst: Int32 = 0
    private var hasScale: Int32 = 0

    /// Beyond this a square no longer fits a 32-bit number.
    private static var most: Double { 0x1p60 }

    mutating func take(_ value: Double) -> Double {
        if hasFirst == 0 {
            first = value
            hasFirst = 1
        }
        var difference = value - first
        if !difference.isFinite { difference = value < 0 ? -Double.greatestFiniteMagnitude : .greatestFiniteMagnitude }
        if hasScale == 0, difference != 0 {
            // As `frexp` has it: the fraction lies in one half to one.
            exponent = Int32(difference.exponent) + 1
            hasScale = 1
        }
        return max(-Self.most, min(Self.most, scalbn(difference, -exponent)))
    }

    /// A normalised value in the series' own unit.
    func value(_ normalised: Double) -> Double { first + scalbn(normalised, exponent) }

    /// A normalised difference in the series' own unit.
    func difference(_ normalised: Double) -> Double { scalbn(normalised, exponent) }

    private func scalbn(_ value: Double, _ exponent: Int32) -> Double { Glibc.scalbn(value, Int(exponent)) }

    mutating func visit(_ codec: inout StateCodec) {
        codec.visit(&first)
        codec.visit(&exponent)
        codec.visit(&hasFirst)
        codec.visit(&hasScale)
        codec.check(exponent.magnitude < 2_200)
    }
}
