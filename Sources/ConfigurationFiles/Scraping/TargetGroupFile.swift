import TocsinCore
import TocsinModel
import Yams

/// Reads lists of target groups: `static_configs`, and the files and answers of discovery, which are JSON or YAML.
package enum TargetGroupFile {
    /// The groups of a file, or all of its faults.
    package static func read(_ text: String, file: String) throws(Faults) -> [TargetGroup] {
        let reader = YAMLReader(file: file)
        let groups = reader.root(text).map { read($0, source: file, reader) } ?? []
        if !reader.faults.isEmpty { throw Faults(reader.faults) }
        return groups
    }

    static func read(_ node: Node, source: String, _ reader: YAMLReader) -> [TargetGroup] {
        reader.items(node, "target groups").enumerated().map { number, node in
            let fields = reader.fields(node, "a target group", ["targets", "labels"])
            let targets = (fields["targets"].map { reader.items($0, "targets") } ?? [])
                .compactMap { item in reader.text(item, "a target").map { ("__address__", $0) } }
            let labels = fields["labels"].map { reader.texts($0, "labels") } ?? []
            for (name, _, node) in labels where !LabelSyntax.isLabelName(name) {
                reader.fault(node, "\"\(name)\" is not a valid label name")
            }
            return TargetGroup(
                targets: targets.map { Labels([$0]) }, labels: Labels(labels.map { ($0.name, $0.text) }),
                source: "\(source):\(number)")
        }
    }
}
