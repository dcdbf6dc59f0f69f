import TocsinModel

/// The labels by which the elements of two vectors find each other.
struct Signature {
    private let names: LabelNames
    private let on: Bool

    init(_ matching: Matching) {
        on = matching.on
        names = LabelNames(matching.on ? matching.labels : matching.labels + ["__name__"])
    }

    func of(_ labels: Labels) -> Labels { on ? labels.keeping(names) : labels.dropping(names) }
}

/// `and`, `or` and `unless`.
struct SetOperation {
    private let operation: BinaryOperator
    private let signature: Signature

    init(_ node: Binary) {
        operation = node.operation
        signature = Signature(node.matching)
    }

    func apply(_ left: Frame, _ right: Frame) throws -> Frame {
        switch operation {
        case .and: return filter(left, by: right, wanted: true)
        case .unless: return filter(left, by: right, wanted: false)
        default:
            var out = left
            let more = filter(right, by: left, wanted: false)
            out.labels += more.labels
            out.values += more.values
            return try out.merged()
        }
    }

    /// The elements of one frame for whose signature the other has an element at the same step, or has none.
    private func filter(_ frame: Frame, by other: Frame, wanted: Bool) -> Frame {
        let steps = frame.steps
        var places: [Labels: Int] = [:]
        var present: [Bool] = []
        for row in 0..<other.rows {
            let key = signature.of(other.labels[row])
            let place = places[key] ?? places.count
            if places.updateValue(place, forKey: key) == nil {
                present.append(contentsOf: repeatElement(false, count: steps))
            }
            for step in 0..<steps where !Frame.isAbsent(other.values[row * steps + step]) {
                present[place * steps + step] = true
            }
        }
        var out = Frame(steps: steps)
        for row in 0..<frame.rows {
            guard let place = places[signature.of(frame.labels[row])] else {
                if !wanted { out.add(frame.labels[row], frame.values[frame.cells(row)]) }
                continue
            }
            out.labels.append(frame.labels[row])
            for step in 0..<steps {
                let keeps = present[place * steps + step] == wanted
                out.values.append(keeps ? frame.values[row * steps + step] : Frame.absent)
            }
        }
        return out
    }
}
