import LinearRegex
import TocsinCore
import Yams

/// Reads `logs`: files and journals in which lines are counted.
struct LogReader {
    let reader: YAMLReader

    func logs(_ node: Node) -> [LogWatchSpec] {
        var names: Set<String> = []
        return reader.items(node, "logs").compactMap { node in
            guard let log = log(node) else { return nil }
            if !names.insert(log.name).inserted { reader.fault(node, "the log \"\(log.name)\" is there twice") }
            return log
        }
    }

    private func log(_ node: Node) -> LogWatchSpec? {
        let fields = reader.fields(node, "a log", ["name", "file", "journal", "patterns"])
        guard let name = fields["name"].flatMap({ reader.text($0, "name") }), !name.isEmpty else {
            reader.fault(node, "a log needs a name")
            return nil
        }
        guard let source = source(fields, node) else { return nil }
        var names: Set<String> = []
        let patterns = (fields["patterns"].map { reader.items($0, "patterns") } ?? []).compactMap { item in
            let pattern = pattern(item)
            if let pattern, !names.insert(pattern.name).inserted {
                reader.fault(item, "the pattern \"\(pattern.name)\" is there twice")
            }
            return pattern
        }
        if patterns.isEmpty { reader.fault(node, "the log \"\(name)\" needs patterns, each with a name and a regex") }
        return LogWatchSpec(name: name, source: source, patterns: patterns)
    }

    private func source(_ fields: [String: Node], _ node: Node) -> LogWatchSpec.Source? {
        switch (fields["file"], fields["journal"]) {
        case (let file?, nil):
            guard let path = reader.text(file, "file"), !path.isEmpty else {
                reader.fault(file, "file must be a path")
                return nil
            }
            return .file(path: reader.resolved(path))
        case (nil, let unit?):
            let name = reader.text(unit, "journal") ?? ""
            if name.hasPrefix("-") { reader.fault(unit, "a unit's name does not begin with -") }
            return .journal(unit: name.isEmpty || name == "all" ? nil : name)
        default:
            reader.fault(node, "a log is either a file or a journal (a unit's name, or all)")
            return nil
        }
    }

    private func pattern(_ node: Node) -> LogWatchSpec.Pattern? {
        let fields = reader.fields(node, "a pattern", ["name", "regex"])
        guard let name = fields["name"].flatMap({ reader.text($0, "name") }), !name.isEmpty else {
            reader.fault(node, "a pattern needs a name")
            return nil
        }
        guard let node = fields["regex"], let text = reader.text(node, "regex"), !text.isEmpty else {
            reader.fault(node, "a pattern needs a regex")
            return nil
        }
        guard Patterns.compile(text, node, reader) != nil,
            let regex = Patterns.compile("(?s:.*)(?:\(text))(?s:.*)", node, reader)
        else { return nil }
        return LogWatchSpec.Pattern(name: name, regex: regex)
    }
}
