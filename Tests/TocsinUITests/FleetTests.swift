import Foundation
import TerminalKit
import Testing
import TocsinModel
import TocsinUI

@Suite struct FleetTests {
    /// A fleet in racks of forty, every 37th host in trouble.
    private func page(_ count: Int) -> Page {
        var groups: [FleetPage.Group] = []
        for start in stride(from: 0, to: count, by: 40) {
            let hosts = (start..<min(start + 40, count)).map { number in
                var host = FleetPage.Host(name: "web-\(number)", state: number % 37 == 36 ? .warning : .well)
                if number == 50 { host.state = .critical }
                if number == 7 { host.state = .unseen }
                if host.state != .well { host.trouble = "DiskLatency 48 ms" }
                if count <= FleetPage.mostWithNumbers {
                    (host.cpu, host.memory, host.disk) = (Double(number % 100), 40, 61)
                }
                return host
            }
            groups.append(FleetPage.Group(name: "r\(start / 40)", hosts: hosts))
        }
        return Page(
            head: SamplePages.head(),
            body: .fleet(
                FleetPage(
                    groups: groups, total: count, groupedBy: "rack", groupings: ["rack", "job"], fault: "",
                    top: SamplePages.rows)))
    }

    private func robot(_ count: Int, _ width: Int = 120, _ height: Int = 40) -> Robot {
        var robot = Robot(SamplePages.app(width: width, height: height))
        robot.press("7")
        robot.receive(.page(page(count)))
        return robot
    }

    private var recorded: String { String(#filePath[..<#filePath.lastIndex(of: "/")!]) + "/Golden/" }

    @Test(arguments: [(80, 24), (120, 40), (200, 50)], [12, 200, 600, 5000])
    func pictures(size: (Int, Int), count: Int) throws {
        let picture = robot(count, size.0, size.1).screen
        let path = recorded + "fleet-\(count)-\(size.0)x\(size.1).txt"
        if ProcessInfo.processInfo.environment["RECORD"] != nil {
            try Data(picture.utf8).write(to: URL(filePath: path))
        }
        let golden = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
        #expect(picture == golden, "the screen differs from its picture:\n\(picture)")
    }

    @Test func everySizeAndCountCanBeDrawn() {
        for count in [0, 1, 3, 41, 599, 601] {
            for (width, height) in [(1, 1), (8, 3), (30, 9), (79, 23), (300, 90)] {
                var robot = robot(count, width, height)
                robot.press(.down, .right, .left, .up, "G", "n", "f", "m", "b", "j")
                _ = robot.screen
            }
        }
    }

    @Test func theCursorBeginsAtTheWorstAndWalksTheMap() {
        var robot = robot(200, 200, 50)
        #expect(robot.screen.contains("▸ web-50 DiskLatency 48 ms"))
        robot.press(.right)
        #expect(robot.app.fleetHost == "web-51")
        robot.press("n")
        #expect(robot.app.fleetHost == "web-73")
        robot.press(.left, .left)
        #expect(robot.app.fleetHost == "web-71")
    }

    @Test func keysChooseWhatIsShown() {
        var robot = robot(200)
        robot.press("b")
        #expect(robot.app.request.topic == .fleet(groupedBy: "job", filter: ""))
        robot.press("f")
        #expect(robot.screen.contains("7 hosts") || robot.screen.contains("7 of 200 hosts"))
        robot.press("f", "/")
        robot.type("rack=r1")
        robot.press(.enter)
        #expect(robot.app.request.topic == .fleet(groupedBy: "job", filter: "rack=r1"))
    }

    @Test func enterOpensTheHostAndEscComesBack() {
        var robot = robot(200)
        robot.press(.enter)
        #expect(robot.app.screen == .overview)
        #expect(robot.app.request.host == "web-50")
        robot.receive(.page(SamplePages.overview()))
        robot.press(.escape)
        #expect(robot.app.screen == .fleet)
        #expect(robot.app.shownHost == nil)
    }
}
