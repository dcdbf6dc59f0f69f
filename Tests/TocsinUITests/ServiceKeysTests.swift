import TerminalKit
import Testing
import TocsinModel
import TocsinUI

/// From `F` to a run, key by key.
@Suite struct ServiceKeysTests {
    private func robot(_ plan: Plan? = nil) -> Robot {
        var robot = Robot(SamplePages.app(width: 120, height: 40), SamplePages.overview())
        robot.press("4")
        robot.receive(.page(SamplePages.services()))
        if let plan {
            robot.press("F")
            robot.receive(.planned(.plan(plan)))
            robot.receive(
                .page(Page(head: SamplePages.head(), body: .plan(PlanPage(plan: plan, service: SamplePages.service()))))
            )
        }
        return robot
    }

    @Test func everyWordMustStandBeforeAnythingIsDone() {
        let plan = SamplePages.plan(lifted: true)
        var robot = robot(plan)
        #expect(robot.screen.contains("type prod/orders-db then OVERRIDE"))
        robot.press(.enter)
        #expect(robot.lastLine.contains("nothing was done"))
        robot.type("prod/orders-d")
        robot.press(.enter)
        #expect(robot.lastLine.contains("that is not “prod/orders-db”"))
        robot.type("prod/orders-db")
        robot.press(.enter)
        #expect(robot.commands.isEmpty && robot.screen.contains("prod/orders-db ✓"))
        robot.type("OVERRIDE")
        robot.press(.enter)
        #expect(robot.commands == [.execute(plan.token, typed: ["prod/orders-db", "OVERRIDE"])])
    }

    /// Keys that mean something elsewhere are letters here: nothing else can happen by a slip of the hand.
    @Test func lettersAreOnlyLettersWhileAPlanWaits() {
        var robot = robot(SamplePages.plan())
        robot.type("qFaK4:")
        #expect(robot.commands.isEmpty && robot.screen.contains("qFaK4:"))
        robot.press(.escape)
        #expect(robot.screen.contains("SERVICES") && robot.lastLine.contains("nothing was done"))
        #expect(robot.commands.isEmpty)
    }

    @Test func aRefusalSaysWhyAndGivesTheCommands() {
        var robot = robot(SamplePages.plan(refused: true))
        #expect(robot.screen.contains("refused: only 2 of 4 voices are heard · y copies the commands"))
        robot.type("prod/orders-db")
        robot.press(.enter)
        #expect(robot.commands.isEmpty)
        robot.press("y")
        #expect(robot.effects.contains(.copy("./fence.sh db-03\n./promote.sh db-05")))
    }

    @Test func aDeadPlanCannotBeConfirmed() {
        var dead = SamplePages.plan()
        dead.dead = "a minute has passed since it was made"
        var robot = robot(dead)
        #expect(robot.screen.contains("this plan is dead: a minute has passed since it was made · F makes a new one"))
        robot.press("F")
        #expect(robot.effects.contains(.preview(FailoverIntent(service: "orders-db"))))
    }

    @Test func anUnknownRunIsClosedWithAReason() {
        var robot = robot(SamplePages.plan())
        robot.receive(.receipt(Receipt(.done, "begun", run: RunID(0x7f3a))))
        robot.receive(.page(SamplePages.runPage(.running)))
        #expect(robot.screen.contains("UNDER WAY"))
        robot.press("C")
        #expect(robot.lastLine.contains("only a run whose outcome is unknown"))
        robot.receive(.page(SamplePages.runPage(.unknown)))
        robot.press("C")
        robot.type("db-05 took over, seen by hand")
        robot.press(.enter)
        #expect(robot.commands == [.close(RunID(0x7f3a), reason: "db-05 took over, seen by hand")])
    }

    @Test func commandsNameAMember() {
        var robot = robot()
        robot.press(":")
        robot.type("rejoin db-03")
        robot.press(.enter)
        #expect(robot.effects.contains(.preview(FailoverIntent(service: "orders-db", kind: .rejoin, member: "db-03"))))
        robot.press("P")
        robot.type("2h moving disks")
        robot.press(.enter)
        #expect(robot.commands == [.maintain(service: "orders-db", duration: 7_200_000, reason: "moving disks")])
    }
}
