import Glibc
import TestKit
import Testing

/// Real processes die, freeze and lie; the real program fails over. Whatever happens, at most one takes writes, and what
/// is said is true.
@Suite(.serialized) struct FailoverTests {
    private func pair() throws -> Pair { try #require(Pair(), "the pair of processes does not come up") }

    private let confirm = ["failover", "counter", "--confirm", "demo/counter"]

    private func runID(_ pair: Pair) throws -> String {
        let runs = try #require(pair.tocsin(["runs"]))
        return String(try #require(runs.output.split(separator: " ").dropFirst().first))
    }

    @Test func aKilledPrimaryIsReplaced() throws {
        let pair = try pair()
        kill(try #require(pair.pids["a"]), SIGKILL)
        let plan = try #require(pair.tocsin(["failover", "counter"]))
        #expect(plan.code == 0 && plan.output.contains("nothing was done"))
        #expect(plan.output.contains("./tocsin demo-part call POST \(pair.addresses["b"] ?? "?") /promote"))
        #expect(pair.writers.isEmpty)
        let wrong = try #require(pair.tocsin(["failover", "counter", "--confirm", "demo/other"]))
        #expect(wrong.code == 1 && wrong.output.contains("does not confirm it"))
        #expect(pair.writers.isEmpty)
        let run = try #require(pair.tocsin(confirm))
        #expect(run.code == 0 && run.output.contains("VERIFIED: b is the one primary"), "\(run.output)")
        #expect(run.output.contains("cut off before this engine began to watch"))
        #expect(pair.writers == ["b"])
        let runs = try #require(pair.tocsin(["runs"]))
        #expect(runs.output.contains("failover of demo/counter") && runs.output.contains("verified"))
        // Soon after, the next one needs a second word.
        let again = try #require(pair.tocsin(["failover", "counter"]))
        #expect(again.output.contains("cool-down") && again.output.contains("--override 'OVERRIDE'"))
        // The old one comes back as a standby.
        let back = try #require(
            pair.tocsin(["failover", "counter", "--intent", "rejoin", "--to", "a", "--confirm", "demo/counter"]))
        #expect(back.code == 0 && back.output.contains("a is a standby again"), "\(back.output)")
        #expect(pair.writers == ["b"] && pair.role("a") == "standby")
    }

    @Test func aFrozenPrimaryIsShutOutBeforeAnybodyElseIsPromoted() throws {
        let pair = try pair()
        let pid = try #require(pair.pids["a"])
        kill(pid, SIGSTOP)
        let run = try #require(pair.tocsin(confirm))
        #expect(run.code == 0 && run.output.contains("VERIFIED"), "\(run.output)")
        // It does not come back to write beside the new one.
        kill(pid, SIGCONT)
        #expect(pair.writers == ["b"])
    }

    @Test func aSwitchoverMovesWithoutLosingAWrite() throws {
        let pair = try pair()
        let run = try #require(pair.tocsin(confirm))
        #expect(run.code == 0 && run.output.contains("SWITCHOVER") && run.output.contains("VERIFIED"), "\(run.output)")
        #expect(pair.writers == ["b"] && pair.role("a") == "standby")
        #expect(
            pair.wait {
                pair.tocsin(["services"])?.output.contains(" 0 lost") == true
            })
    }

    /// A plan whose steps all succeed and do nothing ends unverified, and holds the service until a person has looked.
    @Test func stepsThatOnlySayTheyWorkedAreNotBelieved() throws {
        let pair = try pair()
        kill(try #require(pair.pids["a"]), SIGKILL)
        let config = pair.changed([
            ("fence: {", "fence: {argv: ['true']}"), ("promote: {", "promote: {argv: ['true']}"),
            ("repoint: {", "repoint: {argv: ['true']}"), ("limits: {", "limits: {cooldown: 10m, verification: 4s}"),
        ])
        let run = try #require(pair.tocsin(confirm, config: config))
        #expect(run.code == 4 && run.output.contains("UNVERIFIED: nobody says that it is primary"), "\(run.output)")
        #expect(pair.writers.isEmpty)
        let next = try #require(pair.tocsin(confirm))
        #expect(next.code == 1 && next.output.contains("ended unknown and is not closed"))
        let id = try runID(pair)
        #expect(pair.tocsin(["runs", "--close", id])?.code == 64)
        #expect(pair.tocsin(["runs", "--close", id, "--because", "b was never promoted"])?.code == 0)
        let last = try #require(pair.tocsin(confirm + ["--override", "OVERRIDE"]))
        #expect(last.code == 0 && last.output.contains("VERIFIED"), "\(last.output)")
        #expect(pair.writers == ["b"])
    }

    @Test func aPromotionThatFailsIsCalledFailed() throws {
        let pair = try pair()
        kill(try #require(pair.pids["a"]), SIGKILL)
        let config = pair.changed([
            ("promote: {", "promote: {argv: ['false']}"), ("limits: {", "limits: {verification: 3s}"),
        ])
        let run = try #require(pair.tocsin(confirm, config: config))
        #expect(run.code == 1 && run.output.contains("FAILED: step 3 (make b primary) failed: exit 1"), "\(run.output)")
        #expect(pair.writers.isEmpty)
    }

    @Test func aPromotionThatHangsIsUnknownAndIsWatched() throws {
        let pair = try pair()
        kill(try #require(pair.pids["a"]), SIGKILL)
        let config = pair.changed([
            ("promote: {", "promote: {argv: [sleep, '60'], deadline: 1s}"), ("limits: {", "limits: {verification: 3s}"),
        ])
        let run = try #require(pair.tocsin(confirm, config: config))
        #expect(
            run.code == 4 && run.output.contains("UNKNOWN: step 3 is still unknown: no answer within 1 s"),
            "\(run.output)")
        #expect(pair.writers.isEmpty)
    }

    /// A step that hangs although it worked: what is seen decides.
    @Test func aPromotionThatWorksAndDoesNotAnswerIsSeen() throws {
        let pair = try pair()
        kill(try #require(pair.pids["a"]), SIGKILL)
        let address = try #require(pair.addresses["b"])
        pair.folder.write("slow.sh", "#!/bin/sh\n./tocsin demo-part call POST \(address) /promote\nsleep 60\n")
        chmod(pair.folder.path + "/slow.sh", 0o755)
        let config = pair.changed([("promote: {", "promote: {argv: [./slow.sh], deadline: 2s}")])
        let run = try #require(pair.tocsin(confirm, config: config))
        #expect(run.code == 0 && run.output.contains("then seen: b says that it is primary"), "\(run.output)")
        #expect(pair.writers == ["b"])
    }

    @Test func nobodyIsPromotedAfterAFenceThatTimedOut() throws {
        let pair = try pair()
        let pid = try #require(pair.pids["a"])
        kill(pid, SIGSTOP)
        let config = pair.changed([("fence: {", "fence: {argv: [sleep, '60'], deadline: 1s}")])
        let run = try #require(pair.tocsin(confirm, config: config))
        #expect(run.code == 4 && run.output.contains("the outcome of step 1 is not known"), "\(run.output)")
        #expect(pair.role("b") == "standby")
        kill(pid, SIGCONT)
        #expect(pair.wait { pair.writers == ["a"] })
        // It is not seen to have worked, so it does not go on; a person closes it.
        let id = try runID(pair)
        let resumed = try #require(pair.tocsin(["runs", "--resume", id]))
        #expect(resumed.code == 1 && resumed.output.contains("never repeated"), "\(resumed.output)")
        #expect(pair.tocsin(["runs", "--close", id, "--because", "a is back"])?.code == 0)
    }

    /// Killed during any step: nothing is repeated, the run is unknown, and at most one takes writes.
    @Test(arguments: ["fence", "promote", "repoint"]) func theEngineDiesInTheMiddle(step: String) throws {
        let pair = try pair()
        kill(try #require(pair.pids["a"]), SIGKILL)
        pair.folder.write("slow.sh", "#!/bin/sh\ntouch began-\(step)\nsleep 3\n")
        chmod(pair.folder.path + "/slow.sh", 0o755)
        let config = pair.changed([("\(step): {", "\(step): {argv: [./slow.sh], deadline: 10s}")])
        let engine = try #require(pair.start(confirm, config: config))
        #expect(pair.wait { access(pair.folder.path + "/began-\(step)", F_OK) == 0 })
        engine.signal(SIGKILL)
        _ = engine.exit(within: 5)
        let next = try #require(pair.tocsin(confirm))
        #expect(next.code == 1 && next.output.contains("ended unknown and is not closed"), "\(next.output)")
        let runs = try #require(pair.tocsin(["runs"]))
        #expect(runs.output.contains("its outcome is unknown and waits for a person"), "\(runs.output)")
        #expect(pair.writers.count <= 1)
    }

    /// The connection drops between fence and promote: the screen ends, the run does not.
    @Test func aRunOutlivesTheConnection() throws {
        let pair = try pair()
        kill(try #require(pair.pids["a"]), SIGKILL)
        pair.folder.write("slow.sh", "#!/bin/sh\ntouch began\nsleep 2\n./tocsin demo-part fence --name a --folder .\n")
        chmod(pair.folder.path + "/slow.sh", 0o755)
        let config = pair.changed([("fence: {", "fence: {argv: [./slow.sh], deadline: 10s}")])
        let screen = try #require(pair.start([], config: config, columns: 120, lines: 40))
        #expect(screen.expect("the primary of counter, has not answered", within: 10))
        screen.send("F")
        #expect(screen.expect("type "))
        screen.send("demo/counter\r")
        #expect(pair.wait { access(pair.folder.path + "/began", F_OK) == 0 })
        #expect(pair.role("b") == "standby")
        screen.hangUp()
        #expect(pair.wait(20) { pair.writers == ["b"] })
        #expect(screen.exit(within: 20) != nil)
        let runs = try #require(pair.tocsin(["runs"]))
        #expect(runs.output.contains("verified"), "\(runs.output)")
    }

    /// `q` closes the screen, and the rest is told as lines.
    @Test func afterQTheRunIsPrinted() throws {
        let pair = try pair()
        kill(try #require(pair.pids["a"]), SIGKILL)
        let screen = try #require(pair.start([], columns: 80, lines: 24))
        #expect(screen.expect("has not answered", within: 10))
        screen.send("F")
        #expect(screen.expect("type "))
        screen.send("demo/counter\r")
        #expect(screen.expect("UNDER WAY"))
        screen.send("q")
        #expect(screen.expect("VERIFIED: b is the one primary", within: 20))
        #expect(screen.exit(within: 10)?.code == 0)
        #expect(pair.writers == ["b"])
    }

    /// TERM waits for a safe point: before the way back ends the run is stopped and taken back.
    @Test func termStopsARunThatCanStillStop() throws {
        let pair = try pair()
        pair.folder.write("slow.sh", "#!/bin/sh\n./tocsin demo-part call POST $1 \"$2\"\ntouch began\nsleep 2\n")
        chmod(pair.folder.path + "/slow.sh", 0o755)
        let config = pair.changed([
            (
                "argv: [./tocsin, demo-part, call, POST, '{loser_address}', '/demote",
                "argv: [./slow.sh, '{loser_address}', '/demote?name={winner}&follow={winner_address}']"
            )
        ])
        let engine = try #require(pair.start(confirm, config: config))
        #expect(pair.wait { access(pair.folder.path + "/began", F_OK) == 0 })
        engine.signal(SIGTERM)
        #expect(engine.exit(within: 20)?.code == 1)
        let output = String(decoding: engine.output, as: UTF8.self)
        #expect(output.contains("stopped by the end of this process") && output.contains("undone"), "\(output)")
        #expect(pair.wait { pair.writers == ["a"] })
    }

    @Test func twoEnginesDoNotActOnOneService() throws {
        let pair = try pair()
        let other = pair.changed([("storage: {", "storage: {path: \(pair.folder.path)/other}")])
        let screen = try #require(pair.start([]))
        #expect(screen.expect("rules judged"))
        #expect(screen.expect("is primary, b stands by", within: 10))
        let plan = try #require(pair.tocsin(["failover", "counter"], config: other))
        #expect(plan.code == 1 && plan.output.contains("is this host's acting engine for it"), "\(plan.output)")
        // By hand stands there all the same.
        #expect(plan.output.contains("by hand"))
        let same = try #require(pair.tocsin(["failover", "counter"]))
        #expect(same.code == 1 && same.output.contains("no journal of its own"), "\(same.output)")
    }

    /// The disk fills up between two steps: the run is recorded in the pages that were kept free, to its end.
    @Test func aRunIsRecordedWhenTheDiskIsFull() throws {
        let pair = try pair()
        kill(try #require(pair.pids["a"]), SIGKILL)
        let disk = pair.folder.path + "/disk"
        mkdir(disk, 0o700)
        pair.folder.write(
            "slow.sh",
            "#!/bin/sh\ndd if=/dev/zero of=\(disk)/filler bs=4k 2>/dev/null\n./tocsin demo-part fence --name a --folder .\n"
        )
        chmod(pair.folder.path + "/slow.sh", 0o755)
        let config = pair.changed([
            ("fence: {", "fence: {argv: [./slow.sh], deadline: 10s}"), ("storage: {", "storage: {path: \(disk)/state}"),
        ])
        let program = productsFolder + "/tocsin"
        let words = confirm.joined(separator: " ")
        pair.folder.write(
            "full.sh",
            """
            mount -t tmpfs -o size=8m none \(disk) || exit 77
            \(program) \(words) --config \(config); echo "ended with $?"
            df \(disk) | tail -1
            \(program) runs --config \(config)
            """)
        let shell = try #require(
            Pty(
                "/usr/bin/unshare", (getuid() == 0 ? ["-m"] : ["-r", "-m"]) + ["sh", pair.folder.path + "/full.sh"],
                environment: ["PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": pair.folder.path], columns: 200))
        let end = try #require(shell.exit(within: 60))
        let output = String(decoding: shell.output, as: UTF8.self)
        try #require(end.code != 77 && !output.contains("unshare:"), "no file system can be mounted here: \(output)")
        #expect(output.contains("ended with 0") && output.contains(" 100% "), "\(output)")
        #expect(output.contains("verified"), "\(output)")
        #expect(pair.writers == ["b"])
    }

    /// What it starts goes with it, however it ends.
    @Test func theDemoCleansUpAfterItself() throws {
        let home = Fixture()
        let screen = try #require(
            Pty(
                productsFolder + "/tocsin", ["demo"],
                environment: ["PATH": "/usr/bin:/bin", "HOME": home.path, "LANG": "C.UTF-8", "TERM": "xterm-256color"],
                columns: 120, lines: 40))
        #expect(screen.expect("a is primary, b stands by", within: 20))
        let text = String(decoding: screen.output, as: UTF8.self)
        let pid = try #require(
            text.split(separator: "kill -9 ").dropFirst().first.flatMap { Int32($0.prefix { $0.isNumber }) })
        #expect(kill(pid, 0) == 0)
        screen.signal(SIGKILL)
        _ = screen.exit(within: 5)
        let end = ContinuousClock.now + .seconds(10)
        while kill(pid, 0) == 0, ContinuousClock.now < end { usleep(50_000) }
        #expect(kill(pid, 0) != 0)
    }
}
