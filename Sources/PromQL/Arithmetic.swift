import TocsinModel

extension BinaryOperator {
    /// The function of an arithmetic operator on two numbers.
    var arithmetic: ((Double, Double) -> Double)? {
        switch self {
        case .add: { $0 + $1 }
        case .subtract: { $0 - $1 }
        case .multiply: { $0 * $1 }
        case .divide: { $0 / $1 }
        case .modulo: { $0.truncatingRemainder(dividingBy: $1) }
        case .power: { Math.pow($0, $1) }
        case .atan2: { Math.atan2($0, $1) }
        default: nil
        }
    }

    /// The relation that a comparison asks for.
    var relation: ((Double, Double) -> Bool)? {
        switch self {
        case .equal: { $0 == $1 }
        case .notEqual: { $0 != $1 }
        case .greater: { $0 > $1 }
        case .less: { $0 < $1 }
        case .greaterOrEqual: { $0 >= $1 }
        case .lessOrEqual: { $0 <= $1 }
        default: nil
        }
    }
}

extension Binary {
    /// What two elements yield: a number, or ``Frame/absent`` where a filter refuses them.
    var combination: (Double, Double) -> Double {
        if let arithmetic = operation.arithmetic { return arithmetic }
        let holds = operation.relation ?? { _, _ in false }
        if returnsBool { return { holds($0, $1) ? 1 : 0 } }
        return { holds($0, $1) ? $0 : Frame.absent }
    }

    /// True when the result is a number of its own, no longer the metric that went in.
    var dropsName: Bool { !operation.isComparison || returnsBool }

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

extension Evaluator {
    mutating func compute(_ node: Binary) throws -> Computed {
        let left = try compute(node.left, asEvidence: node.leftIsEvidence)
        let right = try compute(node.right, asEvidence: false)
        let combine = node.combination
        switch (left, right) {
        case (.scalars(let a), .scalars(let b)):
            return .scalars(zip(a, b).map(combine))
        case (.frame(let frame), .scalars(let numbers)):
            let out = frame.mapValues { value, step in combine(value, numbers[step]) }
            return .frame(node.dropsName ? try out.withoutNames() : out)
        case (.scalars(let numbers), .frame(let frame)):
            // A filter keeps the vector's value, whichever side it stands on.
            let filters = node.operation.isComparison && !node.returnsBool
            let out = frame.mapValues { value, step in
                let result = combine(numbers[step], value)
                return filters && !Frame.isAbsent(result) ? value : result
            }
            return .frame(node.dropsName ? try out.withoutNames() : out)
        case (.frame(let a), .frame(let b)):
            if node.operation.isSet { return .frame(try SetOperation(node).apply(a, b)) }
            return .frame(try VectorMatching(node, combine).apply(a, b))
        default:
            throw EvaluationFailure.invalid("binary expression must contain only scalar and instant vector types")
        }
    }

    /// "More than so many happened" holds in a window that is not full, if it holds at all.
    private mutating func compute(_ expression: Expr, asEvidence: Bool) throws -> Computed {
        let outer = partialIsEvidence
        partialIsEvidence = asEvidence
        defer { partialIsEvidence = outer }
        return try compute(expression)
    }
}
