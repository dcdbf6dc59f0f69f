import Glibc
import TocsinModel

extension FunctionTable {
    static let mathFunctions: [Function] = [
        mapping("abs") { $0.magnitude },
        mapping("ceil") { $0.rounded(.up) },
        mapping("floor") { $0.rounded(.down) },
        mapping("exp") { exp($0) },
        mapping("ln") { log($0) },
        mapping("log2") { log2($0) },
        mapping("log10") { log10($0) },
        mapping("sqrt") { $0.squareRoot() },
        mapping("sgn") { $0 < 0 ? -1 : $0 > 0 ? 1 : $0 },
        Function("round", [.instantVector, .scalar], optional: 1) { evaluator, arguments in
            let frame = try evaluator.frame(arguments[0])
            let nearest = arguments.count > 1 ? try evaluator.scalars(arguments[1]) : nil
            return .frame(
                try frame.mapValues { value, step in
                    // By the inverse, so that 0.1 and its like come out as they are written.
                    let inverse = 1 / (nearest?[step] ?? 1)
                    return (value * inverse + 0.5).rounded(.down) / inverse
                }.withoutNames())
        },
        Function("clamp_max", [.instantVector, .scalar]) { evaluator, arguments in
            let frame = try evaluator.frame(arguments[0])
            let most = try evaluator.scalars(arguments[1])
            return .frame(try frame.mapValues { Math.min(most[$1], $0) }.withoutNames())
        },
        Function("clamp_min", [.instantVector, .scalar]) { evaluator, arguments in
            let frame = try evaluator.frame(arguments[0])
            let least = try evaluator.scalars(arguments[1])
            return .frame(try frame.mapValues { Math.max(least[$1], $0) }.withoutNames())
        },
        Function("clamp", [.instantVector, .scalar, .scalar]) { evaluator, arguments in
            let frame = try evaluator.frame(arguments[0])
            let least = try evaluator.scalars(arguments[1])
            let most = try evaluator.scalars(arguments[2])
            return .frame(
                try frame.mapValues { value, step in
                    if most[step] < least[step] { return Frame.absent }
                    return Math.max(least[step], Math.min(most[step], value))
                }.withoutNames())
        },
    ]

    static let trigonometricFunctions: [Function] = [
        mapping("acos") { acos($0) },
        mapping("acosh") { acosh($0) },
        mapping("asin") { asin($0) },
        mapping("asinh") { asinh($0) },
        mapping("atan") { atan($0) },
        mapping("atanh") { atanh($0) },
        mapping("cos") { cos($0) },
        mapping("cosh") { cosh($0) },
        mapping("sin") { sin($0) },
        mapping("sinh") { sinh($0) },
        mapping("tan") { tan($0) },
        mapping("tanh") { tanh($0) },
        mapping("deg") { $0 * 180 / .pi },
        mapping("rad") { $0 * .pi / 180 },
        Function("pi", [], returns: .scalar) { evaluator, _ in
            .scalars(Array(repeating: Double.pi, count: evaluator.steps.count))
        },
    ]
}
