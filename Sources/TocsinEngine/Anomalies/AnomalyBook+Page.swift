import TocsinCore
import TocsinModel

/// What is on the screen.
extension AnomalyBook {
    /// The most telling five hundred, of however many.
    package mutating func page() -> AnomaliesPage {
        let total = watches.reduce(0) { $0 + $1.series.count }
        var rows: [AnomaliesPage.Row] = []
        for watch in watches {
            for (key, series) in watch.series where total <= Self.shown || series.isActive || !series.marks.isEmpty {
                rows.append(series.row(key, watch.spec))
            }
        }
        // Quiet ones fill the rest, by name.
        for number in watches.indices where total > Self.shown && rows.count < Self.shown {
            if watches[number].byName.count != watches[number].series.count {
                watches[number].byName = watches[number].series.keys.sorted()
            }
            let watch = watches[number]
            for key in watch.byName {
                if rows.count == Self.shown { break }
                guard let series = watch.series[key], !series.isActive, series.marks.isEmpty else { continue }
                rows.append(series.row(key, watch.spec))
            }
        }
        var page = AnomaliesPage(rows: Array(AnomaliesPage.sorted(rows).prefix(Self.shown)), total: total)
        page.faults = watches.compactMap { watch in
            watch.fault.map { AnomaliesPage.Fault(detector: watch.spec.name, words: $0) }
        }
        return page
    }

    private static let shown = 500
}
