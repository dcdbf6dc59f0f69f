import TocsinModel

extension FunctionTable {
    static let counterFunctions: [Function] = [
        overWindow("rate") { extrapolated($0, counter: true, perSecond: true) },
        overWindow("increase", evidenceInPartialWindow: true) { extrapolated($0, counter: true, perSecond: false) },
        overWindow("delta") { extrapolated($0, counter: false, perSecond: false) },
        overWindow("irate") { lastStep($0, counter: true) },
        overWindow("idelta") { lastStep($0, counter: false) },
        overWindow("changes", evidenceInPartialWindow: true) { window in
            Double(
                zip(window.values, window.values.dropFirst()).count { $0 != $1 && !($0.isNaN && $1.isNaN) })
        },
        overWindow("resets", evidenceInPartialWindow: true) { window in
            Double(zip(window.values, window.values.dropFirst()).count { $1 < $0 })
        },
        overWindow("deriv") { window in
            guard window.count >= 2 else { return nil }
            return Math.regression(window, intercept: window.firstTime)?.slope
        },
        Function("predict_linear", [.rangeVector, .scalar]) { evaluator, arguments in
            let ahead = try evaluator.scalar(arguments[1])
            let time = evaluator.time
            return .vector(
                try evaluator.windows(of: arguments[0]).compactMap { window in
                    guard window.count >= 2, let line = Math.regression(window, intercept: time) else { return nil }
                    return Sample(
                        labels: window.labels.withoutName, at: time, value: line.slope * ahead + line.intercept)
                })
        },
    ]

    /// Prometheus' rate: the difference, corrected for resets, extrapolated to the ends of the window where samples
    /// come near enough to them, but never below zero for a counter.
    private static func extrapolated(_ window: Window, counter: Bool, perSecond: Bool) -> Double? {
        guard window.count >= 2 else { return nil }
        var difference = window.last - window.first
        if counter {
            for (previous, value) in zip(window.values, window.values.dropFirst()) where value < previous {
                difference += previous
            }
        }
        var toStart = Double(window.firstTime - window.start) / 1000
        var toEnd = Double(window.end - window.lastTime) / 1000
        let sampled = Double(window.lastTime - window.firstTime) / 1000
        let average = sampled / Double(window.count - 1)
        let threshold = average * 1.1
        if toStart >= threshold { toStart = average / 2 }
        if counter, difference > 0, window.first >= 0 {
            toStart = min(toStart, sampled * (window.first / difference))
        }
        if toEnd >= threshold { toEnd = average / 2 }
        var factor = (sampled + toStart + toEnd) / sampled
        if perSecond { factor /= Double(window.end - window.start) / 1000 }
        return difference * factor
    }

    private static func lastStep(_ window: Window, counter: Bool) -> Double? {
        guard window.count >= 2 else { return nil }
        let previous = window.values[window.values.endIndex - 2]
        let span = window.lastTime - window.times[window.times.endIndex - 2]
        guard span > 0 else { return nil }
        if !counter { return window.last - previous }
        let difference = window.last < previous ? window.last : window.last - previous
        return difference / (Double(span) / 1000)
    }
}
