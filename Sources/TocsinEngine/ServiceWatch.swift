import Synchronization
import TocsinCore
import TocsinModel

/// A service with the driver that reaches it.
package struct DrivenService: Sendable {
    package var spec: ServiceSpec
    package var driver: any FailoverDriver

    package init(_ spec: ServiceSpec, _ driver: any FailoverDriver) {
        self.spec = spec
        self.driver = driver
    }
}

/// The engine's time line for heartbeats, readable from any thread at the moment an answer comes in.
package final class ServiceClock: Sendable {
    private let clock: any SystemClock
    private let line = Mutex(TimeLine())

    init(_ clock: any SystemClock) { self.clock = clock }

    package func now() -> Moment { line.withLock { $0.moment(clock.now()) } }
}

/// Asks one source again and again, each time stamped when the answer comes in.
struct ServiceWatch: Sendable {
    let engine: Engine
    let service: String
    let rhythm: ProbeRhythm
    let driver: any FailoverDriver

    func follow() async {
        var wasWell = true
        while !Task.isCancelled {
            let asked = engine.serviceClock.now()
            let answer = await driver.ask(rhythm.source)
            let received = engine.serviceClock.now()
            let hurried = await engine.probed(report(answer, asked, received))
            var interval = hurried ? rhythm.hurried : rhythm.interval
            // A definite no is asked for a second time soon: one may be a restart, two are a fact.
            switch answer.outcome {
            case .refused, .unwell:
                if wasWell { interval = min(interval, 250) }
                wasWell = false
            case .answered: wasWell = true
            case .silent, .unseen: wasWell = false
            }
            let spent = engine.serviceClock.now().engine - asked.engine
            // A cancelled sleep ends the loop by its condition.
            try? await Task.sleep(for: .milliseconds(max(20, interval - spent)))
        }
    }

    private func report(_ answer: ProbeAnswer, _ asked: Moment, _ received: Moment) -> ProbeReport {
        ProbeReport(
            service: service, source: rhythm.source, outcome: answer.outcome, askedAt: asked.engine,
            receivedAt: received.engine, statedAt: answer.statedAtWall.map { $0 - received.offset },
            statements: answer.statements, words: answer.words)
    }
}
