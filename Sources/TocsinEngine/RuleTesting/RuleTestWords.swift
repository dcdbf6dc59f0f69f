import TocsinModel

/// A sample in a rule test, expected or found.
struct RuleTestSample: Comparable {
    let labels: Labels
    let value: Double

    static func < (a: RuleTestSample, b: RuleTestSample) -> Bool { a.labels < b.labels }

    /// Equal one by one. NaN is equal to nothing, as in promtool; with `fuzzy` the neighbouring number will do.
    static func agree(_ a: [RuleTestSample], _ b: [RuleTestSample], fuzzy: Bool) -> Bool {
        guard a.count == b.count else { return false }
        return zip(a, b).allSatisfy { x, y in
            x.labels == y.labels
                && (x.value == y.value || (fuzzy && (x.value.nextUp == y.value || x.value.nextDown == y.value)))
        }
    }

    /// As promtool lists them: `{__name__="a"} 1E+00, …`, or `nil`.
    static func list(_ samples: [RuleTestSample]) -> String {
        if samples.isEmpty { return "nil" }
        return samples.map { "\(GoText.labels($0.labels)) \(GoNumber.scientific($0.value))" }.joined(separator: ", ")
    }
}

/// An alert in a rule test, expected or found.
struct RuleTestAlert: Comparable {
    let labels: Labels
    /// In ascending order of names.
    let annotations: [Annotation]

    static func < (a: RuleTestAlert, b: RuleTestAlert) -> Bool {
        if a.labels != b.labels { return a.labels < b.labels }
        return a.annotations.lexicographicallyPrecedes(b.annotations) { ($0.name, $0.text) < ($1.name, $1.text) }
    }

    /// As promtool lists them.
    static func list(_ alerts: [RuleTestAlert]) -> String {
        if alerts.isEmpty { return "[]" }
        let lines = alerts.enumerated().map { number, alert in
            "            \(number):\n              Labels:\(GoText.labels(alert.labels))\n"
                + "              Annotations:\(GoText.annotations(alert.annotations))"
        }
        return "[\n" + lines.joined(separator: ",\n") + "\n            ]"
    }
}

/// Texts as Go prints them.
enum GoText {
    /// `{a="b", c="d"}`, the metric name among the labels.
    static func labels(_ labels: Labels) -> String {
        "{" + labels.pairs.map { "\($0.name)=\(quoted($0.value))" }.joined(separator: ", ") + "}"
    }

    static func annotations(_ all: [Annotation]) -> String {
        "{" + all.map { "\($0.name)=\(quoted($0.text))" }.joined(separator: ", ") + "}"
    }

    /// Go's `time.Duration`: `5m0s`, `1h0m0s`, `500ms`.
    static func duration(_ milliseconds: Milliseconds) -> String {
        if milliseconds.magnitude < 1000 { return milliseconds == 0 ? "0s" : "\(milliseconds)ms" }
        let sign = milliseconds < 0 ? "-" : ""
        let all = milliseconds.magnitude
        let seconds = GoNumber.plain(Double(all % 60_000) / 1000) + "s"
        if all < 60_000 { return sign + seconds }
        let minutes = "\(all / 60_000 % 60)m" + seconds
        return sign + (all < 3_600_000 ? minutes : "\(all / 3_600_000)h" + minutes)
    }

    /// Go's `%q`.
    static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\t": out += "\\t"
            case "\r": out += "\\r"
            default:
                if scalar.value < 32 || scalar.value == 127 {
                    out += "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
                } else {
                    out.unicodeScalars.append(scalar)
                }
            }
        }
        return out + "\""
    }
}
