import TocsinModel

/// One-to-one, many-to-one and one-to-many matching between two instant vectors.
struct VectorMatching {
    private let node: Binary
    private let combine: (Double, Double) -> Double
    private let signature: Signature
    private let oneOnLeft: Bool

    init(_ node: Binary, _ combine: @escaping (Double, Double) -> Double) {
        self.node = node
        self.combine = combine
        signature = Signature(node.matching)
        oneOnLeft = node.matching.cardinality == .oneToMany
    }

    func apply(_ left: Frame, _ right: Frame) throws -> Frame {
        let (many, one) = oneOnLeft ? (right, left) : (left, right)
        if many.rows == 0 || one.rows == 0 { return Frame(steps: left.steps) }
        let ones = groups(one)
        try checkUnique(one, ones, many)
        var out = Output(steps: left.steps)
        var matched: [Labels: [Bool]] = [:]
        let crowded = node.matching.cardinality == .oneToOne ? crowdedGroups(many) : []
        let namer = ResultLabels(node)
        for row in 0..<many.rows {
            let key = signature.of(many.labels[row])
            guard let partners = ones[key] else { continue }
            for partner in partners {
                let cells = cells(many, row, one, partner)
                if crowded.contains(key) {
                    try note(cells, &matched[key, default: Array(repeating: false, count: left.steps)])
                }
                try out.add(namer.labels(many: many.labels[row], one: one.labels[partner]), cells)
            }
        }
        return out.frame
    }

    private func groups(_ frame: Frame) -> [Labels: [Int]] {
        var groups: [Labels: [Int]] = Dictionary(minimumCapacity: frame.rows)
        for row in 0..<frame.rows { groups[signature.of(frame.labels[row]), default: []].append(row) }
        return groups
    }

    /// Signatures that more than one row of the "many" side has.
    private func crowdedGroups(_ frame: Frame) -> Set<Labels> {
        var seen: Set<Labels> = []
        var crowded: Set<Labels> = []
        for row in 0..<frame.rows {
            let key = signature.of(frame.labels[row])
            if !seen.insert(key).inserted { crowded.insert(key) }
        }
        return crowded
    }

    private func cells(_ many: Frame, _ row: Int, _ one: Frame, _ partner: Int) -> [Double] {
        let steps = many.steps
        return (0..<steps).map { step in
            let a = many.values[row * steps + step]
            let b = one.values[partner * steps + step]
            if Frame.isAbsent(a) || Frame.isAbsent(b) { return Frame.absent }
            return oneOnLeft ? combine(b, a) : combine(a, b)
        }
    }

    /// A one-to-one match may have one pair at each step.
    private func note(_ cells: [Double], _ matched: inout [Bool]) throws {
        for (step, value) in cells.enumerated() where !Frame.isAbsent(value) {
            if matched[step] { throw EvaluationFailure.manyToMany }
            matched[step] = true
        }
    }

    /// On the "one" side a signature has at most one element at each step at which the other side has any at all.
    private func checkUnique(_ one: Frame, _ groups: [Labels: [Int]], _ many: Frame) throws {
        let steps = one.steps
        for row in 0..<one.rows {
            let key = signature.of(one.labels[row])
            guard let rows = groups[key], rows.count > 1, rows[0] == row else { continue }
            for step in 0..<steps {
                let present = rows.filter { !Frame.isAbsent(one.values[$0 * steps + step]) }
                guard present.count > 1, many.hasElement(at: step) else { continue }
                throw EvaluationFailure.duplicateSeries(
                    group: key, side: oneOnLeft ? "left" : "right",
                    series: [one.labels[present[1]], one.labels[present[0]]])
            }
        }
    }
}

extension Frame {
    fileprivate func hasElement(at step: Int) -> Bool {
        (0..<rows).contains { !Self.isAbsent(values[$0 * steps + step]) }
    }
}

/// The labels of the element that two matched elements yield.
private struct ResultLabels {
    private let node: Binary
    private let names: LabelNames

    init(_ node: Binary) {
        self.node = node
        names = LabelNames(node.matching.labels)
    }

    func labels(many: Labels, one: Labels) -> Labels {
        var labels = node.dropsName ? many.withoutName : many
        if node.matching.cardinality == .oneToOne {
            labels = node.matching.on ? labels.keeping(names) : labels.dropping(names)
        }
        for name in node.matching.include { labels = labels.setting(name, one[name]) }
        return labels
    }
}

/// Gathers matched pairs into rows.
private struct Output {
    private(set) var frame: Frame
    private var places: [Labels: Int] = [:]

    init(steps: Int) { frame = Frame(steps: steps) }

    mutating func add(_ labels: Labels, _ cells: [Double]) throws {
        guard let place = places[labels] else {
            places[labels] = frame.rows
            frame.add(labels, cells[...])
            return
        }
        for (step, value) in cells.enumerated() where !Frame.isAbsent(value) {
            let at = place * frame.steps + step
            if !Frame.isAbsent(frame.values[at]) { throw EvaluationFailure.ambiguousGrouping }
            frame.values[at] = value
        }
    }
}
