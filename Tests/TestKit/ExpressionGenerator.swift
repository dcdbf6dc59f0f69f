/// Makes random well-typed PromQL over the metrics of ``DifferentialData``.
public struct ExpressionGenerator {
    private var random: SeededRandom

    public init(seed: UInt64) { random = SeededRandom(seed) }

    private mutating func pick(_ all: [String]) -> String { all.randomElement(using: &random) ?? "" }
    private mutating func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &random) < share }

    /// An instant vector, or now and then a scalar.
    public mutating func expression() -> String {
        chance(0.06) ? scalar(3) : vector(Int.random(in: 1...4, using: &random))
    }

    // MARK: Leaves

    private static let metrics = ["counter", "gauge", "reset", "sparse", "bucket", "odd"]

    private mutating func selector() -> String {
        let name = pick(Self.metrics)
        var out = name
        if chance(0.05) {
            out = "{__name__=~\"\(pick(["gau.*", "counter|gauge", ".*t", "(count|spars).+"]))\"}"
        } else if chance(0.5) {
            let matchers = [
                "instance=\"i1\"", "instance!=\"i1\"", "instance=~\"i[0-2]\"", "job!~\"b.*\"", "job=\"a\"", "zone=\"\"",
                "zone!=\"\"", "zone=~\"z1|\"", "nothing=\"\"", "job=~\".+\"", "instance=\"none\"",
            ]
            var chosen = [pick(matchers)]
            if chance(0.3) { chosen.append(pick(matchers)) }
            out += "{" + chosen.joined(separator: ",") + "}"
        }
        return out
    }

    private mutating func modifiers() -> String {
        var out = ""
        if chance(0.08) { out += " @ \(pick(["1700001007", "start()", "end()", "1700002000.5"]))" }
        if chance(0.12) { out += " offset \(pick(["1m", "7m", "-2m", "90s", "1h"]))" }
        return out
    }

    private mutating func range() -> String { pick(["1m", "5m", "10m", "90s", "17m", "1h"]) }

    private mutating func matrix(_ depth: Int) -> String {
        if depth > 0, chance(0.2) {
            let step = pick(["", "1m", "30s", "2m"])
            return "(\(vector(depth - 1)))[\(pick(["5m", "10m", "20m"])):\(step)]" + modifiers()
        }
        return selector() + "[\(range())]" + modifiers()
    }

    private mutating func number() -> String {
        pick(["0", "1", "2", "-1", "0.5", "10", "1e3", "100", "-3.25", "0x10", "Inf", "NaN", "1000000"])
    }

    private mutating func scalar(_ depth: Int) -> String {
        if depth <= 0 || chance(0.6) { return chance(0.1) ? pick(["time()", "pi()"]) : number() }
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return "scalar(\(vector(depth - 1)))"
        case 1:
            return
                "(\(scalar(depth - 1)) \(pick(["+", "-", "*", "/", "%", "^", "== bool", "> bool"])) \(scalar(depth - 1)))"
        case 2: return "-(\(scalar(depth - 1)))"
        default: return "time()"
        }
    }

    // MARK: Vectors

    private mutating func vector(_ depth: Int) -> String {
        if depth <= 0 { return selector() + modifiers() }
        switch Int.random(in: 0..<12, using: &random) {
        case 0, 1: return overTime(depth)
        case 2, 3: return aggregate(depth)
        case 4: return mapped(depth)
        case 5: return "(\(vector(depth - 1)) \(arithmetic()) \(scalar(1)))"
        case 6: return "(\(scalar(1)) \(arithmetic()) \(vector(depth - 1)))"
        case 7: return matched(depth)
        case 8:
            let match = chance(0.5) ? "" : chance(0.5) ? " on (instance)" : " ignoring (job)"
            return "(\(vector(depth - 1)) \(pick(["and", "or", "unless"]))\(match) \(vector(depth - 1)))"
        case 9: return labelled(depth)
        case 10: return other(depth)
        default: return selector() + modifiers()
        }
    }

    private mutating func arithmetic() -> String {
        pick(["+", "-", "*", "/", "%", "^", "atan2", ">", "<", "==", "!=", ">=", "<=", "> bool", "!= bool"])
    }

    private mutating func overTime(_ depth: Int) -> String {
        let functions = [
            "rate", "increase", "delta", "irate", "idelta", "changes", "resets", "deriv", "sum_over_time",
            "avg_over_time",
            "min_over_time", "max_over_time", "count_over_time", "last_over_time", "present_over_time",
            "stddev_over_time", "stdvar_over_time", "absent_over_time",
        ]
        switch Int.random(in: 0..<10, using: &random) {
        case 0: return "quantile_over_time(\(pick(["0.5", "0.9", "0", "1", "-1", "2", "NaN"])), \(matrix(depth - 1)))"
        case 1: return "predict_linear(\(matrix(depth - 1)), \(pick(["60", "3600", "-600"])))"
        default: return "\(pick(functions))(\(matrix(depth - 1)))"
        }
    }

    private mutating func aggregate(_ depth: Int) -> String {
        let by = pick([
            "", " by (job)", " by (instance)", " without (instance)", " by (job, zone)", " without (job, zone)",
        ])
        let inner = vector(depth - 1)
        switch Int.random(in: 0..<14, using: &random) {
        case 0: return "topk\(by)(\(pick(["1", "2", "0", "5"])), \(inner))"
        case 1: return "bottomk\(by)(\(pick(["1", "2", "-1"])), \(inner))"
        case 2: return "quantile\(by)(\(pick(["0.5", "0.25", "1", "7"])), \(inner))"
        case 3: return "count_values\(by)(\"v\", \(inner))"
        default:
            return "\(pick(["sum", "avg", "min", "max", "count", "group", "stddev", "stdvar"]))\(by)(\(inner))"
        }
    }

    private mutating func mapped(_ depth: Int) -> String {
        let inner = vector(depth - 1)
        switch Int.random(in: 0..<8, using: &random) {
        case 0: return "round(\(inner), \(pick(["0.1", "5", "1000"])))"
        case 1: return "clamp(\(inner), \(pick(["-1", "0", "5"])), \(pick(["10", "1", "100"])))"
        case 2: return "clamp_\(pick(["min", "max"]))(\(inner), \(number()))"
        case 3:
            return
                "\(pick(["hour", "minute", "month", "year", "day_of_month", "day_of_week", "day_of_year", "days_in_month"]))(\(inner))"
        case 4: return "-\(inner)"
        default:
            let functions = [
                "abs", "ceil", "floor", "exp", "ln", "log2", "log10", "sqrt", "sgn", "sin", "cos", "tan", "asin",
                "acos",
                "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "deg", "rad", "timestamp", "round",
            ]
            return "\(pick(functions))(\(inner))"
        }
    }

    private mutating func matched(_ depth: Int) -> String {
        let left = vector(depth - 1)
        let right = vector(depth - 1)
        let operation = arithmetic()
        switch Int.random(in: 0..<6, using: &random) {
        case 0: return "(\(left) \(operation) \(right))"
        case 1: return "(\(left) \(operation) on (instance, job, zone, le) \(right))"
        case 2: return "(\(left) \(operation) on (job) group_left (zone) sum by (job) (\(right)))"
        case 3: return "(sum by (instance) (\(left)) \(operation) on (instance) group_right () \(right))"
        case 4: return "(sum by (job) (\(left)) \(operation) avg by (job) (\(right)))"
        default: return "(\(left) \(operation) ignoring (zone) \(right))"
        }
    }

    private mutating func labelled(_ depth: Int) -> String {
        let inner = vector(depth - 1)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return "label_replace(\(inner), \"x\", \"$1-$0\", \"instance\", \"i(.*)\")"
        case 1: return "label_replace(\(inner), \"job\", \"${n}\", \"zone\", \"(?P<n>z.)\")"
        case 2: return "label_join(\(inner), \"x\", \"-\", \"job\", \"zone\", \"nothing\")"
        default: return "label_replace(\(inner), \"zone\", \"\", \"zone\", \".*\")"
        }
    }

    private mutating func other(_ depth: Int) -> String {
        switch Int.random(in: 0..<8, using: &random) {
        case 0: return "absent(\(vector(depth - 1)))"
        case 1: return "vector(\(scalar(depth - 1)))"
        case 2: return "histogram_quantile(\(pick(["0.9", "0.5", "0", "1", "2"])), rate(bucket[\(range())]))"
        case 3: return "histogram_quantile(0.95, sum by (le, job) (bucket))"
        case 4: return "sort\(pick(["", "_desc"]))(\(vector(depth - 1)))"
        case 5: return "hour()"
        default: return "(\(vector(depth - 1)))"
        }
    }
}
