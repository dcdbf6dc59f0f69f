import Adapters
import TestKit
import Testing
import TocsinCore
import TocsinModel

/// The exec driver against real programs: argument lists, deadlines, outcomes in three values.
@Suite struct ExecDriverTests {
    private let folder = Fixture()

    private func driver(_ change: (inout ExecService) -> Void = { _ in }) -> ExecDriver {
        var exec = ExecService()
        exec.service = "db"
        change(&exec)
        let member = ServiceSpec.Member(name: "a", address: "127.0.0.1:1")
        let spec = ServiceSpec(
            name: "db", kind: "exec", members: [member], witnesses: exec.witnesses.map(\.name), timeout: 60_000,
            asksForWrites: exec.writes != nil, planner: ExecPlanner(exec))
        return ExecDriver(spec, exec, folder: folder.path, links: LinkWatch())
    }

    private func perform(_ argv: [String], within deadline: Milliseconds = 60_000) async -> StepOutcome {
        await driver().perform(
            Order(
                run: RunID(1), service: "db", step: 0, undo: false, call: StepCall(words: "", arguments: argv),
                deadline: deadline))
    }

    @Test func outcomesHaveThreeValues() async {
        #expect(await perform(["true"]) == .done("exit 0"))
        #expect(await perform(["sh", "-c", "echo no room; exit 3"]) == .failed("exit 3: no room"))
        #expect(await perform(["sh", "-c", "kill -9 $$"]) == .unknown("it died of signal 9"))
        guard case .failed(let words) = await perform(["no-such-program"]) else { return #expect(Bool(false)) }
        #expect(words.hasPrefix("it could not be started"))
    }

    /// What the program started dies with it, and a child that keeps its output open holds nothing up.
    @Test func theDeadlineHolds() async {
        let start = ContinuousClock.now
        #expect(
            await perform(["sh", "-c", "sleep 300 & sleep 300"], within: 300) == .unknown("no answer within 0.3 s"))
        #expect(await perform(["sh", "-c", "sleep 300 & echo left behind"]) == .done("exit 0: left behind"))
        #expect(start.duration(to: .now) < .seconds(120))
    }

    @Test func outputWithoutEndFillsNothing() async {
        let outcome = await perform(["sh", "-c", "yes 2>/dev/null; true"])
        guard case .done(let words) = outcome else { return #expect(Bool(false), "\(outcome)") }
        #expect(words.count < 5_000)
    }

    /// There is no shell: what looks like one is only text.
    @Test func argumentsAreNeverReadByAShell() async {
        let text = "$(touch \(folder.path)/gone); `id` | cat"
        #expect(await perform(["printf", "%s", text]) == .done("exit 0: \(text)"))
    }

    @Test func rolesLagAndHearsayAreRead() async {
        let answer = await driver {
            $0.checks["a"] = ExecService.Check(.argv(["true"]), timeout: 60_000)
            $0.roles["a"] = .argv([
                "echo", "standby lag=4096 lag_seconds=1.5 follows=b hears_not=b:2.5 at=1790000000.25 nonsense",
            ])
        }.ask(.member("a"))
        #expect(answer.outcome == .answered && answer.statedAtWall == 1_790_000_000_250)
        #expect(
            answer.statements == [
                .role(.standby), .lagBytes(4096), .lagSeconds(1.5), .follows("b"), .hears("b", false, silentFor: 2_500),
            ])
    }

    @Test func checksTellRefusalUnwellnessAndSilenceApart() async {
        #expect(await driver().ask(.member("a")).outcome == .refused("connection refused"))
        let no = await driver { $0.checks["a"] = ExecService.Check(.argv(["false"]), timeout: 60_000) }.ask(
            .member("a"))
        #expect(no.outcome == .unwell("its check says no (exit 1) "))
        let hangs = await driver { $0.checks["a"] = ExecService.Check(.argv(["sleep", "9"]), timeout: 200) }.ask(
            .member("a"))
        #expect(hangs.outcome == .silent("its check did not end within 200 ms"))
        // An unwell member is asked for its writes all the same.
        let writes = await driver {
            $0.checks["a"] = ExecService.Check(.argv(["false"]), timeout: 60_000)
            $0.writes = ["true"]
        }.ask(.member("a"))
        #expect(writes.statements == [.writable(true)])
        let strange = await driver {
            $0.checks["a"] = ExecService.Check(.argv(["true"]), timeout: 60_000)
            $0.roles["a"] = .argv(["echo", "maybe"])
        }.ask(.member("a"))
        #expect(strange.statements.isEmpty && strange.words.contains("neither primary nor standby"))
    }

    @Test func witnessesSayWhomTheyHear() async {
        let answer = await driver { $0.witnesses = [.init(name: "w", argv: ["test", "{member}", "=", "b"])] }.ask(
            .witness("w"))
        #expect(answer.statements == [.hears("a", false, silentFor: nil)])
    }

    /// A cable that is out is told as our own fault, at once. The interface is one of files.
    @Test func ownCarrierLossIsSeen() throws {
        folder.write("sys/class/net/eth9/carrier", "0\n")
        let links = LinkWatch(sys: folder.path + "/sys")
        #expect(links.cut("10.9.9.9") == nil)
        links.learn("10.9.9.9", interface: "eth9")
        #expect(links.cut("10.9.9.9") == "eth9 has no carrier")
        folder.write("sys/class/net/eth9/carrier", "1\n")
        #expect(links.cut("10.9.9.9") == nil)
        links.learn("10.9.9.8", interface: "gone")
        #expect(links.cut("10.9.9.8") == "gone is down")
    }
}
