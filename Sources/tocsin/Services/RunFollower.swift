import Glibc
import NcursesTerminal
import TerminalKit
import TocsinEngine
import TocsinModel

extension RunFollower {
    /// Follows the runs of an engine in this process.
    init(engine: Engine, signals: TerminalSignals) {
        self.init(
            look: { followed in
                let result = Bridge.wait { () -> (active: [Run], known: [Run]) in
                    let active = await engine.activeRuns
                    return (active, await engine.runs(followed))
                }
                return (try? result.get()) ?? ([], [])
            }, stop: { Bridge.wait(atMost: 2) { await engine.drain() } }, signals: signals)
    }

    /// Follows one run of an engine elsewhere. An engine that does not answer for a while is asked again.
    init(_ run: RunID, of service: any TocsinService, signals: TerminalSignals) {
        self.init(
            look: { _ in
                for _ in 0..<120 {
                    let reply = Bridge.wait {
                        try await service.page(PageRequest(.run(run)), since: nil, waitingUpTo: .zero)
                    }
                    guard case .success(.page(let page, _)) = reply, case .run(let body) = page.body else {
                        usleep(500_000)
                        continue
                    }
                    let known = body.run.map { [$0] } ?? []
                    return (known.filter(\.state.isActive), known)
                }
                return ([], [])
            },
            stop: {
                let id = CommandID(UInt64.random(in: 1 ..< .max))
                Bridge.wait(atMost: 5) { _ = try? await service.perform(id, .abort(run)) }
            }, signals: signals)
    }
}

/// Stays with a run until it has ended, and prints what happens as lines for as long as there is somewhere to print.
struct RunFollower {
    /// The runs that are under way, and those of the given numbers as they are now.
    let look: (Set<RunID>) -> (active: [Run], known: [Run])
    /// Lets no run begin a further step than it must.
    let stop: () -> Void
    let signals: TerminalSignals
    /// What an interrupt from the keyboard means: stop at the next safe point, or nothing.
    var interruptStops = false
    var quiet = false

    /// Follows every run that is under way. The runs as they ended.
    @discardableResult
    func followAll(_ intro: String) -> [Run] {
        var told: [RunID: [RunStep.State]] = [:]
        var followed: Set<RunID> = []
        var first = true
        while true {
            let (active, known) = look(followed)
            for run in active where followed.insert(run.id).inserted {
                if first, !intro.isEmpty { say(intro) }
                first = false
            }
            for run in known + active.filter({ active in !known.contains { $0.id == active.id } }) {
                tell(run, &told)
            }
            if active.isEmpty { return known }
            pause()
        }
    }

    private func tell(_ run: Run, _ told: inout [RunID: [RunStep.State]]) {
        let before = told[run.id] ?? Array(repeating: .waiting, count: run.steps.count)
        for (number, step) in run.steps.enumerated() where before[number] != step.state && step.state != .recording {
            say("run \(run.id.short)  \(PlanText.line(number, step))")
        }
        told[run.id] = run.steps.map { $0.state == .recording ? .waiting : $0.state }
        if !run.state.isActive {
            say("run \(run.id.short)  \(run.state.rawValue.uppercased()): \(run.verdict)")
            told[run.id] = run.steps.map(\.state)
        }
    }

    /// A tenth of a second, or until a signal comes.
    private func pause() {
        var one = pollfd(fd: signals.descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&one, 1, 100) > 0 else { return }
        for request in signals.take() {
            guard case .leave(let number) = request else { continue }
            if number == SIGTERM || (number == SIGINT && interruptStops) {
                say("asked to stop: at the next safe point")
                stop()
            } else if number == SIGINT {
                say("the run goes on to its end; this process waits for it")
            }
        }
    }

    private func say(_ line: String) {
        if quiet { return }
        let bytes = Array((Scrub.text(line) + "\n").utf8)
        // Where nobody reads any more the run goes on all the same.
        _ = bytes.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
    }
}
