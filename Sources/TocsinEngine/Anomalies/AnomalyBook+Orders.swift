import Anomaly
import TocsinCore
import TocsinModel

/// What an operator says.
extension AnomalyBook {
    /// What is said of a series that has gone meanwhile has no effect.
    package mutating func obey(_ order: DetectorOrder) {
        let labels = order.name.labels
        guard let number = watches.firstIndex(where: { $0.spec.name == order.name.detector }),
            var series = watches[number].series[labels]
        else { return }
        switch order.kind {
        case .accept:
            detector.acceptPresent(&slab[series.place])
            series.calm()
        case .refuse:
            series.refuse()
        }
        watches[number].series[labels] = series
    }
}
