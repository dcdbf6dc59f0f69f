import TerminalKit
import Testing
import TocsinModel
import TocsinUI

/// The page of detectors, key by key.
@Suite struct AnomaliesTests {
    private func row(
        _ detector: String, _ labels: Labels = .none, active: Bool = false, learning: Double = 1, mark: String? = nil
    ) -> AnomaliesPage.Row {
        AnomaliesPage.Row(
            name: WatchedName(detector: detector, labels: labels), step: 60_000, value: 71.25,
            low: learning < 1 ? nil : 20, high: learning < 1 ? nil : 58.4,
            learning: learning,
            channels: [
                .init(name: "novelty", score: active ? 0.83 : 0, threshold: 0.5, isActive: active),
                .init(name: "spike", score: 0.1, threshold: 0.646, isActive: false),
            ],
            mark: mark.map {
                .init(at: SamplePages.head().now - 240_000, channel: "novelty", score: 0.83, sentence: $0)
            }, isHeld: false)
    }

    private func robot(_ width: Int = 100, _ height: Int = 30) -> Robot {
        var robot = Robot(SamplePages.app(width: width, height: height), SamplePages.overview())
        robot.press("8")
        let rows = [
            row("cpu", ["instance": "db-03"], active: true, mark: "71.2, the highest in 16 d was 58.4"),
            row("disk_latency", ["device": "nvme1n1", "instance": "db-03"]),
            row("latency", ["job": "shop"], learning: 0.43),
        ]
        robot.receive(.page(Page(head: SamplePages.head(), body: .anomalies(AnomaliesPage(rows: rows, total: 3)))))
        return robot
    }

    @Test func whatLeftItsBandStandsFirstAndInWords() {
        let picture = robot().screen
        #expect(picture.contains("3 series under detectors") && picture.contains("1 out of their bands · 1 learning"))
        #expect(picture.contains("71.2, the highest in 16 d was 58.4") && picture.contains("4 m ago, novelty 0.83"))
        #expect(picture.contains("43 % learned") && picture.contains("20 – 58.4"))
        for (width, height) in [(80, 24), (200, 50), (40, 12), (20, 6)] {
            #expect(robot(width, height).screen.contains("cpu"), "\(width)×\(height)")
        }
    }

    @Test func theChosenSeriesIsMeant() {
        var robot = robot()
        robot.press("N")
        robot.press("j", "X")
        let name = WatchedName(detector: "disk_latency", labels: ["device": "nvme1n1", "instance": "db-03"])
        #expect(
            robot.commands == [
                .acceptAnomaly(WatchedName(detector: "cpu", labels: ["instance": "db-03"])), .refuseAnomaly(name),
            ])
        robot.press("1", "N")
        #expect(robot.commands.count == 2, "nowhere else")
    }

    @Test func nothingIsWatchedYet() {
        var robot = Robot(SamplePages.app(), SamplePages.overview())
        robot.press("8")
        robot.receive(.page(Page(head: SamplePages.head(), body: .anomalies(AnomaliesPage(rows: [], total: 0)))))
        #expect(robot.screen.contains("nothing is watched yet"))
        robot.press("N")
        #expect(robot.commands.isEmpty && robot.lastLine.contains("no series is under a detector yet"))
    }
}
