import TocsinModel

/// A function of PromQL: its signature, and how it is carried out.
public struct Function: Sendable {
    typealias Body = @Sendable (inout Evaluator, [Expr]) throws -> Value

    public let name: String
    public let arguments: [ValueType]
    /// How many of the last arguments may be left out.
    let optional: Int
    /// The last argument may be given any number of times.
    let repeatsLast: Bool
    public let result: ValueType
    /// What it finds in a window that is not full is real: something that happened there happened.
    let evidenceInPartialWindow: Bool
    let apply: Body

    init(
        _ name: String, _ arguments: [ValueType], optional: Int = 0, repeatsLast: Bool = false,
        returns result: ValueType = .instantVector, evidenceInPartialWindow: Bool = false,
        _ apply: @escaping Body
    ) {
        self.name = name
        self.arguments = arguments
        self.optional = optional
        self.repeatsLast = repeatsLast
        self.result = result
        self.evidenceInPartialWindow = evidenceInPartialWindow
        self.apply = apply
    }
}

/// Every function, one row each. To add one, write it in a file of this folder and list it there.
public enum FunctionTable {
    private static let byName: [String: Function] = Dictionary(
        uniqueKeysWithValues: (counterFunctions + overTimeFunctions + mathFunctions + labelAndTimeFunctions)
            .map { ($0.name, $0) })

    /// The function of a name, or nil.
    public static func find(_ name: String) -> Function? { byName[name] }

    /// All names, sorted.
    public static var names: [String] { byName.keys.sorted() }

    /// Prometheus functions that are known and not carried out: told apart from typing errors.
    static let unsupported: Set<String> = [
        "histogram_avg", "histogram_count", "histogram_sum", "histogram_fraction", "histogram_stddev",
        "histogram_stdvar", "double_exponential_smoothing", "mad_over_time", "sort_by_label", "sort_by_label_desc",
        "info", "ts_of_min_over_time", "ts_of_max_over_time", "ts_of_last_over_time", "ts_of_first_over_time",
        "first_over_time", "histogram_quantile", "label_join", "timestamp", "day_of_month", "day_of_week",
        "day_of_year",
        "days_in_month", "hour", "minute", "month", "year", "pi", "deg", "rad", "acos", "acosh", "asin", "asinh",
        "atan",
        "atanh", "cos", "cosh", "sin", "sinh", "tan", "tanh",
    ]

    /// A function that reduces each window to one number; nil leaves the series out.
    static func overWindow(
        _ name: String, keepsName: Bool = false, evidenceInPartialWindow: Bool = false,
        _ reduce: @escaping @Sendable (Window) -> Double?
    ) -> Function {
        Function(name, [.rangeVector], evidenceInPartialWindow: evidenceInPartialWindow) { evaluator, arguments in
            let time = evaluator.time
            return .vector(
                try evaluator.windows(of: arguments[0]).compactMap { window in
                    guard let value = reduce(window) else { return nil }
                    let labels = keepsName ? window.labels : window.labels.withoutName
                    return Sample(labels: labels, at: time, value: value)
                })
        }
    }

    /// A function that maps each value of an instant vector.
    static func mapping(_ name: String, _ transform: @escaping @Sendable (Double) -> Double) -> Function {
        Function(name, [.instantVector]) { evaluator, arguments in
            .vector(
                try evaluator.vector(arguments[0]).map {
                    Sample(labels: $0.labels.withoutName, at: $0.at, value: transform($0.value))
                })
        }
    }
}
