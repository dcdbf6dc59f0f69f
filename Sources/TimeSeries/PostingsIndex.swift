import TocsinModel

/// Which series have which label: for every name and value the ascending numbers of the series that carry them.
///
/// It is a value: a reader takes a copy under the lock and selects from it outside.
struct PostingsIndex: Sendable {
    private var byName: [String: [String: [UInt32]]] = [:]
    /// Every series, ascending.
    private var all: [UInt32] = []

    /// Adds a series. Numbers may come in any order, because slots are used again.
    mutating func insert(_ id: UInt32, _ labels: Labels) {
        Self.insert(id, into: &all)
        for (name, value) in labels.pairs {
            Self.insert(id, into: &byName[name, default: [:]][value, default: []])
        }
    }

    /// Takes a series out; values and names without series go with it.
    mutating func remove(_ id: UInt32, _ labels: Labels) {
        Self.remove(id, from: &all)
        for (name, value) in labels.pairs {
            Self.remove(id, from: &byName[name, default: [:]][value, default: []])
            if byName[name]?[value]?.isEmpty == true { byName[name]?[value] = nil }
            if byName[name]?.isEmpty == true { byName[name] = nil }
        }
    }

    private static func insert(_ id: UInt32, into list: inout [UInt32]) {
        if let last = list.last, last >= id {
            let at = list.partitioningIndex { $0 >= id }
            if at < list.count, list[at] == id { return }
            list.insert(id, at: at)
        } else {
            list.append(id)
        }
    }

    private static func remove(_ id: UInt32, from list: inout [UInt32]) {
        let at = list.partitioningIndex { $0 >= id }
        if at < list.count, list[at] == id { list.remove(at: at) }
    }

    /// How many series carry each value of a label, among those that satisfy the conditions.
    func counts(of name: String, _ conditions: [Condition]) -> [String: Int] {
        let chosen = select(conditions)
        return (byName[name] ?? [:]).mapValues { Self.intersection($0, chosen).count }
    }

    /// The numbers of the series that satisfy every condition, ascending.
    ///
    /// A condition that the empty string satisfies also takes series without the label, so it is applied by subtracting
    /// what it refuses; the others are intersections.
    func select(_ conditions: [Condition]) -> [UInt32] {
        var found: [UInt32]?
        for condition in conditions where !condition.acceptsEmpty {
            let ids = accepted(by: condition)
            found = found.map { Self.intersection($0, ids) } ?? ids
            if found?.isEmpty == true { return [] }
        }
        var result = found ?? all
        for condition in conditions where condition.acceptsEmpty {
            result = Self.difference(result, refused(by: condition))
        }
        return result
    }

    private func accepted(by condition: Condition) -> [UInt32] {
        guard let values = byName[condition.name] else { return [] }
        switch condition.test {
        case .equal(let value): return values[value] ?? []
        case .anyOf(let words): return union(words.compactMap { values[$0] })
        default: return union(values.lazy.filter { condition.accepts($0.key) }.map(\.value))
        }
    }

    private func refused(by condition: Condition) -> [UInt32] {
        guard let values = byName[condition.name] else { return [] }
        switch condition.test {
        case .notEqual(let value): return values[value] ?? []
        case .noneOf(let words): return union(words.compactMap { values[$0] })
        default: return union(values.lazy.filter { !condition.accepts($0.key) }.map(\.value))
        }
    }

    /// Lists of one label's values hold no number twice. Many numbers are put in order by marking them.
    private func union(_ lists: some Sequence<[UInt32]>) -> [UInt32] {
        let lists = Array(lists)
        if lists.count == 1 { return lists[0] }
        let count = lists.reduce(0) { $0 + $1.count }
        if count == all.count { return all }
        guard count > 64, let most = all.last else { return lists.joined().sorted() }
        var marks = [Bool](repeating: false, count: Int(most) + 1)
        for list in lists { for id in list { marks[Int(id)] = true } }
        var out: [UInt32] = []
        out.reserveCapacity(count)
        for id in marks.indices where marks[id] { out.append(UInt32(id)) }
        return out
    }

    private static func intersection(_ a: [UInt32], _ b: [UInt32]) -> [UInt32] {
        let (small, large) = a.count <= b.count ? (a, b) : (b, a)
        var out: [UInt32] = []
        if small.count * 16 < large.count {
            for id in small {
                let at = large.partitioningIndex { $0 >= id }
                if at < large.count, large[at] == id { out.append(id) }
            }
            return out
        }
        var i = 0
        var j = 0
        while i < small.count, j < large.count {
            if small[i] == large[j] {
                out.append(small[i])
                i += 1
                j += 1
            } else if small[i] < large[j] {
                i += 1
            } else {
                j += 1
            }
        }
        return out
    }

    private static func difference(_ a: [UInt32], _ b: [UInt32]) -> [UInt32] {
        if b.isEmpty { return a }
        var out: [UInt32] = []
        var j = 0
        for id in a {
            while j < b.count, b[j] < id { j += 1 }
            if j == b.count || b[j] != id { out.append(id) }
        }
        return out
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
