import TocsinModel

/// The type of an expression's value.
public enum ValueType: String, Sendable {
    case scalar
    case string
    case instantVector = "instant vector"
    case rangeVector = "range vector"
}

/// A PromQL expression.
public indirect enum Expr: Sendable {
    case number(Double)
    case string(String)
    case selector(Selector)
    /// `selector[range]`
    case range(Selector, Milliseconds)
    case subquery(Subquery)
    case call(Call)
    case negate(Expr)
    case binary(Binary)
    case aggregate(Aggregate)
    case parenthesised(Expr)
}

/// The time a selector is pinned to with `@`.
public enum AtModifier: Sendable, Equatable {
    case time(Milliseconds)
    case start
    case end
}

/// A choice of series, with its shift in time.
public struct Selector: Sendable, Equatable {
    /// The metric name when it stands before the braces, else empty.
    public var name: String
    /// All conditions, the one on `__name__` included.
    public var matchers: [LabelMatcher]
    public var offset: Milliseconds = 0
    public var at: AtModifier?
}

/// `expression[range:step]`
public struct Subquery: Sendable, Equatable {
    public var expression: Expr
    public var range: Milliseconds
    /// nil for the default step.
    public var step: Milliseconds?
    public var offset: Milliseconds = 0
    public var at: AtModifier?
}

/// A function applied to arguments.
public struct Call: Sendable {
    public var function: Function
    public var arguments: [Expr]
    /// Offset of the name in the text, for errors.
    var position: Int
}

/// The operators between two expressions.
public enum BinaryOperator: String, Sendable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case modulo = "%"
    case power = "^"
    case atan2
    case equal = "=="
    case notEqual = "!="
    case greater = ">"
    case less = "<"
    case greaterOrEqual = ">="
    case lessOrEqual = "<="
    case and
    case or
    case unless

    /// True for operators that filter or yield 0 and 1.
    public var isComparison: Bool {
        switch self {
        case .equal, .notEqual, .greater, .less, .greaterOrEqual, .lessOrEqual: true
        default: false
        }
    }

    public var isSet: Bool { self == .and || self == .or || self == .unless }

    /// Higher binds tighter.
    var precedence: Int {
        switch self {
        case .or: 1
        case .and, .unless: 2
        case .equal, .notEqual, .greater, .less, .greaterOrEqual, .lessOrEqual: 3
        case .add, .subtract: 4
        case .multiply, .divide, .modulo, .atan2: 5
        case .power: 6
        }
    }
}

/// How many elements of one side may match one of the other.
public enum Cardinality: Sendable {
    case oneToOne, manyToOne, oneToMany, manyToMany
}

/// How the elements of two vectors find each other.
public struct Matching: Sendable, Equatable {
    public var cardinality = Cardinality.oneToOne
    /// True for `on(…)`, false for `ignoring(…)`.
    public var on = false
    public var labels: [String] = []
    /// The labels that `group_left` or `group_right` takes over from the "one" side.
    public var include: [String] = []
}

public struct Binary: Sendable {
    public var operation: BinaryOperator
    public var left: Expr
    public var right: Expr
    /// `bool`: a comparison yields 0 or 1 instead of filtering.
    public var returnsBool = false
    public var matching = Matching()
    var position: Int
}

/// The aggregation operators.
public enum AggregateOperator: String, Sendable, CaseIterable {
    case sum, avg, count, min, max, group, stddev, stdvar, topk, bottomk, quantile
    case countValues = "count_values"

    var takesParameter: Bool {
        switch self {
        case .topk, .bottomk, .quantile, .countValues: true
        default: false
        }
    }
}

public struct Aggregate: Sendable {
    public var operation: AggregateOperator
    public var expression: Expr
    public var parameter: Expr?
    public var grouping: [String] = []
    /// True for `without(…)`.
    public var without = false
    var position: Int
}

extension Expr {
    /// The type of the value, given that the expression has been checked.
    public var type: ValueType {
        switch self {
        case .number: .scalar
        case .string: .string
        case .selector, .aggregate: .instantVector
        case .range, .subquery: .rangeVector
        case .call(let call): call.function.result
        case .negate(let inner), .parenthesised(let inner): inner.type
        case .binary(let binary):
            binary.left.type == .scalar && binary.right.type == .scalar ? .scalar : .instantVector
        }
    }

    /// The filter `self operation number`. The expression must be an instant vector.
    public func compared(_ operation: BinaryOperator, to number: Double) -> Expr {
        .binary(Binary(operation: operation, left: self, right: .number(number), position: 0))
    }

    /// The expression without parentheses around it.
    public var unwrapped: Expr {
        if case .parenthesised(let inner) = self { return inner.unwrapped }
        return self
    }

    /// The expressions directly below.
    public var children: [Expr] {
        switch self {
        case .number, .string, .selector, .range: []
        case .subquery(let subquery): [subquery.expression]
        case .call(let call): call.arguments
        case .negate(let inner), .parenthesised(let inner): [inner]
        case .binary(let binary): [binary.left, binary.right]
        case .aggregate(let aggregate): (aggregate.parameter.map { [$0] } ?? []) + [aggregate.expression]
        }
    }

    /// Calls `body` for this expression and all below it.
    public func walk(_ body: (Expr) -> Void) {
        body(self)
        for child in children { child.walk(body) }
    }
}
