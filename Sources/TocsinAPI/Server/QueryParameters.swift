import TocsinModel

/// The parameters of queries, with Prometheus' words for what is wrong with them.
enum QueryParameters {
    static func time(_ parameters: Parameters, _ name: String) throws(QueryFault) -> Milliseconds? {
        guard let text = parameters[name], !text.isEmpty else { return nil }
        guard let time = WireTime.parse(text) else {
            throw fault(name, "cannot parse \"\(text)\" to a valid timestamp")
        }
        return time
    }

    /// A duration in Prometheus' form, or seconds.
    static func duration(_ parameters: Parameters, _ name: String) throws(QueryFault) -> Milliseconds? {
        guard let text = parameters[name], !text.isEmpty else { return nil }
        if let seconds = Double(text), seconds.isFinite, seconds.magnitude < 9.2e15 {
            return Milliseconds((seconds * 1000).rounded())
        }
        guard let duration = DurationWord.milliseconds(text) else {
            throw fault(name, "cannot parse \"\(text)\" to a valid duration")
        }
        return duration
    }

    static func limit(_ parameters: Parameters) throws(QueryFault) -> Int {
        guard let text = parameters["limit"], !text.isEmpty else { return 0 }
        guard let limit = Int(text), limit >= 0 else { throw fault("limit", "limit must be non-negative") }
        return limit
    }

    static func range(
        _ parameters: Parameters
    ) throws(QueryFault) -> (start: Milliseconds, end: Milliseconds, step: Milliseconds) {
        guard let start = try time(parameters, "start") else {
            throw fault("start", "cannot parse \"\" to a valid timestamp")
        }
        guard let end = try time(parameters, "end") else {
            throw fault("end", "cannot parse \"\" to a valid timestamp")
        }
        if end < start { throw fault("end", "end timestamp must not be before start time") }
        guard let step = try duration(parameters, "step") else {
            throw fault("step", "cannot parse \"\" to a valid duration")
        }
        if step <= 0 {
            throw fault(
                "step", "zero or negative query resolution step widths are not accepted. Try a positive integer")
        }
        if (end - start) / step > 11_000 {
            throw QueryFault(
                .badData,
                "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution "
                    + "(?step=XX)")
        }
        return (start, end, step)
    }

    /// Everything there is where no time is given.
    static func span(_ parameters: Parameters) throws(QueryFault) -> (from: Milliseconds, through: Milliseconds) {
        let from = try time(parameters, "start") ?? -(1 << 50)
        let through = try time(parameters, "end") ?? 1 << 50
        if through < from { throw fault("end", "end timestamp must not be before start time") }
        return (from, through)
    }

    private static func fault(_ name: String, _ words: String) -> QueryFault {
        QueryFault(.badData, "invalid parameter \"\(name)\": \(words)")
    }
}

/// Durations such as `1h30m`.
enum DurationWord {
    private static let units: [(name: String, milliseconds: Milliseconds)] = [
        ("ms", 1), ("y", 31_536_000_000), ("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000),
        ("s", 1000),
    ]

    static func milliseconds(_ text: String) -> Milliseconds? {
        var rest = Substring(text)
        var total: Milliseconds = 0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            guard let count = Milliseconds(digits), count < 1_000_000_000,
                let unit = units.first(where: { rest.hasPrefix($0.name) })
            else { return nil }
            total += count * unit.milliseconds
            rest = rest.dropFirst(unit.name.count)
        }
        return text.isEmpty ? nil : total
    }
}
