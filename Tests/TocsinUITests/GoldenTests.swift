import FoundationEssentials
import TerminalKit
import Testing
import TocsinModel
import TocsinUI

/// Pictures of whole screens. `RECORD=1` writes them anew; look at what changed before you keep it.
@Suite struct GoldenTests {
    private static let folder = String(#filePath[..<#filePath.lastIndex(of: "/")!]) + "/Golden/"

    private func compare(_ name: String, _ picture: String) {
        let path = Self.folder + name + ".txt"
        if ProcessInfo.processInfo.environment["RECORD"] != nil {
            #expect(throws: Never.self) { try Data(picture.utf8).write(to: URL(filePath: path)) }
        }
        let golden = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
        #expect(picture == golden, "\(name): the screen differs from its picture:\n\(picture)")
    }

    @Test(arguments: [(80, 24), (120, 40), (200, 50), (40, 12)], GlyphSet.allCases)
    func screens(size: (Int, Int), glyphs: GlyphSet) {
        for (name, page, key) in [
            ("overview", SamplePages.overview(), "1"), ("alerts", SamplePages.alerts(), "2"),
            ("processes", SamplePages.processesPage(), "3"), ("audit", SamplePages.audit(), "5"),
            ("anomalies", SamplePages.anomalies(), "8"), ("help", SamplePages.overview(), "?"),
        ] as [(String, Page, Key)] {
            // Three pictures of every screen in braille; the other sets need the overview and one graph only.
            if glyphs != .braille, !["overview", "alerts", "anomalies"].contains(name) { continue }
            var robot = Robot(SamplePages.app(width: size.0, height: size.1, glyphs: glyphs))
            robot.press(key)
            robot.receive(.page(page))
            let picture = robot.screen
            for line in picture.split(separator: "\n", omittingEmptySubsequences: false) {
                #expect(DisplayWidth.of(String(line)) <= size.0)
            }
            compare("\(name)-\(size.0)x\(size.1)-\(glyphs.rawValue)", picture)
        }
    }

    @Test func failoverScreensOfEverySizeCanBeDrawn() {
        for width in stride(from: 1, through: 300, by: 9) {
            for height in stride(from: 1, through: 90, by: 5) {
                var robot = Robot(SamplePages.app(width: width, height: height), SamplePages.overview())
                robot.press("4")
                robot.receive(.page(SamplePages.services()))
                _ = robot.screen
                robot.press("F")
                robot.receive(.planned(.plan(SamplePages.plan())))
                robot.receive(.page(SamplePages.planPage()))
                if width >= 100, height >= 6 { #expect(robot.lastLine.contains("Esc leaves, nothing is done")) }
                robot.receive(.receipt(Receipt(.done, "begun", run: RunID(0x7f3a))))
                robot.receive(.page(SamplePages.runPage()))
                if width >= 60, height >= 24 { #expect(robot.screen.contains("UNDER WAY")) }
            }
        }
    }

    @Test(arguments: [(80, 24), (120, 40), (200, 50), (40, 12)]) func failoverScreens(size: (Int, Int)) {
        func robot() -> Robot {
            var robot = Robot(SamplePages.app(width: size.0, height: size.1), SamplePages.overview())
            robot.press("4")
            robot.receive(.page(SamplePages.services()))
            return robot
        }
        let name = "\(size.0)x\(size.1)"
        compare("services-\(name)", robot().screen)
        for (title, lifted, refused) in [("plan", true, false), ("plan-refused", false, true)] {
            var robot = robot()
            robot.press("F")
            robot.receive(.planned(.plan(SamplePages.plan(lifted: lifted, refused: refused))))
            robot.receive(.page(SamplePages.planPage(lifted: lifted, refused: refused)))
            compare("\(title)-\(name)", robot.screen)
        }
        for state in [RunState.running, .unknown] {
            var robot = robot()
            robot.press("F")
            robot.receive(.planned(.plan(SamplePages.plan())))
            robot.receive(.receipt(Receipt(.done, "run 7f3a has begun", run: RunID(0x7f3a))))
            robot.receive(.page(SamplePages.runPage(state)))
            compare("run-\(state.rawValue)-\(name)", robot.screen)
        }
    }

    @Test func tooSmallForAnythingButTheVerdict() {
        for (width, height) in [(1, 1), (5, 2), (19, 30), (200, 4), (30, 1)] {
            let robot = Robot(SamplePages.app(width: width, height: height))
            let lines = robot.screen.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            #expect(lines.count == height)
            #expect(lines.dropFirst().allSatisfy { $0.isEmpty })
            #expect(lines[0].hasPrefix("▲"))
        }
    }

    /// No size draws outside of it, or loses the hint line.
    @Test func everySizeCanBeDrawn() {
        for width in stride(from: 1, through: 400, by: 7) {
            for height in stride(from: 1, through: 120, by: 5) {
                for page in [
                    SamplePages.overview(), SamplePages.alerts(), SamplePages.processesPage(), SamplePages.audit(),
                    SamplePages.anomalies(),
                ] {
                    var robot = Robot(SamplePages.app(width: width, height: height), page)
                    switch page.body {
                    case .overview: break
                    case .alerts: robot.press("2")
                    case .processes: robot.press("3")
                    case .audit: robot.press("5")
                    case .anomalies: robot.press("8")
                    case .services, .plan, .run, .silences, .tokens, .rules, .health, .targets, .fleet: break
                    }
                    robot.receive(.page(page))
                    if width >= 80, height >= 6 { #expect(robot.lastLine.contains("? help")) }
                }
            }
        }
    }

    /// The state is never colour alone: every severity has its sign and its word or place.
    @Test func asciiSaysTheSame() {
        let robot = Robot(SamplePages.app(glyphs: .ascii))
        let picture = robot.screen
        #expect(picture.unicodeScalars.allSatisfy { $0.isASCII })
        #expect(picture.contains("! CRITICAL"))
        #expect(picture.contains("not answering, 42 s"))
    }
}
