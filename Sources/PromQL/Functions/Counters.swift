import TocsinModel

extension FunctionTable {
    static let counterFunctions: [Function] = [
        overWindow("rate") { extrapolated($0, counter: true, perSecond: true) },
        overWindow("increase", evidenceInPartialWindow: true) { extrapolated($0, counter: true, perSecond: false) },
        overWindow("delta") { extrapolated($0, counter: false, perSecond: false) },
        overWindow("irate") { lastStep($0, counter: true) },
        overWindow("idelta") { lastStep($0, counter: false) },
        overWindow("changes", evidenceInPartialWindow: true) { window in
            var changes = 0
            for at in 1..<max(1, window.count) {
                let (before, value) = (window.values[at - 1], window.values[at])
                if before != value && !(before.isNaN && value.isNaN) { changes += 1 }
            }
            return Double(changes)
        },
        overWindow("resets", evidenceInPartialWindow: true) { window in
            var resets = 0
            for at in 1..<max(1, window.count) where window.values[at] < window.values[at - 1] { resets += 1 }
            return Double(resets)
        },
        overWindow("deriv") { window in
            window.count < 2 ? nil : Math.regression(window, intercept: window.firstTime).slope
        },
        Function("predict_linear", [.rangeVector, .scalar], dependsOnTime: true) { evaluator, arguments in
            let rows = try evaluator.ranges(of: arguments[0])
            let ahead = try evaluator.scalars(arguments[1])
            let steps = evaluator.steps
            return .frame(
                try rows.reduce(keepsNames: false, steps: steps.count) { window, step in
                    guard window.count >= 2 else { return nil }
                    let line = Math.regression(window, intercept: steps[step])
                    return line.slope * ahead[step] + line.intercept
                })
        },
    ]

    /// Prometheus' rate: the difference, corrected for resets, extrapolated to the ends of the window where samples
    /// come near enough to them, but never below zero for a counter.
    private static func extrapolated(_ window: Window, counter: Bool, perSecond: Bool) -> Double? {
        guard window.count >= 2 else { return nil }
        var difference = window.last - window.first
        if counter {
            var previous = window.first
            for value in window.values {
                if value < previous { difference += previous }
                previous = value
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
        let previous = window.values[window.count - 2]
        let span = window.lastTime - window.times[window.count - 2]
        guard span > 0 else { return nil }
        if !counter { return window.last - previous }
        let difference = window.last < previous ? window.last : window.last - previous
        return difference / (Double(span) / 1000)
    }
}
