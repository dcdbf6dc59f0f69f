import TocsinModel

/// The rules of PromQL's types, in Prometheus' words, checked as each node is made.
extension Parser {
    func check(binary node: Binary, from start: Int) throws(PromQLError) {
        let left = node.left.type
        let right = node.right.type
        if node.returnsBool, !node.operation.isComparison {
            throw error("bool modifier can only be used on comparison operators", at: node.position)
        }
        for side in [left, right] where side != .scalar && side != .instantVector {
            throw error("binary expression must contain only scalar and instant vector types", at: start)
        }
        let scalars = left == .scalar && right == .scalar
        if node.operation.isComparison, scalars, !node.returnsBool {
            throw error("comparisons between scalars must use BOOL modifier", at: node.position)
        }
        if node.operation.isSet {
            if left == .scalar || right == .scalar {
                throw error(
                    "set operator \"\(node.operation.rawValue)\" not allowed in binary scalar expression",
                    at: start)
            }
            if node.matching.cardinality == .manyToOne || node.matching.cardinality == .oneToMany {
                throw error(
                    "no grouping allowed for \"\(node.operation.rawValue)\" operation", at: start)
            }
        }
        let matched = node.matching.on || !node.matching.labels.isEmpty
        if matched, left == .scalar || right == .scalar {
            throw error("vector matching only allowed between instant vectors", at: start)
        }
        if node.matching.on, let twice = node.matching.include.first(where: node.matching.labels.contains) {
            throw error("label \"\(twice)\" must not occur in ON and GROUP clause at once", at: node.position)
        }
    }

    func check(aggregate node: Aggregate, at starts: [Int]) throws(PromQLError) {
        guard node.expression.type == .instantVector else {
            throw error(
                "expected type instant vector in aggregation expression, got \(node.expression.type.rawValue)",
                at: starts[starts.count - 1])
        }
        guard let parameter = node.parameter else { return }
        let wanted: ValueType = node.operation == .countValues ? .string : .scalar
        guard parameter.type == wanted else {
            throw error(
                "expected type \(wanted.rawValue) in aggregation parameter, got \(parameter.type.rawValue)",
                at: starts[0])
        }
    }

    func check(call node: Call, at starts: [Int]) throws(PromQLError) {
        let function = node.function
        let count = node.arguments.count
        let least = function.arguments.count - function.optional
        let most = function.repeatsLast ? Int.max : function.arguments.count
        guard count >= least else {
            let words = function.optional > 0 || function.repeatsLast ? "at least \(least)" : "\(least)"
            throw error(
                "expected \(words) argument(s) in call to \"\(function.name)\", got \(count)", at: node.position)
        }
        guard count <= most else {
            let words = function.optional > 0 ? "at most \(most)" : "\(most)"
            throw error(
                "expected \(words) argument(s) in call to \"\(function.name)\", got \(count)", at: node.position)
        }
        for (number, argument) in node.arguments.enumerated() {
            let wanted = function.arguments[min(number, function.arguments.count - 1)]
            guard argument.type == wanted else {
                throw error(
                    "expected type \(wanted.rawValue) in call to function \"\(function.name)\", got "
                        + "\(argument.type.rawValue)", at: starts[number])
            }
        }
    }
}
