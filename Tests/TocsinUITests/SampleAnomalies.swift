import Glibc
import TocsinModel

/// A page of detectors as the engine makes it.
extension SamplePages {
    static func anomalies() -> Page {
        let rows = [
            row("cpu", ["instance": "db-03"], active: true, mark: "71.2, the highest in 16 d was 58.4"),
            row("disk_latency", ["device": "nvme1n1", "instance": "db-03"]),
            row("latency", ["job": "shop"], learning: 0.43),
        ]
        return Page(
            head: head(), body: .anomalies(AnomaliesPage(rows: rows, total: 3, detail: detail(rows[0].name))))
    }

    private static func row(
        _ detector: String, _ labels: Labels, active: Bool = false, learning: Double = 1, mark: String? = nil
    ) -> AnomaliesPage.Row {
        AnomaliesPage.Row(
            name: WatchedName(detector: detector, labels: labels), step: 60_000, value: 71.25,
            low: learning < 1 ? nil : 20, high: learning < 1 ? nil : 58.4, learning: learning,
            channels: [
                .init(name: "novelty", score: active ? 0.83 : 0, threshold: 0.5, isActive: active),
                .init(name: "spike", score: 0.1, threshold: 0.646, isActive: false),
            ],
            marks: mark.map {
                [.init(at: head().now - 240_000, channel: "novelty", score: 0.83, sentence: $0, likeness: likeness)]
            } ?? [], likeness: nil, isHeld: false)
    }

    private static var likeness: AnomaliesPage.Likeness {
        AnomaliesPage.Likeness(earlier: head().now - 14_400_000, newest: head().now - 3_600_000)
    }

    /// Six hours of a course that rises above what it was.
    private static func detail(_ name: WatchedName) -> AnomaliesPage.Detail {
        func course(_ minute: Int) -> Double { 39 + 15 * sin(Double(minute) / 30) + Double(minute * 37 % 7) / 2 }
        let points = (0..<360).map { (minute: Int) -> Double? in minute < 352 ? course(minute) : 71.25 }
        let history = Trend(
            points: points, step: 60_000, low: points.map { _ in 20 }, high: points.map { _ in 58.4 })
        return AnomaliesPage.Detail(
            name: name, history: history, alarms: (0..<360).map { $0 >= 355 },
            earlier: (0..<360).map { $0 < 300 ? nil : course($0 - 5) }, likeness: likeness)
    }
}
