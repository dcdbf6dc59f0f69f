import TocsinModel

extension Expr: CustomStringConvertible {
    /// The expression in canonical form; parsing it gives the same expression again.
    public var description: String {
        switch self {
        case .number(let value): GoNumber.format(value)
        case .string(let text): Labels.quote(text)
        case .selector(let selector): selector.text + selector.modifiers
        case .range(let selector, let range): selector.text + "[\(DurationText.format(range))]" + selector.modifiers
        case .subquery(let subquery):
            "\(subquery.expression)[\(DurationText.format(subquery.range)):"
                + (subquery.step.map { DurationText.format($0) } ?? "") + "]"
                + Selector.modifiers(subquery.offset, subquery.at)
        case .call(let call):
            call.function.name + "(" + call.arguments.map { "\($0)" }.joined(separator: ", ") + ")"
        case .negate(let inner): "-\(inner)"
        case .parenthesised(let inner): "(\(inner))"
        case .binary(let binary): binary.text
        case .aggregate(let aggregate): aggregate.text
        }
    }
}

extension Selector {
    fileprivate var text: String {
        let rest = name.isEmpty ? matchers : Array(matchers.dropFirst())
        if rest.isEmpty { return name }
        return name + "{"
            + rest.map { LabelSyntax.written($0.name) + $0.operation.rawValue + Labels.quote($0.value) }.joined(
                separator: ",") + "}"
    }

    fileprivate var modifiers: String { Self.modifiers(offset, at) }

    /// Seconds that read back as this time: far from now a Double does not tell every millisecond.
    private static func seconds(_ time: Milliseconds) -> Double {
        let nearest = Double(time) / 1000
        return [nearest, nearest.nextUp, nearest.nextDown].first { ($0 * 1000).rounded() == Double(time) } ?? nearest
    }

    static func modifiers(_ offset: Milliseconds, _ at: AtModifier?) -> String {
        var out = ""
        switch at {
        case .time(let time): out += " @ \(GoNumber.fixed(seconds(time), decimals: 3))"
        case .start: out += " @ start()"
        case .end: out += " @ end()"
        case nil: break
        }
        if offset != 0 { out += " offset \(DurationText.format(offset))" }
        return out
    }
}

extension Binary {
    fileprivate var text: String {
        var middle = operation.rawValue
        if returnsBool { middle += " bool" }
        if matching.on || !matching.labels.isEmpty {
            middle += matching.on ? " on (" : " ignoring ("
            middle += LabelSyntax.list(matching.labels) + ")"
        }
        switch matching.cardinality {
        case .manyToOne: middle += " group_left (" + LabelSyntax.list(matching.include) + ")"
        case .oneToMany: middle += " group_right (" + LabelSyntax.list(matching.include) + ")"
        case .oneToOne, .manyToMany: break
        }
        return "\(left) \(middle) \(right)"
    }
}

extension Aggregate {
    fileprivate var text: String {
        var out = operation.rawValue
        if without || !grouping.isEmpty {
            out += (without ? " without (" : " by (") + LabelSyntax.list(grouping) + ") "
        }
        let parameter = parameter.map { "\($0), " } ?? ""
        return out + "(\(parameter)\(expression))"
    }
}

extension LabelSyntax {
    /// A label name as PromQL writes it: in quotes where it would not be a name without.
    fileprivate static func written(_ name: String) -> String { isLabelName(name) ? name : Labels.quote(name) }

    fileprivate static func list(_ names: [String]) -> String { names.map(written).joined(separator: ", ") }
}
