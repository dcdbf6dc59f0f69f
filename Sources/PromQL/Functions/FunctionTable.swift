import TocsinModel

/// A function of PromQL: its signature, and how it is carried out.
public struct Function: Sendable {
    typealias Body = @Sendable (inout Evaluator, [Expr]) throws -> Computed

    public let name: String
    public let arguments: [ValueType]
    /// How many of the last arguments may be left out.
    let optional: Int
    /// The last argument may be given any number of times.
    let repeatsLast: Bool
    public let result: ValueType
    /// What it finds in a window that is not full is real: something that happened there happened.
    let evidenceInPartialWindow: Bool
    /// Its value depends on the instant of the evaluation even when its arguments do not.
    let dependsOnTime: Bool
    let apply: Body

    init(
        _ name: String, _ arguments: [ValueType], optional: Int = 0, repeatsLast: Bool = false,
        returns result: ValueType = .instantVector, evidenceInPartialWindow: Bool = false, dependsOnTime: Bool = false,
        _ apply: @escaping Body
    ) {
        self.name = name
        self.arguments = arguments
        self.optional = optional
        self.repeatsLast = repeatsLast
        self.result = result
        self.evidenceInPartialWindow = evidenceInPartialWindow
        self.dependsOnTime = dependsOnTime
        self.apply = apply
    }
}

/// Every function, one row each. To add one, write it in a file of this folder and list it there.
public enum FunctionTable {
    private static let byName: [String: Function] = Dictionary(
        uniqueKeysWithValues: [
            counterFunctions, overTimeFunctions, mathFunctions, trigonometricFunctions, labelFunctions, timeFunctions,
            histogramFunctions,
        ].joined().map { ($0.name, $0) })

    /// The function of a name, or nil.
    public static func find(_ name: String) -> Function? { byName[name] }

    /// All names, sorted.
    public static var names: [String] { byName.keys.sorted() }

    /// Prometheus functions that are known and not carried out, with the reason: told apart from typing errors.
    static let unsupported: [String: String] = {
        let native = [
            "histogram_avg", "histogram_count", "histogram_sum", "histogram_fraction", "histogram_stddev",
            "histogram_stdvar", "histogram_quantiles",
        ]
        let experimental = [
            "double_exponential_smoothing", "holt_winters", "mad_over_time", "sort_by_label", "sort_by_label_desc",
            "info", "ts_of_min_over_time", "ts_of_max_over_time", "ts_of_last_over_time", "ts_of_first_over_time",
            "first_over_time", "limitk", "limit_ratio",
        ]
        return Dictionary(
            uniqueKeysWithValues: native.map { ($0, "it works on native histograms") }
                + experimental.map { ($0, "it is experimental in Prometheus") })
    }()

    /// A function that reduces each window to one number; nil leaves the series out.
    static func overWindow(
        _ name: String, keepsName: Bool = false, evidenceInPartialWindow: Bool = false,
        _ reduce: @escaping @Sendable (Window) -> Double?
    ) -> Function {
        Function(name, [.rangeVector], evidenceInPartialWindow: evidenceInPartialWindow) { evaluator, arguments in
            let rows = try evaluator.ranges(of: arguments[0])
            return .frame(
                try rows.reduce(keepsNames: keepsName, steps: evaluator.steps.count) { window, _ in reduce(window) })
        }
    }

    /// A function that maps each value of an instant vector.
    static func mapping(_ name: String, _ transform: @escaping @Sendable (Double) -> Double) -> Function {
        Function(name, [.instantVector]) { evaluator, arguments in
            .frame(try evaluator.frame(arguments[0]).mapValues { transform($0) }.withoutNames())
        }
    }
}
