import PromQL
import TocsinCore
import TocsinModel
import Yams

/// Reads `anomalies`: which values detectors watch.
struct AnomalyReader {
    let reader: YAMLReader

    private static let keys = ["name", "expr", "step", "channels", "budget", "hold_while", "floor", "group_by"]

    func specs(_ node: Node) -> [AnomalySpec] {
        var names: Set<String> = []
        return reader.items(node, "anomalies").compactMap { node in
            guard let spec = spec(node) else { return nil }
            if !names.insert(spec.name).inserted {
                reader.fault(node, "the detector \"\(spec.name)\" is there twice")
            }
            return spec
        }
    }

    private func spec(_ node: Node) -> AnomalySpec? {
        let fields = reader.fields(node, "a detector", Self.keys)
        guard let name = fields["name"].flatMap({ reader.text($0, "name") }), !name.isEmpty else {
            reader.fault(node, "a detector needs a name")
            return nil
        }
        guard let text = fields["expr"].flatMap({ reader.text($0, "expr") }) else {
            reader.fault(node, "the detector \"\(name)\" needs an expr")
            return nil
        }
        let expression: Expr
        do throws(PromQLError) { expression = try Expr(parsing: text) } catch {
            reader.fault(fields["expr"], "the detector \"\(name)\": \(error)")
            return nil
        }
        if expression.type != .instantVector && expression.type != .scalar {
            reader.fault(
                fields["expr"],
                "the detector \"\(name)\" needs an instant vector, and its expr gives a \(expression.type.rawValue)"
                    + (expression.type == .rangeVector ? "; such as avg_over_time(…)" : ""))
        }
        var spec = AnomalySpec(name: name, expression: expression)
        if let node = fields["step"], let step = RuleFile.duration(node, "step", reader) {
            spec.step = step
            if step < 1_000 { reader.fault(node, "step must be at least 1s") }
        }
        if let node = fields["channels"] { spec.channels = channels(node) }
        if let node = fields["budget"], let budget = reader.number(node, "budget") {
            spec.budget = budget
            if !(budget > 0 && budget <= 10_000) {
                reader.fault(node, "budget is a number of false alarms a week, greater than 0")
            }
        }
        if let node = fields["floor"], let floor = reader.number(node, "floor") {
            spec.floor = floor
            if !(floor >= 0 && floor.isFinite) { reader.fault(node, "floor must not be negative") }
        }
        if let node = fields["hold_while"] { spec.holdWhile = names(node, "hold_while") }
        if let node = fields["group_by"] { spec.groupBy = names(node, "group_by") }
        return spec
    }

    private func channels(_ node: Node) -> [AnomalySpec.Channel] {
        let channels = reader.items(node, "channels").compactMap { item -> AnomalySpec.Channel? in
            let word = reader.text(item, "a channel") ?? ""
            if let channel = AnomalySpec.Channel(rawValue: word) { return channel }
            reader.fault(item, "a channel is novelty or spike, not \"\(word)\"")
            return nil
        }
        if channels.isEmpty { reader.fault(node, "channels must name novelty, spike or both") }
        return AnomalySpec.Channel.allCases.filter(channels.contains)
    }

    /// One name or a list of them.
    private func names(_ node: Node, _ what: String) -> [String] {
        if node.sequence == nil { return reader.text(node, what).map { [$0] } ?? [] }
        return reader.items(node, what).compactMap { reader.text($0, what) }
    }
}
