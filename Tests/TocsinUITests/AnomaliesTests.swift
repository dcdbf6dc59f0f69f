import TerminalKit
import Testing
import TocsinModel
import TocsinUI

/// The page of detectors, key by key.
@Suite struct AnomaliesTests {
    private func robot(_ width: Int = 100, _ height: Int = 30) -> Robot {
        var robot = Robot(SamplePages.app(width: width, height: height), SamplePages.overview())
        robot.press("8")
        robot.receive(.page(SamplePages.anomalies()))
        return robot
    }

    @Test func whatLeftItsBandStandsFirstAndInWords() {
        let picture = robot().screen
        #expect(picture.contains("3 series under detectors") && picture.contains("1 out of their bands · 1 learning"))
        #expect(picture.contains("71.2, the highest in 16 d was 58.4") && picture.contains("4 m ago, novelty 0.83"))
        #expect(picture.contains("43 % learned") && picture.contains("20 – 58.4"))
        #expect(picture.contains("behind, the most alike earlier course: 11:13, 3 h before"))
        #expect(picture.contains("novelty 0.83 of 0.50, spike 0.10 of 0.65 · the budget allows one alarm a week"))
        for (width, height) in [(80, 24), (200, 50), (40, 12), (20, 6)] {
            #expect(robot(width, height).screen.contains("cpu"), "\(width)×\(height)")
        }
    }

    @Test func whatIsSilentOrUnfedIsNotCalledWell() {
        var robot = robot()
        guard case .anomalies(var page) = SamplePages.anomalies().body else { return }
        page.rows.removeFirst()
        page.rows[0].silentSince = SamplePages.head().now - 7_200_000
        page.rows[1].learning = 1
        page.faults = [.init(detector: "typo", words: "its expression gives no value")]
        robot.receive(.page(Page(head: SamplePages.head(), body: .anomalies(page))))
        let picture = robot.screen
        #expect(picture.contains("1 within their bands · 1 silent") && picture.contains("silent for 2 h"))
        #expect(picture.contains("? typo: its expression gives no value"))
        #expect(picture.contains("no value for 2 h: there is nothing to judge; the last was 71.2"))
        robot.receive(
            .page(
                Page(
                    head: SamplePages.head(),
                    body: .anomalies(
                        {
                            var bare = AnomaliesPage(rows: [], total: 0)
                            bare.faults = page.faults
                            return bare
                        }()))))
        #expect(robot.screen.contains("? typo: its expression gives no value"))
    }

    @Test func whatTellsSeriesApartIsNotCutOff() {
        guard case .anomalies(var page) = SamplePages.anomalies().body else { return }
        var (one, other) = (page.rows[1], page.rows[1])
        one.name = WatchedName(detector: "queue", labels: ["instance": "shop-01.example.org:9100", "shard": "aa"])
        other.name = WatchedName(detector: "queue", labels: ["instance": "shop-01.example.org:9100", "shard": "bb"])
        page.rows = [one, other]
        var robot = robot(80, 24)
        robot.receive(.page(Page(head: SamplePages.head(), body: .anomalies(page))))
        #expect(robot.screen.contains("queue aa shop-01") && robot.screen.contains("queue bb shop-01"))
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

    @Test func anAlertThatIsAboutASeriesCanBeAnsweredWhereItIsRead() {
        var robot = Robot(SamplePages.app(width: 100, height: 40), SamplePages.overview())
        robot.press("2")
        robot.receive(.page(SamplePages.alerts()))
        robot.press("N")
        #expect(robot.commands.isEmpty && robot.lastLine.contains("not about one series under a detector"))
        let name = WatchedName(detector: "disk_latency", labels: ["device": "nvme1n1"])
        robot.receive(.page(SamplePages.alerts(about: name)))
        #expect(robot.screen.contains("disk_latency{device=\"nvme1n1\"}: 48, the highest in 16 d was 6"))
        robot.press("N", "X")
        #expect(robot.commands == [.acceptAnomaly(name), .refuseAnomaly(name)])
    }

    @Test func thePastIsAskedForAndNothingIsSaidOfIt() {
        var robot = robot()
        robot.press(",")
        #expect(robot.app.request.at == SamplePages.head().now - 60_000)
        var page = SamplePages.anomalies()
        page.head.past = true
        robot.receive(.page(page))
        robot.press("N")
        #expect(robot.commands.isEmpty && robot.lastLine.contains("this is the past"))
        robot.press(.end)
        #expect(robot.app.request.at == nil)
    }
}
