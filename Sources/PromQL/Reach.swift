import TocsinModel

extension Expr {
    /// The time of the earliest sample that the value in a span can depend on: what windows, offsets, `@` and looking
    /// back come to.
    public func earliest(from start: Milliseconds, through end: Milliseconds, lookback: Milliseconds) -> Milliseconds {
        func began(_ at: AtModifier?) -> Milliseconds {
            switch at {
            case nil, .start: start
            case .end: end
            case .time(let time): time
            }
        }
        switch self {
        case .selector(let selector): return began(selector.at) &- selector.offset &- lookback
        case .range(let selector, let range): return began(selector.at) &- selector.offset &- range
        case .subquery(let query):
            let first = began(query.at) &- query.offset &- query.range
            return query.expression.earliest(from: first, through: end, lookback: lookback)
        default:
            return children.map { $0.earliest(from: start, through: end, lookback: lookback) }.min() ?? start
        }
    }

    /// True where the order of the elements is part of the answer: `sort`, `topk` and their like on the outside.
    public var ordersItself: Bool {
        switch unwrapped {
        case .call(let call): call.function.name.hasPrefix("sort")
        case .aggregate(let node): node.operation == .topk || node.operation == .bottomk
        default: false
        }
    }
}
