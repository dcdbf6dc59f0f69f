import TocsinModel

extension Evaluator {
    mutating func evaluate(_ node: Binary) throws -> Value {
        let left = try evaluate(node.left, asEvidence: node.leftIsEvidence)
        let right = try evaluate(node.right, asEvidence: false)
        switch (left, right) {
        case (.scalar(let a), .scalar(let b)):
            if node.operation.isComparison { return .scalar(Self.holds(node.operation, a, b) ? 1 : 0) }
            return .scalar(Self.arithmetic(node.operation, a, b))
        case (.vector(let samples), .scalar(let number)):
            return .vector(Self.combine(samples, number, node, scalarLeft: false))
        case (.scalar(let number), .vector(let samples)):
            return .vector(Self.combine(samples, number, node, scalarLeft: true))
        case (.vector(let a), .vector(let b)):
            switch node.operation {
            case .and, .unless: return .vector(Self.filter(a, by: b, node))
            case .or: return .vector(Self.union(a, b, node))
            default: return .vector(try Self.match(a, b, node))
            }
        default:
            throw EvaluationFailure.invalid("binary expression must contain only scalar and instant vector types")
        }
    }

    /// "More than so many happened" holds in a window that is not full, if it holds at all.
    private mutating func evaluate(_ expression: Expr, asEvidence: Bool) throws -> Value {
        let outer = partialIsEvidence
        partialIsEvidence = asEvidence
        defer { partialIsEvidence = outer }
        return try evaluate(expression)
    }

    static func arithmetic(_ operation: BinaryOperator, _ a: Double, _ b: Double) -> Double {
        switch operation {
        case .add: a + b
        case .subtract: a - b
        case .multiply: a * b
        case .divide: a / b
        case .modulo: a.truncatingRemainder(dividingBy: b)
        case .power: Math.pow(a, b)
        case .atan2: Math.atan2(a, b)
        default: .nan
        }
    }

    static func holds(_ operation: BinaryOperator, _ a: Double, _ b: Double) -> Bool {
        switch operation {
        case .equal: a == b
        case .notEqual: a != b
        case .greater: a > b
        case .less: a < b
        case .greaterOrEqual: a >= b
        case .lessOrEqual: a <= b
        default: false
        }
    }

    private static func combine(
        _ samples: [Sample], _ number: Double, _ node: Binary, scalarLeft: Bool
    ) -> [Sample] {
        samples.compactMap { sample in
            let a = scalarLeft ? number : sample.value
            let b = scalarLeft ? sample.value : number
            if node.operation.isComparison {
                let holds = holds(node.operation, a, b)
                if node.returnsBool {
                    return Sample(labels: sample.labels.withoutName, at: sample.at, value: holds ? 1 : 0)
                }
                return holds ? sample : nil
            }
            return Sample(
                labels: sample.labels.withoutName, at: sample.at, value: arithmetic(node.operation, a, b))
        }
    }

    private static func signature(_ labels: Labels, _ matching: Matching, _ names: Set<String>) -> Labels {
        matching.on ? labels.keeping(names) : labels.withoutName.dropping(names)
    }

    private static func filter(_ a: [Sample], by b: [Sample], _ node: Binary) -> [Sample] {
        let names = Set(node.matching.labels)
        let present = Set(b.map { signature($0.labels, node.matching, names) })
        let wanted = node.operation == .and
        return a.filter { present.contains(signature($0.labels, node.matching, names)) == wanted }
    }

    private static func union(_ a: [Sample], _ b: [Sample], _ node: Binary) -> [Sample] {
        let names = Set(node.matching.labels)
        let present = Set(a.map { signature($0.labels, node.matching, names) })
        return a + b.filter { !present.contains(signature($0.labels, node.matching, names)) }
    }

    /// One-to-one, many-to-one and one-to-many matching.
    private static func match(_ left: [Sample], _ right: [Sample], _ node: Binary) throws -> [Sample] {
        if left.isEmpty || right.isEmpty { return [] }
        let matching = node.matching
        let names = Set(matching.labels)
        let oneOnLeft = matching.cardinality == .oneToMany
        let (many, one) = oneOnLeft ? (right, left) : (left, right)
        var ones: [Labels: Sample] = [:]
        for sample in one {
            let key = signature(sample.labels, matching, names)
            if ones[key] != nil {
                throw EvaluationFailure.duplicateSeries(side: oneOnLeft ? "left" : "right", labels: "\(key)")
            }
            ones[key] = sample
        }
        var seen: Set<Labels> = []
        var results: Set<Labels> = []
        var out: [Sample] = []
        for sample in many {
            let key = signature(sample.labels, matching, names)
            guard let partner = ones[key] else { continue }
            let a = oneOnLeft ? partner.value : sample.value
            let b = oneOnLeft ? sample.value : partner.value
            var value = arithmetic(node.operation, a, b)
            if node.operation.isComparison {
                let holds = holds(node.operation, a, b)
                if node.returnsBool { value = holds ? 1 : 0 } else if holds { value = a } else { continue }
            }
            if matching.cardinality == .oneToOne, !seen.insert(key).inserted {
                throw EvaluationFailure.manyToMany(labels: "\(key)")
            }
            let labels = resultLabels(sample.labels, partner.labels, node, names)
            if !results.insert(labels).inserted { throw EvaluationFailure.duplicateResult }
            out.append(Sample(labels: labels, at: sample.at, value: value))
        }
        return out
    }

    private static func resultLabels(
        _ many: Labels, _ one: Labels, _ node: Binary, _ names: Set<String>
    ) -> Labels {
        var labels = many
        if !node.operation.isComparison || node.returnsBool { labels = labels.withoutName }
        if node.matching.cardinality == .oneToOne {
            return node.matching.on ? labels.keeping(names) : labels.dropping(names)
        }
        for name in node.matching.include { labels = labels.setting(name, one[name]) }
        return labels
    }
}

extension Binary {
    fileprivate var leftIsEvidence: Bool {
        switch operation {
        case .greater, .greaterOrEqual: return left.isEvidence
        case .notEqual:
            if case .number(0) = right.unwrapped { return left.isEvidence }
            return false
        default: return false
        }
    }
}
