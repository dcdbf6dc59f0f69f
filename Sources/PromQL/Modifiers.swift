import TocsinModel

/// Ranges, subqueries, `offset` and `@`: what may follow an expression.
extension Parser {
    mutating func atModifier() throws(PromQLError) -> AtModifier {
        if keyword == "start" || keyword == "end" {
            let modifier: AtModifier = keyword == "start" ? .start : .end
            advance()
            try expect("(")
            try expect(")")
            return modifier
        }
        let negative = take("-")
        if !negative { _ = take("+") }
        let position = current.start
        if let word = keyword, word == "nan" || word == "inf" {
            let value = word == "nan" ? "NaN" : negative ? "-Inf" : "+Inf"
            throw error("timestamp out of bounds for @ modifier: \(value)", at: position)
        }
        let seconds = try seconds("@")
        if seconds.magnitude >= 9.2233720368547e18 {
            throw error("timestamp out of bounds for @ modifier: \(GoNumber.fixed(seconds, decimals: 6))", at: position)
        }
        // Ages before and after everything that can have been stored.
        let milliseconds = max(-9e18, min(9e18, (negative ? -seconds : seconds) * 1000))
        return .time(Milliseconds(milliseconds.rounded()))
    }

    mutating func brackets(after expression: Expr, from start: Int) throws(PromQLError) -> Expr {
        let position = current.start
        try expect("[")
        let place = current.start
        if isSymbol("]") { throw error("missing unit character in duration") }
        let range = try duration("range")
        if range <= 0 { throw error("duration must be greater than 0", at: place) }
        if take(":") {
            let place = current.start
            if current.kind == .end { throw unclosed("]") }
            let step = isSymbol("]") ? nil : try duration("subquery selector")
            if let step, step <= 0 { throw error("duration must be greater than 0", at: place) }
            try expect("]", in: "subquery selector")
            guard expression.type == .instantVector else {
                throw error(
                    "subquery is only allowed on instant vector, got \(expression.type == .rangeVector ? "matrix" : expression.type.rawValue) instead",
                    at: start)
            }
            return .subquery(Subquery(expression: expression, range: range, step: step))
        }
        try expect("]", in: "range")
        guard case .selector(let selector) = expression else {
            throw error("ranges only allowed for vector selectors", at: position)
        }
        if selector.offset != 0 { throw error("no offset modifiers allowed before range", at: position) }
        if selector.at != nil { throw error("no @ modifiers allowed before range", at: position) }
        return .range(selector, range)
    }

    /// A duration, or a number of seconds, in milliseconds.
    mutating func duration(_ what: String) throws(PromQLError) -> Milliseconds {
        Milliseconds((try seconds(what) * 1000).rounded())
    }

    private mutating func seconds(_ what: String) throws(PromQLError) -> Double {
        let value: Double
        switch current.kind {
        case .duration(let milliseconds): value = Double(milliseconds) / 1000
        case .number(let number): value = number
        default: throw unexpected(in: what, wanted: what == "@" ? "timestamp" : "duration")
        }
        // 292 years, the longest that Go's durations hold.
        if what != "@", !(value.magnitude <= 9.2233720368e9) { throw error("duration out of range") }
        if value.isNaN { throw error("timestamp out of bounds for @ modifier: NaN") }
        advance()
        return value
    }
}

extension Expr {
    mutating func shift(
        by amount: Milliseconds, _ fault: (String) -> PromQLError
    ) throws(PromQLError) {
        switch self {
        case .selector(var selector):
            if selector.offset != 0 { throw fault("offset may not be set multiple times") }
            selector.offset = amount
            self = .selector(selector)
        case .range(var selector, let range):
            if selector.offset != 0 { throw fault("offset may not be set multiple times") }
            selector.offset = amount
            self = .range(selector, range)
        case .subquery(var subquery):
            if subquery.offset != 0 { throw fault("offset may not be set multiple times") }
            subquery.offset = amount
            self = .subquery(subquery)
        default:
            throw fault(
                "offset modifier must be preceded by an instant vector selector or range vector selector or a subquery")
        }
    }

    mutating func pin(to at: AtModifier, _ fault: (String) -> PromQLError) throws(PromQLError) {
        switch self {
        case .selector(var selector):
            if selector.at != nil { throw fault("@ <timestamp> may not be set multiple times") }
            selector.at = at
            self = .selector(selector)
        case .range(var selector, let range):
            if selector.at != nil { throw fault("@ <timestamp> may not be set multiple times") }
            selector.at = at
            self = .range(selector, range)
        case .subquery(var subquery):
            if subquery.at != nil { throw fault("@ <timestamp> may not be set multiple times") }
            subquery.at = at
            self = .subquery(subquery)
        default:
            throw fault(
                "@ modifier must be preceded by an instant vector selector or range vector selector or a subquery")
        }
    }
}
