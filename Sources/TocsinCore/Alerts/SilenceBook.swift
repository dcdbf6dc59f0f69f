import HashTreeCollections
import LinearRegex
import TocsinModel

/// Matchers made ready to be applied to many label sets. A label that is not there counts as empty.
package struct CompiledMatchers: Sendable {
    private let all: [(name: String, value: String, regex: LinearRegex?, wanted: Bool)]

    /// - Throws: a sentence about the first matcher that cannot be read.
    package init(_ matchers: [LabelMatcher]) throws(LinearRegex.Malformed) {
        var all: [(name: String, value: String, regex: LinearRegex?, wanted: Bool)] = []
        for matcher in matchers {
            let isRegex = matcher.operation == .matches || matcher.operation == .notMatches
            all.append(
                (
                    matcher.name, matcher.value, isRegex ? try LinearRegex.shared(matcher.value) : nil,
                    matcher.operation == .equal || matcher.operation == .matches
                ))
        }
        self.all = all
    }

    /// True when every matcher is satisfied.
    package func matches(_ labels: Labels) -> Bool { all.allSatisfy { matches($0, labels[$0.name] ?? "") } }

    /// True when no label at all would satisfy them: such a set matches everything.
    package var acceptsNothing: Bool { all.allSatisfy { matches($0, "") } }

    private func matches(_ one: (name: String, value: String, regex: LinearRegex?, wanted: Bool), _ value: String)
        -> Bool
    {
        (one.regex?.matches(value) ?? (one.value == value)) == one.wanted
    }
}

/// Silences with what they match, in the order of their names.
package struct SilenceBook: Sendable {
    private struct Entry: Sendable {
        var silence: Silence
        var matchers: CompiledMatchers
    }

    private var entries: TreeDictionary<SilenceID, Entry> = [:]

    /// Every silence known, the newest change first.
    package var all: [Silence] {
        entries.values.map(\.silence).sorted { ($1.updatedAt, $0.id) < ($0.updatedAt, $1.id) }
    }

    package subscript(id: SilenceID) -> Silence? { entries[id]?.silence }

    /// Takes a silence in place of the one of its name.
    mutating func keep(_ silence: Silence) {
        // One whose expression cannot be read any more silences nothing.
        guard let matchers = try? CompiledMatchers(silence.matchers) else { return }
        entries[silence.id] = Entry(silence: silence, matchers: matchers)
    }

    mutating func forget(_ id: SilenceID) { entries[id] = nil }

    /// The silences whose matchers a label set satisfies, active or not.
    func matching(_ labels: Labels) -> [SilenceID] {
        if entries.isEmpty { return [] }
        return entries.filter { $0.value.matchers.matches(labels) }.map(\.key).sorted()
    }
}
