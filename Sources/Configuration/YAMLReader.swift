import Yams

/// Reads a YAML document piece by piece and gathers every fault with its place.
final class YAMLReader {
    let file: String
    private(set) var faults: [Fault] = []

    init(file: String) { self.file = file }

    func fault(_ node: Node?, _ message: String) {
        faults.append(Fault(file: file, line: node?.mark?.line ?? 0, column: node?.mark?.column ?? 0, message: message))
    }

    /// A fault at a place inside a text.
    func fault(line: Int, column: Int, _ message: String) {
        faults.append(Fault(file: file, line: line, column: column, message: message))
    }

    /// The document's root; nil for an empty document or a fault.
    func root(_ text: String) -> Node? {
        do {
            // Of several documents the first counts, as for Prometheus.
            var documents = try Yams.compose_all(yaml: text)
            let first = documents.next()
            if let error = documents.error { throw error }
            return first
        } catch let error as YamlError {
            faults.append(Self.fault(file, error))
        } catch {
            faults.append(Fault(file: file, message: "\(error)"))
        }
        return nil
    }

    private static func fault(_ file: String, _ error: YamlError) -> Fault {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            let mend =
                problem.contains("cannot start any token") ? " (YAML is indented with blanks, never with tabs)" : ""
            return Fault(file: file, line: mark.line, column: mark.column, message: problem + mend)
        case .duplicatedKeysInMapping(let duplicates, let context):
            let keys = duplicates.joined(separator: ", ")
            let mark = context.mark
            return Fault(file: file, line: mark.line, column: mark.column, message: "key given twice: \(keys)")
        default: return Fault(file: file, message: "\(error)")
        }
    }

    /// A mapping whose keys are all among the known ones; others are faults with the nearest known key.
    func fields(_ node: Node, _ what: String, _ known: [String]) -> [String: Node] {
        guard case .mapping(let mapping) = node else {
            fault(node, "\(what) must be a mapping of keys to values")
            return [:]
        }
        var out: [String: Node] = [:]
        for (key, value) in Self.merged(mapping) {
            guard let name = key.string else {
                fault(key, "a key of \(what) must be a word")
                continue
            }
            if known.contains(name) { out[name] = value } else { unknown(key, name, what, known) }
        }
        return out
    }

    /// The pairs of a mapping with those of its merge keys (`<<`) behind them, as far as it does not set them itself.
    private static func merged(_ mapping: Node.Mapping) -> [(key: Node, value: Node)] {
        var own: [(key: Node, value: Node)] = []
        var taken: [Node] = []
        for (key, value) in mapping {
            if key.string == "<<" { taken.append(value) } else { own.append((key, value)) }
        }
        for source in taken {
            for one in source.sequence.map(Array.init) ?? [source] {
                guard case .mapping(let other) = one else { continue }
                own += merged(other).filter { pair in !own.contains { $0.key.string == pair.key.string } }
            }
        }
        return own
    }

    private func unknown(_ key: Node, _ name: String, _ what: String, _ known: [String]) {
        let near = known.map { ($0, Self.distance(name, $0)) }.min { $0.1 < $1.1 }
        let hint = near.map { $0.1 <= max(2, name.count / 3) ? "; did you mean \"\($0.0)\"?" : "" } ?? ""
        fault(key, "unknown key \"\(name)\" in \(what)\(hint)")
    }

    /// The items of a list.
    func items(_ node: Node, _ what: String) -> [Node] {
        if case .sequence(let sequence) = node { return Array(sequence) }
        if Self.isNull(node) { return [] }
        fault(node, "\(what) must be a list")
        return []
    }

    /// Name and text of each entry of a mapping, in the order of the file.
    func texts(_ node: Node, _ what: String) -> [(name: String, text: String, node: Node)] {
        if Self.isNull(node) { return [] }
        guard case .mapping(let mapping) = node else {
            fault(node, "\(what) must be a mapping of names to texts")
            return []
        }
        return Self.merged(mapping).compactMap { key, value in
            guard let name = key.string, let text = text(value, "\(what) \(key.string ?? "")") else { return nil }
            return (name, text, value)
        }
    }

    /// A scalar as text, whatever YAML would make of it.
    func text(_ node: Node, _ what: String) -> String? {
        if case .scalar(let scalar) = node { return scalar.string }
        fault(node, "\(what) must be a text")
        return nil
    }

    /// A whole number.
    func integer(_ node: Node, _ what: String) -> Int? {
        if let number = node.int { return number }
        fault(node, "\(what) must be a whole number")
        return nil
    }

    /// A number, the words for infinity and NaN included.
    func number(_ node: Node, _ what: String) -> Double? {
        let words: [String: Double] = ["NaN": .nan, "Inf": .infinity, "+Inf": .infinity, "-Inf": -.infinity]
        if let number = node.float ?? words[node.string ?? ""] { return number }
        fault(node, "\(what) must be a number")
        return nil
    }

    static func isNull(_ node: Node) -> Bool {
        if case .scalar(let scalar) = node {
            return scalar.style == .plain && ["", "~", "null"].contains(scalar.string)
        }
        return false
    }

    /// The number of letters to add, drop or change (Levenshtein).
    private static func distance(_ a: String, _ b: String) -> Int {
        let (a, b) = (Array(a), Array(b))
        var row = Array(0...b.count)
        for (i, x) in a.enumerated() {
            var corner = row[0]
            row[0] = i + 1
            for (j, y) in b.enumerated() {
                let next = min(row[j] + 1, row[j + 1] + 1, corner + (x == y ? 0 : 1))
                corner = row[j + 1]
                row[j + 1] = next
            }
        }
        return row[b.count]
    }
}
