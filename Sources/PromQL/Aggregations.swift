import TocsinModel

extension Evaluator {
    mutating func evaluate(_ node: Aggregate) throws -> Value {
        let samples = try vector(node.expression)
        let names = Set(node.grouping)
        var groups: [Labels: Int] = [:]
        var members: [(labels: Labels, samples: [Sample])] = []
        for sample in samples {
            let key = node.without ? sample.labels.withoutName.dropping(names) : sample.labels.keeping(names)
            if let at = groups[key] {
                members[at].samples.append(sample)
            } else {
                groups[key] = members.count
                members.append((key, [sample]))
            }
        }
        switch node.operation {
        case .topk, .bottomk: return try rank(members, node)
        case .countValues: return try countValues(members, node)
        default: break
        }
        let parameter = try node.parameter.map { try scalar($0) } ?? 0
        return .vector(
            members.map { group in
                let value = Self.reduce(node.operation, group.samples.map(\.value), parameter)
                return Sample(labels: group.labels, at: time, value: value)
            })
    }

    private static func reduce(_ operation: AggregateOperator, _ values: [Double], _ parameter: Double) -> Double {
        switch operation {
        case .sum: Math.sum(values)
        case .avg: Math.mean(values)
        case .count: Double(values.count)
        case .group: 1
        case .min: Math.least(values)
        case .max: Math.greatest(values)
        case .stdvar: Math.variance(values)
        case .stddev: Math.variance(values).squareRoot()
        case .quantile: Math.quantile(parameter, values)
        case .topk, .bottomk, .countValues: .nan
        }
    }

    private mutating func rank(_ groups: [(labels: Labels, samples: [Sample])], _ node: Aggregate) throws -> Value {
        let wanted = try scalar(node.parameter ?? .number(0))
        if wanted.isNaN { throw EvaluationFailure.invalid("Parameter value is NaN") }
        let count = Int(max(0, min(wanted, 1e9)))
        var out: [Sample] = []
        for group in groups {
            // NaN ranks last in both directions.
            let sorted = group.samples.sorted { a, b in
                if a.value.isNaN != b.value.isNaN { return b.value.isNaN }
                if a.value == b.value || a.value.isNaN { return a.labels < b.labels }
                return node.operation == .topk ? a.value > b.value : a.value < b.value
            }
            out += sorted.prefix(count)
        }
        return .vector(out)
    }

    private mutating func countValues(
        _ groups: [(labels: Labels, samples: [Sample])], _ node: Aggregate
    ) throws -> Value {
        guard case .string(let name) = node.parameter?.unwrapped, !name.isEmpty else {
            throw EvaluationFailure.invalid("invalid label name in count_values")
        }
        var out: [Sample] = []
        for group in groups {
            var counts: [(text: String, count: Int)] = []
            for sample in group.samples {
                let text = GoNumber.plain(sample.value)
                if let at = counts.firstIndex(where: { $0.text == text }) {
                    counts[at].count += 1
                } else {
                    counts.append((text, 1))
                }
            }
            out += counts.map {
                Sample(labels: group.labels.setting(name, $0.text), at: time, value: Double($0.count))
            }
        }
        return .vector(out)
    }
}
