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

    /// The one series that has these labels, and maybe others. What is not among those listed is left as it is: the engine
    /// knows them all.
    static func resolve(_ name: WatchedName, among known: [WatchedName]) throws -> WatchedName {
        if known.contains(name) { return name }
        let wanted = name.labels.pairs
        let fitting = known.filter { one in
            one.detector == name.detector && wanted.allSatisfy { one.labels[$0.name] == $0.value }
        }
        guard fitting.count > 1 else { return fitting.first ?? name }
        let shown = fitting.prefix(Self.shown).map { "\n  \($0)" }.joined()
        let more = fitting.count > Self.shown ? "\n  and \(fitting.count - Self.shown) more" : ""
        throw Failure("\(name) is more than one series; say which, with more labels:\(shown)\(more)")
    }

    private static let shown = 8
}
