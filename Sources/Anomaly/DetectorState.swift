/// The memory of both channels for one series: of fixed size, without anything outside of it.
public struct DetectorState: Sendable {
    var clock = SeriesClock()
    var scale = Normalisation()
    var spike = SpikeChannel()
    var novelty = NoveltyChannel()
    var holdOff = HoldOff()

    private static var magic: UInt32 { 0x4D4F_4E41 }
    private static var version: UInt32 { 1 }

    public init() {}

    /// Points taken so far.
    public var points: Int { Int(clock.points) }
    /// The stamp of the last one, in seconds; 0 before the first.
    public var last: Double { clock.last }
    /// Seconds from point to point, once known.
    public var step: Double { clock.step }

    /// Moves every remembered stamp: the time line the stamps come from begins anew with the process.
    public mutating func shift(by seconds: Double) { clock.shift(by: seconds) }

    private mutating func visit(_ codec: inout StateCodec) {
        clock.visit(&codec)
        scale.visit(&codec)
        spike.visit(&codec)
        novelty.visit(&codec)
        holdOff.visit(&codec)
    }

    /// The state as bytes: a mark, a version, the tuning's fingerprint, every field, and a check sum.
    public func encoded(_ tuning: Tuning) -> [UInt8] {
        var codec = StateCodec()
        var (magic, version, fingerprint) = (Self.magic, Self.version, tuning.fingerprint)
        codec.visit(&magic)
        codec.visit(&version)
        codec.visit(&fingerprint)
        // Writing changes nothing; reading and writing share their list of fields.
        var copy = self
        copy.visit(&codec)
        var sum = FNV()
        for byte in codec.bytes { sum.add(byte) }
        var check = sum.value
        codec.visit(&check)
        return codec.bytes
    }

    /// Reads bytes back. Nil for anything that ``encoded(_:)`` has not written with the same tuning: it is better to learn
    /// afresh than to guess.
    public init?(decoding bytes: [UInt8], _ tuning: Tuning) {
        guard bytes.count > 16 else { return nil }
        var sum = FNV()
        for byte in bytes.dropLast(4) { sum.add(byte) }
        var codec = StateCodec(reading: bytes)
        var (magic, version, fingerprint, check): (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
        codec.visit(&magic)
        codec.visit(&version)
        codec.visit(&fingerprint)
        guard magic == Self.magic, version == Self.version, fingerprint == tuning.fingerprint else { return nil }
        self.init()
        visit(&codec)
        codec.visit(&check)
        guard codec.isSound, codec.isAtEnd, check == sum.value else { return nil }
    }
}
