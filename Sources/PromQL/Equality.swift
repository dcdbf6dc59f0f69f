import TocsinModel

/// Expressions are equal when they were written alike but for blanks, comments and places. NaN equals NaN here.
extension Expr: Equatable {
    public static func == (a: Expr, b: Expr) -> Bool {
        switch (a, b) {
        case (.number(let x), .number(let y)): x == y && x.sign == y.sign || x.isNaN && y.isNaN
        case (.string(let x), .string(let y)): x == y
        case (.selector(let x), .selector(let y)): x == y
        case (.range(let x, let p), .range(let y, let q)): x == y && p == q
        case (.subquery(let x), .subquery(let y)): x == y
        case (.call(let x), .call(let y)): x.function.name == y.function.name && x.arguments == y.arguments
        case (.negate(let x), .negate(let y)), (.parenthesised(let x), .parenthesised(let y)): x == y
        case (.binary(let x), .binary(let y)): x == y
        case (.aggregate(let x), .aggregate(let y)): x == y
        default: false
        }
    }
}

extension Binary: Equatable {
    public static func == (a: Binary, b: Binary) -> Bool {
        a.operation == b.operation && a.returnsBool == b.returnsBool && a.matching == b.matching && a.left == b.left
            && a.right == b.right
    }
}

extension Aggregate: Equatable {
    public static func == (a: Aggregate, b: Aggregate) -> Bool {
        a.operation == b.operation && a.without == b.without && a.grouping == b.grouping && a.parameter == b.parameter
            && a.expression == b.expression
    }
}
