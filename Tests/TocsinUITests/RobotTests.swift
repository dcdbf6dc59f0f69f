import TerminalKit
import TestKit
import Testing
import TocsinModel
import TocsinUI

/// Press, expect, go on.
@Suite struct RobotTests {
    @Test func aTakesWhatTheVerdictSpeaksOf() {
        var robot = Robot()
        robot.press("a")
        #expect(
            robot.commands == [
                .acknowledge([SamplePages.rows[0].alert.episode], comment: "", duration: nil, sticky: false)
            ])
        robot.receive(.receipt(Receipt(.done, "DiskLatency nvme1n1: taken")))
        #expect(robot.lastLine.contains("DiskLatency nvme1n1: taken"))
    }

    @Test func aTakesTheChosenRowAndNeverAnotherThatMovedUnderIt() {
        var robot = Robot()
        robot.press("j", "j")
        let chosen = robot.app.selected
        // The list is reordered between the two keys.
        guard case .overview(var page) = SamplePages.overview().body else { return }
        page.alerts.reverse()
        robot.receive(.page(Page(head: SamplePages.head(), body: .overview(page))))
        robot.press("a")
        #expect(robot.commands == [.acknowledge([chosen!], comment: "", duration: nil, sticky: false)])
    }

    @Test func aNoteTakesWithCommentAndEnd() {
        var robot = Robot()
        robot.press("n")
        robot.type("2h growing the log")
        #expect(robot.lastLine.contains("growing the log"))
        robot.press(.enter)
        #expect(
            robot.commands == [
                .acknowledge(
                    [SamplePages.rows[0].alert.episode], comment: "growing the log", duration: 7_200_000, sticky: false)
            ])
        robot.press("n")
        robot.type("half a thought")
        robot.press(.escape)
        #expect(robot.commands.count == 1)
        #expect(Prompt.duration(in: "later").comment == "later")
        #expect(Prompt.duration(in: "30m").duration == 1_800_000)
    }

    @Test func listsStandStillWhileANoteIsWritten() {
        var robot = Robot()
        robot.press("n")
        guard case .overview(var page) = SamplePages.overview().body else { return }
        page.alerts = []
        robot.receive(.page(Page(head: SamplePages.head(), body: .overview(page))))
        #expect(robot.screen.contains("DiskFullSoon"))
        robot.type("x")
        robot.press(.enter)
        #expect(
            robot.commands == [
                .acknowledge([SamplePages.rows[0].alert.episode], comment: "x", duration: nil, sticky: false)
            ])
    }

    @Test func groupsAndMarks() {
        var robot = Robot()
        robot.press("2")
        robot.receive(.page(SamplePages.alerts()))
        robot.press("g", " ", " ", "a")
        #expect(
            robot.commands == [
                .acknowledge(
                    [SamplePages.rows[0].alert.episode, SamplePages.rows[1].alert.episode], comment: "", duration: nil,
                    sticky: false)
            ])
        robot.press("g", "A")
        #expect(
            robot.commands.last
                == .acknowledge([SamplePages.rows[0].alert.episode], comment: "", duration: nil, sticky: false))
        robot.press("G", "u")
        #expect(robot.commands.last == .unacknowledge([SamplePages.rows[3].alert.episode]))
    }

    @Test func escapeGoesBackAndNeverQuits() {
        var robot = Robot()
        robot.press("2")
        robot.receive(.page(SamplePages.alerts()))
        robot.press(.enter, "/")
        robot.type("disk")
        robot.press(.enter)
        for _ in 0..<20 { robot.press(.escape) }
        #expect(robot.app.screen == .overview)
        #expect(!robot.effects.contains(.quit))
        robot.press("q")
        #expect(robot.effects.last == .quit)
    }

    @Test func keysThatCannotWorkSayWhy() {
        var robot = Robot()
        robot.press("F")
        #expect(robot.lastLine.contains("no service is configured"))
        robot.press("X")
        #expect(robot.lastLine.contains("X does nothing here; ? shows the keys"))
        robot.press("r")
        #expect(robot.effects.contains(.copy("https://wiki/DiskLatency")))
        robot.press(".")
        #expect(robot.lastLine.contains("this is now already"))
    }

    @Test func theFilterNarrowsTheList() {
        var robot = Robot()
        robot.press("2")
        robot.receive(.page(SamplePages.alerts()))
        robot.press("/")
        robot.type("full")
        robot.press(.enter)
        #expect(!robot.screen.contains("12m DiskLatency"))
        #expect(robot.screen.contains("DiskFullSoon"))
        robot.press("3", "/")
        robot.type("pg")
        #expect(robot.app.request.topic == .processes(order: .cpu, filter: "pg"))
        robot.press(.escape)
        #expect(robot.app.request.topic == .processes(order: .cpu, filter: ""))
    }

    @Test func commandsAreCompletedFromTheKeymap() {
        var robot = Robot()
        robot.press(":")
        robot.type("proc")
        robot.press(.tab, .enter)
        #expect(robot.app.screen == .processes)
        robot.press(":")
        robot.type("theme light")
        robot.press(.enter)
        #expect(robot.effects.contains(.theme("light")))
        robot.press(":")
        robot.type("nonsense")
        robot.press(.enter)
        #expect(robot.lastLine.contains("no command \"nonsense\""))
        robot.press("1", ":")
        robot.type("ack 30m looking")
        robot.press(.enter)
        #expect(
            robot.commands.last
                == .acknowledge(
                    [SamplePages.rows[0].alert.episode], comment: "looking", duration: 1_800_000, sticky: false))
    }

    @Test func theClockIsTheEnginesAndItsSilenceIsLoud() {
        var robot = Robot()
        #expect(robot.screen.contains("♥"))
        robot.receive(.quiet(at: SamplePages.now + 42_000))
        #expect(robot.screen.contains("no news from the engine for 42 s: what you see is old"))
        robot.receive(.page(SamplePages.overview()))
        #expect(!robot.screen.contains("no news"))
    }

    @Test func timeTravel() {
        var robot = Robot()
        robot.press(",", ",")
        #expect(robot.app.at == SamplePages.now - 120_000)
        robot.press("a")
        #expect(robot.commands.isEmpty || robot.commands.count == 1)
        robot.press(.end)
        #expect(robot.app.at == nil)
    }

    @Test func frozenListsKeepTheVerdictLive() {
        var robot = Robot()
        robot.press("z")
        var verdict = SamplePages.head().verdict
        verdict.sentence = "something new"
        guard case .overview(var page) = SamplePages.overview().body else { return }
        page.alerts = []
        robot.receive(.page(Page(head: SamplePages.head(verdict), body: .overview(page))))
        #expect(robot.screen.contains("something new"))
        #expect(robot.screen.contains("DiskFullSoon"))
        robot.press("z")
        robot.receive(.page(Page(head: SamplePages.head(verdict), body: .overview(page))))
        #expect(!robot.screen.contains("DiskFullSoon"))
    }

    /// Any keys in any order: no crash, and nothing acts on a service.
    @Test func anyKeys() {
        var random = SeededRandom(8)
        let keys: [Key] =
            Keymap.all.flatMap(\.keys) + [
                "x", "é", "警", .backspace, .delete, .left, .click(x: 3, y: 23), .click(x: 400, y: 0), .function(5),
                .control("u"), .control("w"),
            ]
        let pages = [SamplePages.overview(), SamplePages.alerts(), SamplePages.processesPage(), SamplePages.audit()]
        for seed in 0..<20 {
            var robot = Robot(SamplePages.app(width: 20 + seed * 9, height: 5 + seed * 2))
            for _ in 0..<400 {
                robot.press(keys.randomElement(using: &random)!)
                if Int.random(in: 0...3, using: &random) == 0 {
                    robot.receive(.page(pages.randomElement(using: &random)!))
                }
                if Int.random(in: 0...9, using: &random) == 0 {
                    robot.receive(
                        .resized(
                            width: Int.random(in: 1...220, using: &random),
                            height: Int.random(in: 1...60, using: &random)))
                }
                #expect(
                    robot.screen.split(separator: "\n", omittingEmptySubsequences: false).count == robot.app.height + 1)
            }
        }
    }

    @Test func noKeyHasTwoMeaningsOnOneScreen() {
        for screen in ScreenID.allCases {
            var seen: Set<Key> = []
            for binding in Keymap.all where binding.screens.isEmpty || binding.screens.contains(screen) {
                for key in binding.keys { #expect(seen.insert(key).inserted, "\(key) on \(screen)") }
            }
        }
        #expect(Set(Keymap.all.map(\.command)).count == Keymap.all.count)
    }

    /// Behind a shared login what is done waits for a name, once.
    @Test func aSharedLoginIsAskedWhoSitsThere() {
        var page = SamplePages.overview()
        page.head.operatorName = "root"
        var app = SamplePages.app()
        app.takesName = true
        var robot = Robot(app, page)
        robot.press("a")
        #expect(robot.commands.isEmpty && robot.lastLine.contains("this login is shared; your name"))
        robot.press(.escape)
        #expect(robot.commands.isEmpty && robot.lastLine.contains("nothing was done: the audit wants a name"))
        robot.press("a", .enter)
        #expect(robot.commands.isEmpty, "an empty name is none")
        robot.press("a")
        robot.type("kim")
        robot.press(.enter)
        #expect(robot.effects.contains(.introduce("kim")) && robot.commands.count == 1)
        let named = robot.effects.firstIndex(of: .introduce("kim"))
        let done = robot.effects.firstIndex { if case .perform = $0 { true } else { false } }
        #expect(named! < done!, "the name goes first")
        robot.press("A")
        #expect(robot.commands.count == 2, "asked once")
    }

    @Test func aLoginOfOnesOwnIsNotAsked() {
        var app = SamplePages.app()
        app.takesName = true
        var robot = Robot(app)
        robot.press("a")
        #expect(robot.commands.count == 1)
    }
}
