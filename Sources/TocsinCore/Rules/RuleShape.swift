import PromQL
import TocsinModel

/// The comparison at the heart of an alert's expression: what is judged, and against which number.
package struct RuleShape: Sendable {
    package let judged: Expr
    package let operation: BinaryOperator
    package let threshold: Double

    /// Finds `judged > number` at the top, below `and`, `unless` and parentheses. Nil when the rule has another shape.
    package init?(_ expression: Expr) {
        switch expression.unwrapped {
        case .binary(let node) where node.operation == .and || node.operation == .unless:
            guard let shape = RuleShape(node.left) else { return nil }
            self = shape
        case .binary(let node) where node.operation.isComparison:
            guard node.left.type == .instantVector, case .number(let number) = node.right.unwrapped else { return nil }
            judged = node.left.unwrapped
            operation = node.operation
            threshold = number
        default: return nil
        }
    }

    /// The same comparison against another threshold.
    package func against(_ threshold: Double) -> Expr { judged.compared(operation, to: threshold) }

    /// True when a value that passes the other threshold is nearer to being well, or as near.
    package func isSafer(_ other: Double) -> Bool {
        switch operation {
        case .greater, .greaterOrEqual: other <= threshold
        case .less, .lessOrEqual: other >= threshold
        default: false
        }
    }
}
