import TocsinModel

/// Which series under a detector an operator means.
enum AnomalyChoice {
    /// Reads what was typed: a series as `tocsin anomalies` prints it, or the detector and labels.
    ///
    /// - Parameter labels: `device=sda` each.
    static func read(_ detector: String, _ labels: [String]) throws -> WatchedName {
        if labels.isEmpty, let whole = WatchedName(detector) { return whole }
        let pairs = try labels.map { text -> (String, String) in
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw Failure("\"\(text)\" is no label: name=value") }
            return (parts[0], parts[1])
        }
        return WatchedName(detector: detector, labels: Labels(pairs))
    }

    /// The one series that has these labels, and maybe others; what nobody has is left for the engine to refuse.
    ///
    /// - Parameter known: all there are: with some of them, the only one that fits might not be the only one.
    static func resolve(_ name: WatchedName, among known: [WatchedName]) throws -> WatchedName {
        if known.contains(name) { return name }
        let fitting = known.filter(name.fits)
        guard fitting.count > 1 else { return fitting.first ?? name }
        let shown = fitting.prefix(Self.shown).map { "\n  \($0)" }.joined()
        let more = fitting.count > Self.shown ? "\n  and \(fitting.count - Self.shown) more" : ""
        throw Failure("\(name) is more than one series; say which, with more labels:\(shown)\(more)")
    }

    private static let shown = 8
}
