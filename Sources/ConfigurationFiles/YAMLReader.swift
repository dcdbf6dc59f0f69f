import FoundationEssentials
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
            if let words = Self.foreign(text) {
                faults.append(Fault(file: file, line: 1, column: 1, message: words))
                return nil
            }
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

    /// Prometheus reads YAML 1.1 and nothing that says it is something else.
    private static func foreign(_ text: String) -> String? {
        guard text.hasPrefix("%YAML"), !text.hasPrefix("%YAML 1.1") else { return nil }
        return "found incompatible YAML document: only YAML 1.1 is read"
    }

    private static func fault(_ file: String, _ error: YamlError) -> Fault {
        switch error {
        case .scanner(_, let problem, let mark, let text), .parser(_, let problem, let mark, let text),
            .composer(_, let problem, let mark, let text):
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            let isTab =
                lines.indices.contains(mark.line - 1)
                && lines[mark.line - 1].dropFirst(max(0, mark.column - 1)).first == "\t"
            let mend = isTab ? " (YAML is indented with blanks, never with tabs)" : ""
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
        // Nothing is the same as leaving it out.
        if Self.isNull(node) { return [:] }
        guard case .mapping(let mapping) = node else {
            fault(node, "\(what) must be a mapping of keys to values")
            return [:]
        }
        var out: [String: Node] = [:]
        for (key, value) in merged(mapping) {
            if Self.isNull(key) { continue }
            guard let name = key.string else {
                fault(key, "a key of \(what) must be a word")
                continue
            }
            if known.contains(name) { out[name] = value } else { unknown(key, name, what, known) }
        }
        return out
    }

    /// The pairs of a mapping with those of its merge keys (`<<`) behind them, as far as it does not set them itself.
    private func merged(_ mapping: Node.Mapping) -> [(key: Node, value: Node)] {
        var own: [(key: Node, value: Node)] = []
        var taken: [Node] = []
        for (key, value) in mapping {
            if key.string == "<<" { taken.append(value) } else { own.append((key, value)) }
        }
        for source in taken {
            for one in source.sequence.map(Array.init) ?? [source] {
                guard case .mapping(let other) = one else {
                    fault(one, "map merge requires map or sequence of maps as the value")
                    continue
                }
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
        if case .sequence(let sequence) = node { return sequence.filter { !Self.isNull($0) } }
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
        return merged(mapping).compactMap { key, value in
            if Self.isNull(key) { return nil }
            guard let name = key.string else {
                fault(key, "a key of \(what) must be a word")
                return nil
            }
            guard let text = text(value, "\(what) \(name)") else { return nil }
            return (name, text, value)
        }
    }

    /// A scalar as text, whatever YAML would make of it; nothing is the empty text.
    func text(_ node: Node, _ what: String) -> String? {
        if Self.isNull(node) { return "" }
        if let problem = Self.tagFault(node) {
            fault(node, problem)
            return nil
        }
        if case .scalar(let scalar) = node {
            guard scalar.tag.description == "tag:yaml.org,2002:binary" else { return scalar.string }
            if let data = Data(base64Encoded: String(scalar.string.filter { !$0.isWhitespace })) {
                return String(decoding: data, as: UTF8.self)
            }
            fault(node, "!!binary value contains invalid base64 data")
            return nil
        }
        fault(node, "\(what) must be a text")
        return nil
    }

    /// A scalar as it is written. Prometheus keeps some fields as nodes, for which even `null` is a word.
    func word(_ node: Node, _ what: String) -> String? {
        if case .scalar(let scalar) = node { return scalar.string }
        fault(node, "\(what) must be a text")
        return nil
    }

    /// A whole number; nothing is none.
    func integer(_ node: Node, _ what: String) -> Int? {
        if Self.isNull(node) { return nil }
        if let number = node.int { return number }
        // As in Prometheus, a fraction is cut off.
        if let number = node.float, number.magnitude < 9e18 { return Int(number) }
        fault(node, "\(what) must be a whole number")
        return nil
    }

    /// A number as YAML writes them: infinity is `.inf`, no number is `.nan`.
    func number(_ node: Node, _ what: String) -> Double? {
        if Self.isNull(node) { return nil }
        if let number = node.float,
            !["inf", "nan"].contains(String((node.string ?? "").suffix(3)).lowercased())
                || (node.string ?? "").contains(".")
        {
            return number
        }
        for (prefix, radix) in [("0o", 8), ("0b", 2), ("0x", 16)] {
            if let text = node.string, text.hasPrefix(prefix), let number = Int(text.dropFirst(2), radix: radix) {
                return Double(number)
            }
        }
        fault(node, "\(what) must be a number")
        return nil
    }

    /// Why a scalar is not what its tag says; nil when it is, or has none.
    private static func tagFault(_ node: Node) -> String? {
        guard case .scalar(let scalar) = node else { return nil }
        let tag = scalar.tag.description
        let fits: Bool
        switch tag {
        case "tag:yaml.org,2002:int": fits = node.int != nil || Int(scalar.string) != nil
        case "tag:yaml.org,2002:float": fits = node.float != nil || Double(scalar.string) != nil
        case "tag:yaml.org,2002:bool": fits = ["true", "false"].contains(scalar.string.lowercased())
        case "tag:yaml.org,2002:null": fits = ["", "~", "null", "Null", "NULL"].contains(scalar.string)
        default: return nil
        }
        let short = tag.split(separator: ":").last ?? ""
        return fits ? nil : "cannot decode !!str `\(scalar.string.prefix(60))` as a !!\(short)"
    }

    static func isNull(_ node: Node) -> Bool {
        if case .scalar(let scalar) = node {
            return scalar.style == .plain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
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
