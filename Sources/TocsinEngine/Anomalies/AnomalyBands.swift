import TocsinModel

/// What the overview draws behind and on its curves, as lines of the book of trends: the ends of the band, and where the
/// watched value itself was outside of it. That value is smoother than the curve, which shows every sample.
extension AnomalyBook {
    /// The detector's name, the label that tells its series apart, and the prefix of the curves.
    private static let curves = [
        (detector: "cpu", label: nil, curve: "cpu"), (detector: "memory", label: nil, curve: "memory"),
        (detector: "disk_latency", label: "device", curve: "disk/"),
        (detector: "network_receive", label: "device", curve: "net/"),
        (detector: "network_transmit", label: "device", curve: "net/"),
    ]

    /// The lines by their names in the book of trends.
    var lines: [String: Double] {
        var out: [String: Double] = [:]
        for (detector, label, curve) in Self.curves {
            for (labels, standing) in standings(detector) {
                let name = curve + (label.flatMap { labels[$0] } ?? "")
                if standing.isOut { out[name + ".out"] = 1 }
                switch curve {
                case "cpu":
                    out["cpu.low"] = max(0, standing.low)
                    out["cpu.high"] = min(100, standing.high)
                case "memory":
                    // Watched is what is available, drawn is what is used.
                    out["memory.low"] = max(0, 100 - standing.high)
                    out["memory.high"] = min(100, 100 - standing.low)
                // A line of text has no room for a band.
                default: break
                }
            }
        }
        return out
    }
}
