import LinearRegex
import TocsinModel

extension FunctionTable {
    static let labelAndTimeFunctions: [Function] = [
        Function("time", [], returns: .scalar) { evaluator, _ in .scalar(Double(evaluator.time) / 1000) },
        Function("vector", [.scalar]) { evaluator, arguments in
            .vector([Sample(labels: .none, at: evaluator.time, value: try evaluator.scalar(arguments[0]))])
        },
        Function("scalar", [.instantVector], returns: .scalar) { evaluator, arguments in
            let samples = try evaluator.vector(arguments[0])
            return .scalar(samples.count == 1 ? samples[0].value : .nan)
        },
        Function("sort", [.instantVector]) { evaluator, arguments in
            .vector(try evaluator.vector(arguments[0]).sorted { precedes($0.value, $1.value) })
        },
        Function("sort_desc", [.instantVector]) { evaluator, arguments in
            .vector(
                try evaluator.vector(arguments[0]).sorted { a, b in
                    a.value.isNaN || b.value.isNaN ? !a.value.isNaN && b.value.isNaN : a.value > b.value
                })
        },
        Function("label_replace", [.instantVector, .string, .string, .string, .string]) { evaluator, arguments in
            let text = arguments.map { argument -> String in
                if case .string(let text) = argument.unwrapped { return text }
                return ""
            }
            let regex = try compile(text[4])
            var seen: Set<Labels> = []
            return .vector(
                try evaluator.vector(arguments[0]).map { sample in
                    var sample = sample
                    if let groups = regex.captures(sample.labels[text[3]] ?? "") {
                        let value = expand(text[2], groups, regex)
                        sample.labels = sample.labels.setting(text[1], value)
                    }
                    if !seen.insert(sample.labels).inserted { throw EvaluationFailure.duplicateResult }
                    return sample
                })
        },
    ]

    private static func compile(_ pattern: String) throws(EvaluationFailure) -> LinearRegex {
        do throws(LinearRegex.Malformed) {
            return try LinearRegex(pattern)
        } catch {
            throw .invalid("invalid regular expression in label_replace(): \(pattern): \(error.reason)")
        }
    }

    private static func precedes(_ a: Double, _ b: Double) -> Bool {
        a.isNaN || b.isNaN ? !a.isNaN && b.isNaN : a < b
    }

    /// Go's `Regexp.Expand`: `$1`, `${1}`, `$name`, `${name}`, `$$`.
    static func expand(_ template: String, _ groups: [String], _ regex: LinearRegex) -> String {
        var out = ""
        var rest = Substring(template)
        while let dollar = rest.firstIndex(of: "$") {
            out += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            if rest.first == "$" {
                out += "$"
                rest = rest.dropFirst()
                continue
            }
            let braced = rest.first == "{"
            let body = braced ? rest.dropFirst() : rest
            let name = body.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
            let after = body.dropFirst(name.count)
            guard !name.isEmpty, !braced || after.first == "}" else {
                out += "$"
                continue
            }
            rest = braced ? after.dropFirst() : after
            if let number = Int(name) ?? regex.group(named: String(name)), number < groups.count {
                out += groups[number]
            }
        }
        return out + rest
    }
}
