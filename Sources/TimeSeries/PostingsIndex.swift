import LinearRegex
import TocsinModel

/// Which series have which label: for every name and value the ascending numbers of the series that carry them.
struct PostingsIndex: Sendable {
    private var byName: [String: [String: [Int]]] = [:]
    /// Every series, ascending.
    private var all: [Int] = []

    /// Adds a series. Numbers may come in any order, because slots are used again.
    mutating func insert(_ id: Int, _ labels: Labels) {
        Self.insert(id, into: &all)
        for (name, value) in labels.pairs {
            Self.insert(id, into: &byName[name, default: [:]][value, default: []])
        }
    }

    /// Takes a series out; values and names without series go with it.
    mutating func remove(_ id: Int, _ labels: Labels) {
        Self.remove(id, from: &all)
        for (name, value) in labels.pairs {
            Self.remove(id, from: &byName[name, default: [:]][value, default: []])
            if byName[name]?[value]?.isEmpty == true { byName[name]?[value] = nil }
            if byName[name]?.isEmpty == true { byName[name] = nil }
        }
    }

    private static func insert(_ id: Int, into list: inout [Int]) {
        if let last = list.last, last >= id {
            let at = list.partitioningIndex { $0 >= id }
            if at < list.count, list[at] == id { return }
            list.insert(id, at: at)
        } else {
            list.append(id)
        }
    }

    private static func remove(_ id: Int, from list: inout [Int]) {
        let at = list.partitioningIndex { $0 >= id }
        if at < list.count, list[at] == id { list.remove(at: at) }
    }

    /// The numbers of the series that satisfy every condition, ascending.
    ///
    /// A condition that the empty string satisfies also takes series without the label, so it is applied by subtracting
    /// what it refuses; the others are intersections.
    func select(_ conditions: [Condition]) -> [Int] {
        var found: [Int]?
        for condition in conditions where !condition.acceptsEmpty {
            let ids = union(condition) { condition.accepts($0) }
            found = found.map { Self.intersection($0, ids) } ?? ids
            if found?.isEmpty == true { return [] }
        }
        var result = found ?? all
        for condition in conditions where condition.acceptsEmpty {
            result = Self.difference(result, union(condition) { !condition.accepts($0) })
        }
        return result
    }

    private func union(_ condition: Condition, where wanted: (String) -> Bool) -> [Int] {
        guard let values = byName[condition.name] else { return [] }
        if case .equal(let value) = condition.test, !condition.acceptsEmpty { return values[value] ?? [] }
        var lists: [[Int]] = []
        for (value, ids) in values where wanted(value) { lists.append(ids) }
        if lists.count == 1 { return lists[0] }
        return Array(Set(lists.joined())).sorted()
    }

    private static func intersection(_ a: [Int], _ b: [Int]) -> [Int] {
        var out: [Int] = []
        var i = 0
        var j = 0
        while i < a.count, j < b.count {
            if a[i] == b[j] {
                out.append(a[i])
                i += 1
                j += 1
            } else if a[i] < b[j] {
                i += 1
            } else {
                j += 1
            }
        }
        return out
    }

    private static func difference(_ a: [Int], _ b: [Int]) -> [Int] {
        if b.isEmpty { return a }
        var out: [Int] = []
        var j = 0
        for id in a {
            while j < b.count, b[j] < id { j += 1 }
            if j == b.count || b[j] != id { out.append(id) }
        }
        return out
    }
}

/// A matcher made ready to be asked many times.
struct Condition: Sendable {
    enum Test: Sendable {
        case equal(String)
        case notEqual(String)
        case matches(LinearRegex)
        case notMatches(LinearRegex)
    }

    let name: String
    let test: Test
    /// True when a series without the label satisfies it.
    let acceptsEmpty: Bool

    init(_ matcher: LabelMatcher) throws(LinearRegex.Malformed) {
        name = matcher.name
        switch matcher.operation {
        case .equal: test = .equal(matcher.value)
        case .notEqual: test = .notEqual(matcher.value)
        case .matches: test = .matches(try LinearRegex.shared(matcher.value))
        case .notMatches: test = .notMatches(try LinearRegex.shared(matcher.value))
        }
        acceptsEmpty = Self.accepts("", test)
    }

    func accepts(_ value: String) -> Bool { Self.accepts(value, test) }

    private static func accepts(_ value: String, _ test: Test) -> Bool {
        switch test {
        case .equal(let wanted): value == wanted
        case .notEqual(let unwanted): value != unwanted
        case .matches(let regex): regex.matches(value)
        case .notMatches(let regex): !regex.matches(value)
        }
    }
}

extension Array {
    /// The first index at which a condition that is false and then true becomes true.
    func partitioningIndex(where condition: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if condition(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
