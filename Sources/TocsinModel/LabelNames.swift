/// A set of label names made ready to be applied to many label sets.
public struct LabelNames: Sendable {
    /// The names in ascending order of bytes, without repetition.
    private let sorted: [[UInt8]]

    public init(_ names: [String]) {
        sorted = Set(names).map { Array($0.utf8) }.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// True when a name is among them.
    public func contains(_ name: ArraySlice<UInt8>) -> Bool {
        for candidate in sorted where candidate.count == name.count && candidate.elementsEqual(name) { return true }
        return false
    }
}

extension Labels {
    /// The set restricted to the given names.
    public func keeping(_ names: LabelNames) -> Labels { filter { names.contains($0) } }

    /// The set without the given names.
    public func dropping(_ names: LabelNames) -> Labels { filter { !names.contains($0) } }
}
