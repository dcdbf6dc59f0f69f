import FoundationEssentials
import Glibc
import TestKit
import Testing

/// The engine when the machine itself is in trouble, each time in the real condition.
@Suite(.serialized) struct MachineTroubleTests {
    private let engine = ServedEngine()
    private var disk: String { engine.folder.path + "/disk" }

    /// A small filesystem of memory under the folder; false where nothing may be mounted.
    private func mount(_ options: String) throws -> Bool {
        try engine.run("mkdir -p '\(disk)' && mount -t tmpfs -o \(options) tocsin-test '\(disk)' && echo mounted")
            .contains("mounted")
    }

    private func unmount() { _ = try? engine.run("umount -l '\(disk)'") }

    /// How many turns the engine has made, as the screens are told.
    private func turns() throws -> Int {
        let page = try engine.get("/tocsin/v1/pages/overview")
        let pieces = page.split(separator: "\"heartbeat\":", maxSplits: 1)
        return try #require(Int((pieces.last ?? "").prefix { $0.isNumber }))
    }

    @Test func whenEveryCoreIsBusyItGoesOn() throws {
        let busy = (0..<(4 * sysconf(Int32(_SC_NPROCESSORS_ONLN)))).compactMap { _ in
            Pty("/bin/sh", ["-c", "while :; do :; done"], environment: engine.environment)
        }
        defer { busy.forEach { $0.signal(SIGKILL) } }
        #expect(!busy.isEmpty)
        let daemon = try engine.serve()
        let before = try turns()
        let begun = ContinuousClock.now
        for _ in 0..<10 {
            #expect(try engine.isHealthy(within: 2))
            daemon.pause(0.5)
        }
        let seconds = begun.duration(to: .now) / .seconds(1)
        let turns = try turns() - before
        #expect(Double(turns) >= seconds * 0.6, "\(turns) turns in \(seconds) s")
        #expect(try engine.silence("busy").contains("\"outcome\":\"done\""))
        engine.end(daemon)
    }

    /// What was promised while there was room stays; what cannot be written is refused; room made is room used.
    @Test func aFullDiskRefusesAndRecovers() throws {
        let mounted = try mount("size=80m")
        defer { unmount() }
        guard mounted else { return try aLimitOnFilesRefuses() }
        let daemon = try engine.serve(state: disk + "/state")
        daemon.pause(1)
        #expect(try engine.silence("before").contains("\"outcome\":\"done\""))
        _ = try engine.run(
            "dd if=/dev/zero of='\(disk)/filler' bs=64k; dd if=/dev/zero of='\(disk)/filler2' bs=512; df '\(disk)'")
        // The reserve carries decisions on for a while, but never a lie: done means written.
        var confirmed = ["before"]
        for number in 0..<20 where try engine.silence("full-\(number)").contains("\"outcome\":\"done\"") {
            confirmed.append("full-\(number)")
        }
        #expect(try engine.isHealthy())
        var told = false
        for _ in 0..<60 where !told {
            told = try engine.get("/tocsin/v1/pages/overview").contains("not being written")
            if !told { daemon.pause(0.5) }
        }
        #expect(told, "nobody is told")
        _ = try engine.run("rm -f '\(disk)/filler' '\(disk)/filler2'")
        var recovered = false
        for number in 0..<60 where !recovered {
            recovered = try engine.silence("after-\(number)").contains("\"outcome\":\"done\"")
            if recovered { confirmed.append("after-\(number)") } else { daemon.pause(0.5) }
        }
        #expect(recovered, "room was made and is not used")
        for _ in 0..<60 where told {
            told = try engine.get("/tocsin/v1/pages/overview").contains("not being written")
            if told { daemon.pause(0.5) }
        }
        #expect(!told, "the notice stays though it writes again")
        daemon.signal(SIGKILL)
        _ = daemon.exit()
        let again = try engine.serve(state: disk + "/state")
        let silences = try engine.get("/tocsin/v1/pages/silences")
        for id in confirmed { #expect(silences.contains("\"comment\":\"\(id)\""), "\(id) was confirmed and is gone") }
        #expect(try engine.tocsin("audit verify").contains("the chain is whole"))
        engine.end(again)
    }

    /// Where nothing may be mounted a limit on the size of files is what stops the writing.
    private func aLimitOnFilesRefuses() throws {
        let daemon = try engine.serve(limits: "ulimit -f 0")
        #expect(try engine.isHealthy())
        #expect(try engine.silence("full").contains("could not be recorded"))
        #expect(try engine.get("/tocsin/v1/pages/overview").contains("nothing can be recorded"))
        engine.end(daemon)
    }

    @Test func aReadOnlyDiskIsSaidAndNothingIsPromised() throws {
        let mounted = try mount("size=4m,ro")
        defer { unmount() }
        guard mounted else { return try aLimitOnFilesRefuses() }
        let daemon = try engine.serve(state: disk + "/state")
        #expect(try engine.get("/tocsin/v1/pages/overview").contains("nothing can be recorded"))
        let answer = try engine.silence("readonly")
        #expect(answer.contains("refused") && answer.contains("could not be recorded"), "\(answer)")
        #expect(try engine.isHealthy())
        engine.end(daemon)
    }

    @Test func tooFewDescriptorsAreRefusedWithTheMend() throws {
        engine.folder.write(
            "tocsin.yaml", "storage: {path: \(engine.folder.path)/state}\napi: {socket: \(engine.socket)}\n")
        let daemon = try engine.start(limits: "ulimit -n 64")
        #expect(daemon.expect("raise ulimit -n, or LimitNOFILE= in the unit"))
        #expect(daemon.exit()?.code != 0)
    }

    /// Bytes are turned at seeded places: what cannot be read is set aside, kept, and a copy brings it back.
    @Test(arguments: [40, 12_288, 20_482]) func aDamagedJournalIsSetAside(_ place: Int) throws {
        var daemon = try engine.serve()
        #expect(try engine.silence("kept").contains("\"outcome\":\"done\""))
        #expect(try engine.tocsin("state backup '\(engine.folder.path)/copy.db'").contains("the state is in"))
        engine.end(daemon)
        let file = engine.folder.path + "/state/decisions.db"
        _ = try engine.run(
            "head -c 3000 /dev/urandom > '\(file).noise'; dd if='\(file).noise' of='\(file)' bs=1 seek=\(place) conv=notrunc"
        )
        daemon = try engine.serve()
        let page = try engine.get("/tocsin/v1/pages/overview")
        #expect(page.contains("was damaged; it was set aside as"), "\(page.prefix(2_000))")
        #expect(try engine.silence("anew").contains("\"outcome\":\"done\""))
        engine.end(daemon)
        #expect(try engine.run("ls '\(engine.folder.path)/state'").contains("decisions.db.damaged-"))
        #expect(try engine.tocsin("state restore '\(engine.folder.path)/copy.db'").contains("the state is that of"))
        daemon = try engine.serve()
        #expect(try engine.get("/tocsin/v1/pages/silences").contains("\"comment\":\"kept\""))
        #expect(try engine.tocsin("audit verify").contains("the chain is whole"))
        engine.end(daemon)
    }

    /// The audit is read by whoever doubts it: one byte of one entry is enough.
    @Test func anAuditThatWasTouchedIsFoundOut() throws {
        let daemon = try engine.serve()
        #expect(try engine.silence("touched").contains("\"outcome\":\"done\""))
        engine.end(daemon)
        let file = engine.folder.path + "/state/decisions.db"
        #expect(try engine.tocsin("audit verify").contains("the chain is whole"))
        // The comment stands in the file as text; another text of the same length takes its place everywhere.
        _ = try engine.run("sed -i 's/touched/forged!/g' '\(file)'")
        let verdict = try engine.tocsin("audit verify")
        #expect(!verdict.contains("the chain is whole"), "\(verdict)")
    }
}
