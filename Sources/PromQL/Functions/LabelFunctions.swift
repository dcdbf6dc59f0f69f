import LinearRegex
import TocsinModel

extension FunctionTable {
    static let labelFunctions: [Function] = [
        Function("vector", [.scalar]) { evaluator, arguments in
            .frame(Frame(labels: [.none], values: try evaluator.scalars(arguments[0]), steps: evaluator.steps.count))
        },
        Function("scalar", [.instantVector], returns: .scalar) { evaluator, arguments in
            let frame = try evaluator.frame(arguments[0])
            return .scalars((0..<frame.steps).map { frame.only(at: $0) ?? .nan })
        },
        Function("sort", [.instantVector]) { evaluator, arguments in
            .frame(try evaluator.frame(arguments[0]).sorted { $0 < $1 })
        },
        Function("sort_desc", [.instantVector]) { evaluator, arguments in
            .frame(try evaluator.frame(arguments[0]).sorted { $0 > $1 })
        },
        Function("label_replace", [.instantVector, .string, .string, .string, .string]) { evaluator, arguments in
            let text = try arguments.dropFirst().map { try evaluator.text($0) }
            let (target, replacement, origin, pattern) = (text[0], text[1], text[2], text[3])
            let regex = try compile(pattern)
            guard isLabelName(target) else {
                throw EvaluationFailure.invalid("invalid destination label name in label_replace(): \(target)")
            }
            var frame = try evaluator.frame(arguments[0])
            for row in 0..<frame.rows {
                guard let groups = regex.captures(frame.labels[row][origin] ?? "") else { continue }
                frame.labels[row] = frame.labels[row].setting(
                    target, Expansion.expand(replacement, groups) { regex.group(named: $0) })
            }
            return .frame(try frame.merged())
        },
        Function("label_join", [.instantVector, .string, .string, .string], optional: 1, repeatsLast: true) {
            evaluator, arguments in
            let text = try arguments.dropFirst().map { try evaluator.text($0) }
            for source in text.dropFirst(2) where !isLabelName(source) {
                throw EvaluationFailure.invalid("invalid source label name in label_join(): \(source)")
            }
            guard isLabelName(text[0]) else {
                throw EvaluationFailure.invalid("invalid destination label name in label_join(): \(text[0])")
            }
            var frame = try evaluator.frame(arguments[0])
            for row in 0..<frame.rows {
                let labels = frame.labels[row]
                try checkSize(&evaluator, labels)
                let joined = text.dropFirst(2).map { labels[$0] ?? "" }.joined(separator: text[1])
                frame.labels[row] = labels.setting(text[0], joined)
            }
            return .frame(try frame.merged())
        },
    ]

    /// Any text is a label name as long as it is one: bytes that are not UTF-8 arrive as U+FFFD.
    private static func isLabelName(_ name: String) -> Bool {
        !name.isEmpty && !name.unicodeScalars.contains("\u{FFFD}")
    }

    /// Labels that double at each of many nested calls would fill the memory.
    private static func checkSize(_ evaluator: inout Evaluator, _ labels: Labels) throws {
        try evaluator.checkDeadline()
        if labels.bytes.count > 1 << 20 { throw EvaluationFailure.invalid("a label set of more than 1 MiB") }
    }

    private static func compile(_ pattern: String) throws(EvaluationFailure) -> LinearRegex {
        do throws(LinearRegex.Malformed) {
            return try LinearRegex(pattern)
        } catch {
            throw .invalid("invalid regular expression in label_replace(): \(pattern): \(error.reason)")
        }
    }
}

extension Frame {
    /// The value of the only element at a step.
    fileprivate func only(at step: Int) -> Double? {
        var found: Double?
        for row in 0..<rows where !Self.isAbsent(values[row * steps + step]) {
            if found != nil { return nil }
            found = values[row * steps + step]
        }
        return found
    }

    /// The rows of an instant vector in the order of their values, NaN last. Over many steps there is no such order.
    fileprivate func sorted(_ precedes: (Double, Double) -> Bool) -> Frame {
        guard steps == 1 else { return self }
        let order = (0..<rows).sorted { a, b in
            if values[a].isNaN != values[b].isNaN { return values[b].isNaN }
            return precedes(values[a], values[b]) || (!precedes(values[b], values[a]) && a < b)
        }
        return Frame(labels: order.map { labels[$0] }, values: order.map { values[$0] }, steps: 1)
    }
}
