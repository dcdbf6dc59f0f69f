import TocsinModel

/// How Go's templates compare: only values of one kind, and whole numbers never with fractions.
extension TemplateFunctions {
    static let comparisons: [String: TemplateFunction] = [
        "eq": TemplateFunction([.any, .any], variadic: true) { (arguments, _) throws(Misuse) in
            .bool(try isAnyEqual(arguments))
        },
        "ne": TemplateFunction([.any, .any]) { (arguments, _) throws(Misuse) in .bool(!(try isAnyEqual(arguments))) },
        "lt": compare { (a, b) throws(Misuse) in try isLess(a, b) },
        "le": compare { (a, b) throws(Misuse) in try isLessOrEqual(a, b) },
        // As Go has it: what cannot be less or equal is greater, NaN included.
        "gt": compare { (a, b) throws(Misuse) in !(try isLessOrEqual(a, b)) },
        "ge": compare { (a, b) throws(Misuse) in !(try isLess(a, b)) },
    ]

    private static func compare(
        _ holds: @escaping @Sendable (TemplateValue, TemplateValue) throws(Misuse) -> Bool
    ) -> TemplateFunction {
        TemplateFunction([.any, .any]) { (arguments, _) throws(Misuse) in
            .bool(try holds(arguments[0], arguments[1]))
        }
    }

    private static func checkComparable(_ value: TemplateValue) throws(Misuse) {
        switch value {
        case .labels, .list, .named:
            throw Misuse(reason: "non-comparable type \(Printf.plain(value)): \(value.typeName)")
        default: break
        }
    }

    /// `eq`: equal to any of the others.
    private static func isAnyEqual(_ arguments: [TemplateValue]) throws(Misuse) -> Bool {
        let first = arguments[0]
        try checkComparable(first)
        guard arguments.count > 1 else { throw Misuse(reason: "missing argument for comparison") }
        for other in arguments.dropFirst() {
            switch (first, other) {
            case (.number(let a), .number(let b)): if a == b { return true }
            case (.bool, .bool), (.integer, .integer), (.string, .string): if first == other { return true }
            case (.none, .none): return true
            case (.none, _), (_, .none): continue
            case (.record, .record), (.time, .time), (.duration, .duration): if first == other { return true }
            default:
                try checkComparable(other)
                throw Misuse(reason: "incompatible types for comparison")
            }
        }
        return false
    }

    private static func isLessOrEqual(_ a: TemplateValue, _ b: TemplateValue) throws(Misuse) -> Bool {
        if try isLess(a, b) { return true }
        return try isAnyEqual([a, b])
    }

    private static func isLess(_ a: TemplateValue, _ b: TemplateValue) throws(Misuse) -> Bool {
        switch (a, b) {
        case (.integer(let x), .integer(let y)): return x < y
        case (.number(let x), .number(let y)): return x < y
        case (.string(let x), .string(let y)): return x.utf8.lexicographicallyPrecedes(y.utf8)
        default: break
        }
        for value in [a, b] {
            switch value {
            case .bool, .integer, .number, .string: continue
            default: throw Misuse(reason: "invalid type for comparison")
            }
        }
        if case (.bool, .bool) = (a, b) { throw Misuse(reason: "invalid type for comparison") }
        throw Misuse(reason: "incompatible types for comparison")
    }
}
