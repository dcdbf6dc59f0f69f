import LinearRegex
import TocsinModel

/// A matcher made ready to be asked many times.
public struct Condition: Sendable {
    enum Test: Sendable {
        case equal(String)
        case notEqual(String)
        /// A pattern that is nothing but alternatives, `a|b|c`: looked up instead of matched.
        case anyOf(Set<String>)
        case noneOf(Set<String>)
        case matches(LinearRegex)
        case notMatches(LinearRegex)
    }

    let name: String
    let test: Test
    /// True when a series without the label satisfies it.
    let acceptsEmpty: Bool

    public init(_ matcher: LabelMatcher) throws(LinearRegex.Malformed) {
        name = matcher.name
        switch matcher.operation {
        case .equal: test = .equal(matcher.value)
        case .notEqual: test = .notEqual(matcher.value)
        case .matches:
            if let words = Self.alternatives(matcher.value) {
                test = .anyOf(words)
            } else {
                test = .matches(try LinearRegex.shared(matcher.value))
            }
        case .notMatches:
            if let words = Self.alternatives(matcher.value) {
                test = .noneOf(words)
            } else {
                test = .notMatches(try LinearRegex.shared(matcher.value))
            }
        }
        acceptsEmpty = Self.accepts("", test)
    }

    /// The words of a pattern without any other meaning than "one of these".
    private static func alternatives(_ pattern: String) -> Set<String>? {
        for byte in pattern.utf8 where "\\.+*?()[]{}^$".utf8.contains(byte) { return nil }
        return Set(pattern.split(separator: "|", omittingEmptySubsequences: false).map(String.init))
    }

    /// Whether a value satisfies it.
    public func accepts(_ value: String) -> Bool { Self.accepts(value, test) }

    /// Whether labels satisfy it; an absent label is an empty one.
    public func accepts(_ labels: Labels) -> Bool { accepts(labels[name] ?? "") }

    private static func accepts(_ value: String, _ test: Test) -> Bool {
        switch test {
        case .equal(let wanted): value == wanted
        case .notEqual(let unwanted): value != unwanted
        case .anyOf(let words): words.contains(value)
        case .noneOf(let words): !words.contains(value)
        case .matches(let regex): regex.matches(value)
        case .notMatches(let regex): !regex.matches(value)
        }
    }
}
