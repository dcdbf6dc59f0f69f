import TocsinModel

/// Writes Prometheus' text exposition format, version 0.0.4.
public struct ExpositionWriter: Sendable {
    private var families: [MetricFamily] = []
    private var samples: [String: [(Labels, Double)]] = [:]

    public init() {}

    /// Adds one sample. Samples of a family may come scattered; they are written together.
    public mutating func add(_ family: MetricFamily, _ labels: Labels, _ value: Double) {
        if samples[family.name] == nil { families.append(family) }
        samples[family.name, default: []].append((labels, value))
    }

    /// The exposition: families by name, samples by labels, HELP and TYPE before each.
    public var text: String {
        var out = ""
        for family in families.sorted(by: { $0.name < $1.name }) {
            out += "# HELP \(family.name) \(Self.escapeHelp(family.help))\n"
            out += "# TYPE \(family.name) \(family.kind.rawValue)\n"
            for (labels, value) in (samples[family.name] ?? []).sorted(by: { $0.0 < $1.0 }) {
                out += family.name + Self.braces(labels) + " " + Self.number(value) + "\n"
            }
        }
        return out
    }

    private static func braces(_ labels: Labels) -> String {
        if labels.isEmpty { return "" }
        return "{" + labels.pairs.map { "\($0.name)=\(Labels.quote($0.value))" }.joined(separator: ",") + "}"
    }

    private static func escapeHelp(_ text: String) -> String {
        var out = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            default: out.unicodeScalars.append(character)
            }
        }
        return out
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if let whole = Int64(exactly: value), whole.magnitude < 1 << 53 { return "\(whole)" }
        return "\(value)"
    }
}
