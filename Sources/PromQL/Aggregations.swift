import TocsinModel

extension Evaluator {
    mutating func compute(_ node: Aggregate) throws -> Frame {
        if node.operation == .countValues { return try countValues(node) }
        // The parameter comes first, as it stands first; it may differ from step to step.
        let parameter = try node.parameter.map { try scalars($0) }
        let frame = try frame(node.expression)
        let groups = Groups(frame, node)
        switch node.operation {
        case .sum: return groups.sum(frame)
        case .avg: return groups.average(frame)
        case .min: return groups.fold(frame) { $0.isNaN || $1 < $0 ? $1 : $0 }
        case .max: return groups.fold(frame) { $0.isNaN || $1 > $0 ? $1 : $0 }
        case .group: return groups.count(frame).mapValues { _ in 1 }
        case .count: return groups.count(frame)
        case .stdvar: return groups.variance(frame)
        case .stddev: return groups.variance(frame).mapValues { $0.squareRoot() }
        case .quantile:
            return groups.gather(frame) { values, step in Math.quantile(parameter?[step] ?? .nan, &values) }
        case .topk, .bottomk: return try rank(frame, groups, node.operation == .topk, parameter ?? [])
        case .countValues: fatalError("count_values is computed by its own function")
        }
    }

    /// `topk` and `bottomk`: the elements themselves, the best first in an instant vector.
    private func rank(_ frame: Frame, _ groups: Groups, _ greatest: Bool, _ parameter: [Double]) throws -> Frame {
        for count in parameter {
            if count.isNaN { throw EvaluationFailure.invalid("Parameter value is NaN") }
            let side = count >= 0x1p63 ? "overflows" : count <= -0x1p63 ? "underflows" : nil
            if let side { throw EvaluationFailure.invalid("Scalar value \(GoNumber.format(count)) \(side) int64") }
        }
        var kept = Frame(absentRows: frame.labels, steps: frame.steps)
        var order: [Int] = []
        // NaN ranks last in both directions, and the earlier of equals first.
        func precedes(_ a: (row: Int, value: Double), _ b: (row: Int, value: Double)) -> Bool {
            if a.value.isNaN != b.value.isNaN { return b.value.isNaN }
            if a.value == b.value || a.value.isNaN { return a.row < b.row }
            return greatest ? a.value > b.value : a.value < b.value
        }
        for members in groups.members {
            for step in 0..<frame.steps {
                let count = Int(max(0, min(parameter[step], 1e9)))
                if count == 0 { continue }
                var best: [(row: Int, value: Double)] = []
                for row in members {
                    let value = frame.values[row * frame.steps + step]
                    if Frame.isAbsent(value) { continue }
                    if best.count == count, !precedes((row, value), best[count - 1]) { continue }
                    if best.count == count { best.removeLast() }
                    let place = best.partitioningIndex { precedes((row, value), $0) }
                    best.insert((row, value), at: place)
                }
                for (row, value) in best { kept.values[row * frame.steps + step] = value }
                if frame.steps == 1 { order += best.map(\.row) }
            }
        }
        guard frame.steps == 1 else { return kept }
        return Frame(labels: order.map { kept.labels[$0] }, values: order.map { kept.values[$0] }, steps: 1)
    }

    /// How many elements have each value; the value becomes a label before the elements are grouped.
    private mutating func countValues(_ node: Aggregate) throws -> Frame {
        guard let parameter = node.parameter, !(try text(parameter)).isEmpty else {
            throw EvaluationFailure.invalid("invalid label name \"\"")
        }
        let name = try text(parameter)
        let frame = try frame(node.expression)
        let grouping = Grouping(node)
        let addsName = !node.without && !node.grouping.contains(name)
        var places: [Labels: Int] = [:]
        var out = Frame(steps: frame.steps)
        var known: [UInt64: String] = [:]
        for row in 0..<frame.rows {
            var byText: [String: Int] = [:]
            for (step, at) in frame.cells(row).enumerated() where !Frame.isAbsent(frame.values[at]) {
                let value = frame.values[at]
                let text = known[value.bitPattern] ?? GoNumber.plain(value)
                known[value.bitPattern] = text
                let place: Int
                if let found = byText[text] {
                    place = found
                } else {
                    var labels = grouping.labels(of: frame.labels[row].setting(name, text))
                    if addsName { labels = labels.setting(name, text) }
                    place = places[labels] ?? out.rows
                    if place == out.rows {
                        places[labels] = place
                        out.labels.append(labels)
                        out.values.append(contentsOf: repeatElement(Frame.absent, count: frame.steps))
                    }
                    byText[text] = place
                }
                let cell = place * frame.steps + step
                out.values[cell] = Frame.isAbsent(out.values[cell]) ? 1 : out.values[cell] + 1
            }
        }
        return out
    }
}

/// The labels that an aggregation leaves.
struct Grouping {
    private let names: LabelNames
    private let without: Bool

    init(_ node: Aggregate) {
        without = node.without
        names = LabelNames(node.without ? node.grouping + ["__name__"] : node.grouping)
    }

    func labels(of labels: Labels) -> Labels { without ? labels.dropping(names) : labels.keeping(names) }
}

/// The rows of a frame divided by an aggregation's grouping, groups in the order of their first row.
struct Groups {
    private(set) var labels: [Labels] = []
    private(set) var members: [[Int]] = []

    init(_ frame: Frame, _ node: Aggregate) {
        if !node.without, node.grouping.isEmpty {
            if frame.rows > 0 {
                labels = [.none]
                members = [Array(0..<frame.rows)]
            }
            return
        }
        let grouping = Grouping(node)
        var places: [Labels: Int] = [:]
        for row in 0..<frame.rows {
            let key = grouping.labels(of: frame.labels[row])
            if let place = places[key] {
                members[place].append(row)
            } else {
                places[key] = labels.count
                labels.append(key)
                members.append([row])
            }
        }
    }

    /// Combines the elements of each group at each step from the first to the last.
    func fold(_ frame: Frame, _ combine: (Double, Double) -> Double) -> Frame {
        let steps = frame.steps
        var out = Frame(absentRows: labels, steps: steps)
        for (group, rows) in members.enumerated() {
            for row in rows {
                for step in 0..<steps {
                    let value = frame.values[row * steps + step]
                    if Frame.isAbsent(value) { continue }
                    let before = out.values[group * steps + step]
                    out.values[group * steps + step] = Frame.isAbsent(before) ? value : combine(before, value)
                }
            }
        }
        return out
    }

    /// How many elements each group has.
    func count(_ frame: Frame) -> Frame {
        let steps = frame.steps
        var out = Frame(absentRows: labels, steps: steps)
        var counts = [Int](repeating: 0, count: steps)
        for (group, rows) in members.enumerated() {
            for step in 0..<steps { counts[step] = 0 }
            for row in rows {
                for step in 0..<steps where !Frame.isAbsent(frame.values[row * steps + step]) { counts[step] += 1 }
            }
            for step in 0..<steps where counts[step] > 0 { out.values[group * steps + step] = Double(counts[step]) }
        }
        return out
    }

    /// Sums with compensation.
    func sum(_ frame: Frame) -> Frame {
        let steps = frame.steps
        var out = Frame(absentRows: labels, steps: steps)
        var compensation = [Double](repeating: 0, count: steps)
        for (group, rows) in members.enumerated() {
            for step in 0..<steps { compensation[step] = 0 }
            for row in rows {
                for step in 0..<steps {
                    let value = frame.values[row * steps + step]
                    if Frame.isAbsent(value) { continue }
                    let at = group * steps + step
                    if Frame.isAbsent(out.values[at]) {
                        out.values[at] = value
                    } else {
                        Math.add(value, &out.values[at], &compensation[step])
                    }
                }
            }
            for step in 0..<steps where out.values[group * steps + step].isFinite {
                out.values[group * steps + step] += compensation[step]
            }
        }
        return out
    }

    /// Means by way of sums and counts; where a sum overflows, by the incremental mean.
    func average(_ frame: Frame) -> Frame {
        var sums = sum(frame)
        let counts = count(frame)
        var exact: Frame?
        for at in sums.values.indices where !Frame.isAbsent(sums.values[at]) {
            if sums.values[at].isFinite {
                sums.values[at] /= counts.values[at]
            } else {
                let means = exact ?? gather(frame) { values, _ in Math.mean(values) }
                exact = means
                sums.values[at] = means.values[at]
            }
        }
        return sums
    }

    /// The population variance by Welford's method.
    func variance(_ frame: Frame) -> Frame {
        gather(frame) { values, _ in Math.variance(values) }
    }

    /// Hands the values of each group at each step to a function.
    func gather(_ frame: Frame, _ reduce: (inout [Double], Int) -> Double) -> Frame {
        let steps = frame.steps
        var out = Frame(absentRows: labels, steps: steps)
        var values: [Double] = []
        for (group, rows) in members.enumerated() {
            for step in 0..<steps {
                values.removeAll(keepingCapacity: true)
                for row in rows {
                    let value = frame.values[row * steps + step]
                    if !Frame.isAbsent(value) { values.append(value) }
                }
                if !values.isEmpty { out.values[group * steps + step] = reduce(&values, step) }
            }
        }
        return out
    }
}

extension Array {
    /// The first index at which a condition that is false and then true becomes true.
    func partitioningIndex(where condition: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if condition(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
